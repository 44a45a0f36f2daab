"""Opens the W&B run of an attempt so that it shows the step, not this process."""

from __future__ import annotations

import os
import posixpath
import re
from typing import Any

import wandb
from wandb.errors import CommError
from wandb.sdk.lib import telemetry

from .client_patches import begin_next_run_at_step_start
from .errors import Failed, Retryable, refused, sort
from .session import Session
from .values import plain

# What the client says where it is not the server that ended `wandb.init`.
_HAS_CAUSE = re.compile(
    r"Timed out|Failed to get resume status|Error initializing run|.*giving up", re.DOTALL
)


def open_run(session: Session, request: dict[str, Any], problems: list[str]) -> Any:
    """Create the run, or take it up where an earlier try left it."""
    begin_next_run_at_step_start(request["endedAtS"] - request["startedAtS"])
    try:
        run = _init(session, request, problems)
    except CommError as error:
        # The client gives the server's words here without the HTTP status,
        # and only for a status that it does not try again on.
        kind = sort(error)
        if isinstance(kind, Retryable) and (kind.after_ms is not None or _HAS_CAUSE.match(str(error))):
            raise kind from error
        reason = str(kind if isinstance(kind, Failed) else refused(str(error)))
        # The client's service takes the run for one in use from now on.
        raise Failed(reason, wears_out=True) from error
    session.lend_api(run)
    _mark_as_metaflow(run, request["origin"])
    _publish_environment(run, request)
    return run


def _init(session: Session, request: dict[str, Any], problems: list[str]) -> Any:
    return wandb.init(
        reinit="create_new",
        entity=request["run"]["entity"],
        project=request["run"]["project"],
        id=request["run"]["runId"],
        resume="allow",
        mode="online",
        group=request["group"],
        job_type=request["jobType"],
        name=request["displayName"],
        tags=request["tags"],
        notes=request["notes"],
        config={key: plain(value) for key, value in request["config"].items()},
        settings=_settings(session, request, problems),
    )


def _settings(session: Session, request: dict[str, Any], problems: list[str]) -> wandb.Settings:
    origin = request["origin"]
    fields: dict[str, Any] = {}
    for name, value in request["settings"].items():
        try:
            wandb.Settings(**{name: value})
        except Exception as error:  # noqa: BLE001 - pydantic's and the client's own
            problems.append(f"setting {name}: {_first_line(error)}")
        else:
            fields[name] = value
    fields.update(session.base_settings())
    fields.update(
        # What is not known of the step stays empty; the client would put this
        # process's in place of None.
        host=origin["host"],
        program=origin["program"],
        x_executable=origin["executable"],
        username=origin["username"],
        git_commit=origin["gitCommit"] or None,
        git_remote_url=origin["gitRemoteUrl"] or None,
    )
    return wandb.Settings(**fields)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[2] if len(lines) > 2 else " ".join(lines)


def _mark_as_metaflow(run: Any, origin: dict[str, Any]) -> None:
    """Set the marks that W&B's own integration leaves."""
    with telemetry.context(run=run) as record:
        record.feature.metaflow = True
        record.imports_init.metaflow = True
        if origin["pythonVersion"]:
            record.python_version = origin["pythonVersion"]


def _publish_environment(run: Any, request: dict[str, Any]) -> None:
    """Write the step's `wandb-metadata.json`.

    The client's own probe is off since it would describe this process.
    """
    from wandb.proto import wandb_internal_pb2 as pb

    origin = request["origin"]
    record = pb.EnvironmentRecord(  # pyright: ignore[reportAttributeAccessIssue] - made at run time
        os=origin["os"],
        python=origin["pythonVersion"],
        host=origin["host"],
        program=origin["program"],
        code_path=_code_path(origin),
        code_path_local=os.path.basename(origin["program"]),
        args=origin["args"],
        executable=origin["executable"],
        username=origin["username"],
        root=origin["workingDirectory"],
        cpu_count_logical=max(0, int(origin["cpuCount"])),
    )
    record.started_at.FromMicroseconds(int(request["startedAtS"] * 1e6))
    if origin["gitCommit"] or origin["gitRemoteUrl"]:
        record.git.commit = origin["gitCommit"]
        record.git.remote_url = origin["gitRemoteUrl"]
    run._interface.publish_environment(record)


def _code_path(origin: dict[str, Any]) -> str:
    if not origin["program"]:
        return ""
    root = origin["gitRoot"] or origin["workingDirectory"]
    if not root:
        return origin["program"]
    path = posixpath.relpath(posixpath.join(origin["workingDirectory"], origin["program"]), root)
    return "" if path.startswith("..") else path
