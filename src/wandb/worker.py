"""Entry point of the uploader's Python process, called over pythonia.

Only JSON texts cross the bridge. A call never blocks for long, since the
bridge serves one call at a time: uploads run on threads and `collect` fetches
what has ended. This module and `worker_lib` are the only ones that import wandb.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))
if _HERE not in sys.path:
    sys.path.append(_HERE)

# The library may lie in a read-only installation.
_keep = sys.dont_write_bytecode
sys.dont_write_bytecode = True
from worker_lib import find_artifact, link, live, upload  # noqa: E402
from worker_lib.errors import outcome_of  # noqa: E402
from worker_lib.session import Session  # noqa: E402
from worker_lib.values import loads  # noqa: E402

sys.dont_write_bytecode = _keep

_METHODS: dict[str, Callable[[Session, dict[str, Any]], dict[str, Any]]] = {
    "upload": upload.upload,
    "link": link.link,
    "live": live.live,
    "find_artifact": find_artifact.find_artifact,
    "fetch_file": find_artifact.fetch_file,
    "fetch_run_file": find_artifact.fetch_run_file,
}

_WATCH_S = 0.5

_session: Session | None = None
_jobs: queue.Queue[tuple[str, str, str]] = queue.Queue()
_results: queue.Queue[dict[str, Any]] = queue.Queue()


def configure(options_json: str) -> str:
    """Start the client and its threads. Options: `scratchDir`, `concurrency`."""
    global _session
    options = json.loads(options_json)
    # A dump of this process or of the client's service would hold the API key.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _session = Session(options["scratchDir"])
    core_pid = _session.start()
    for index in range(options["concurrency"]):
        threading.Thread(target=_work, name=f"upload-{index}", daemon=True).start()
    threading.Thread(target=_die_with, args=(core_pid,), name="core-watch", daemon=True).start()
    # The bridge has gone when this runs: wandb's own exit hook would keep the
    # process alive until all its runs are uploaded. Last registered, first run.
    atexit.register(os._exit, 0)
    return json.dumps({"clientVersion": _session.version, "corePid": core_pid})


def submit(call_id: str, method: str, request_json: str) -> str:
    """Queue a call; its result comes out of `collect`."""
    _jobs.put((call_id, method, request_json))
    return "ok"


def collect(timeout_ms: int) -> str:
    """Return the ended calls as a JSON list, waiting for the first at most `timeout_ms`."""
    ended: list[dict[str, Any]] = []
    try:
        ended.append(_results.get(timeout=timeout_ms / 1000))
        while True:
            ended.append(_results.get_nowait())
    except queue.Empty:
        pass
    return json.dumps(ended, allow_nan=False)


def _die_with(core_pid: int | None) -> None:
    """End this process once the client's service has ended: no upload succeeds without it."""
    while core_pid is not None:
        time.sleep(_WATCH_S)
        try:
            ended = os.waitid(os.P_PID, core_pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            os._exit(1)
        if ended is not None:
            os._exit(1)


def _work() -> None:
    while True:
        call_id, method, request_json = _jobs.get()
        _results.put({"id": call_id, "result": _run(method, request_json)})


def _run(method: str, request_json: str) -> str:
    assert _session is not None
    try:
        result = _METHODS[method](_session, loads(request_json))
        return json.dumps(result, allow_nan=False)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it must not end the thread
        return json.dumps(outcome_of(error))
