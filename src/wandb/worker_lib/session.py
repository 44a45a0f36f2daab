"""The client in this process: settings that all runs share, and its API."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import requests
import wandb
from wandb.sdk import wandb_setup

from . import client_patches
from .errors import Retryable, auth_problem
from .held_runs import HeldRuns

# Long enough for a slow server, short enough to hold up no one for minutes.
_PROBE_TIMEOUT_S = (5.0, 15.0)
_PROBE_VALID_S = 30.0
API_TIMEOUT_S = 30
INIT_TIMEOUT_S = 30.0
FINISH_TIMEOUT_S = 60.0


class Session:
    """One target's client. Thread-safe."""

    def __init__(self, scratch_dir: str) -> None:
        self.version: str = wandb.__version__
        self.scratch_dir = scratch_dir
        self.base_url = os.environ["WANDB_BASE_URL"].rstrip("/")
        self._api_key = os.environ["WANDB_API_KEY"]
        self._local = threading.local()
        self._lock = threading.Lock()
        self._probed_at = float("-inf")
        self.held_runs = HeldRuns()

    def start(self) -> int | None:
        """Start the client's service process and return its process id."""
        client_patches.apply()
        wandb.setup(settings=wandb.Settings(**self.base_settings()))
        service = wandb_setup.singleton().ensure_service()
        process = getattr(getattr(service, "_proc", None), "_process", None)
        return getattr(process, "pid", None)

    def base_settings(self) -> dict[str, Any]:
        """Settings of every run: nothing of this process is to show in W&B."""
        settings = {
            "base_url": self.base_url,
            "mode": "online",
            "console": "off",
            "silent": True,
            "quiet": True,
            "disable_code": True,
            "disable_git": True,
            "save_code": False,
            "label_disable": True,
            "sagemaker_disable": True,
            "symlink": False,
            "root_dir": self.scratch_dir,
            "init_timeout": INIT_TIMEOUT_S,
            "x_disable_meta": True,
            "x_disable_viewer": True,
            "x_disable_stats": True,
            "x_save_requirements": False,
            # What the client can't send soon comes back with the next try.
            "x_graphql_retry_max": 3,
            "x_graphql_retry_wait_min_seconds": 1.0,
            "x_graphql_retry_wait_max_seconds": 5.0,
            "x_graphql_timeout_seconds": float(API_TIMEOUT_S),
            "x_file_stream_retry_max": 3,
            "x_file_stream_retry_wait_min_seconds": 1.0,
            "x_file_stream_retry_wait_max_seconds": 5.0,
            "x_file_stream_timeout_seconds": 60.0,
            "x_file_transfer_retry_max": 3,
            "x_file_transfer_retry_wait_min_seconds": 1.0,
            "x_file_transfer_retry_wait_max_seconds": 5.0,
            "finish_timeout": FINISH_TIMEOUT_S,
            "finish_timeout_raises": True,
            # A running step is to be seen soon.
            "x_file_stream_transmit_interval": 2.0,
        }
        # Older clients know fewer.
        return {name: value for name, value in settings.items() if name in wandb.Settings.model_fields}

    def api(self) -> wandb.Api:
        """Give this thread's public API, with nothing cached."""
        api = getattr(self._local, "api", None)
        if api is None:
            api = wandb.Api(timeout=API_TIMEOUT_S)
            self._local.api = api
        api.flush()
        return api

    def lend_api(self, run: Any) -> None:
        """Give a live run this thread's API; left alone it makes one, and checks the key, each time."""
        if hasattr(run, "_cached_public_api"):
            api = self.api()
            api.settings.update(entity=run.entity, project=run.project, run=run.id)
            run._cached_public_api = api

    def probe(self) -> None:
        """Check that W&B answers and takes the key.

        The client itself would wait 90 seconds for a server that is away.

        Raises:
            Retryable: It does not.
        """
        with self._lock:
            if time.monotonic() - self._probed_at < _PROBE_VALID_S:
                return
        try:
            self._ask_viewer()
        except Retryable as error:
            error.concerns_all = True
            raise
        with self._lock:
            self._probed_at = time.monotonic()

    def _ask_viewer(self) -> None:
        response = self._post("graphql", {"query": "query Viewer { viewer { id entity } }"})
        if response.status_code in (401, 403):
            raise auth_problem(f"HTTP {response.status_code}")
        if response.status_code >= 400:
            raise self._failing(response)

    def query(self, text: str, variables: dict[str, Any]) -> str:
        """Send a GraphQL request for what the client has no method for; return why W&B refuses, or nothing.

        Raises:
            Retryable: W&B can't be reached, or fails.
        """
        response = self._post("graphql", {"query": text, "variables": variables})
        if response.status_code == 429 or response.status_code >= 500:
            raise self._failing(response)
        refused = response.status_code >= 400 or '"errors"' in response.text
        return response.text[:200] or f"HTTP {response.status_code}" if refused else ""

    def append_history(self, path: str, offset: int, lines: list[str]) -> None:
        """Add lines to the history of the run `entity/project/id`, from line number `offset` on.

        Raises:
            Retryable: W&B can't be reached, or refuses.
        """
        files = {"wandb-history.jsonl": {"offset": offset, "content": lines}}
        response = self._post(f"files/{path}/file_stream", {"files": files})
        if response.status_code >= 400:
            raise self._failing(response)

    def status_of(self, url: str) -> int | None:
        """Ask for the first byte behind a link of W&B's; None where nobody answers."""
        auth = ("api", self._api_key) if url.startswith(f"{self.base_url}/") else None
        headers = {"Range": "bytes=0-0"}
        try:
            with requests.get(url, auth=auth, headers=headers, timeout=_PROBE_TIMEOUT_S, stream=True) as got:
                return got.status_code
        except requests.RequestException:
            return None

    def _post(self, path: str, body: dict[str, Any]) -> requests.Response:
        try:
            return requests.post(
                f"{self.base_url}/{path}", json=body, auth=("api", self._api_key), timeout=_PROBE_TIMEOUT_S
            )
        except requests.RequestException as error:
            raise Retryable(f"W&B can't be reached at {self.base_url}: {type(error).__name__}") from None

    def _failing(self, response: requests.Response) -> Retryable:
        return Retryable(f"W&B answers HTTP {response.status_code} at {self.base_url}")

    def unprobe(self) -> None:
        """Forget that W&B answered; for after a failure."""
        with self._lock:
            self._probed_at = float("-inf")
