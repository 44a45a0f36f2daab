"""The task's run as a `wandb.Run`. Imported once the user has imported `wandb`."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from typing import Any

import wandb
from wandb.errors import CommError
from wandb.sdk import wandb_config, wandb_setup

from metaflow_wandb._hooks import guarded
from metaflow_wandb._instep._run_files import RunFiles
from metaflow_wandb._instep._task_run import TaskRun
from metaflow_wandb._instep._wandb_interface import StepInterface
from metaflow_wandb._instep._wandb_patch import installed
from metaflow_wandb._warn import say_once


def open_run(task_run: TaskRun, artifacts: Any) -> StepRun:
    """Return the task's run.

    Raises:
        RuntimeError: with this version of the client, nothing of it would arrive.
    """
    probe = _dropping_run(task_run, on_finish=None)
    try:
        probe.log({"probe": 1})
        if probe.summary.get("probe") != 1:
            raise RuntimeError("its runs can't be followed")
    finally:
        probe.end_with_step()
    run = StepRun(task_run, artifacts)
    # Media ask the run that is active whether they may ask W&B's server.
    wandb_setup.singleton().add_active_run(run)
    return run


class StepRun(wandb.Run):
    """A run that hands what it is given to a `TaskRun`.

    To W&B's client it is an offline run, so no service is started and no key
    is looked for; its files are in a directory that goes with the step.
    """

    def __init__(
        self, task_run: TaskRun, artifacts: Any, on_finish: Callable[[], None] | None = None
    ) -> None:
        self._task_run = task_run
        self._artifacts = artifacts
        self._on_step_finish = on_finish
        self._directory = tempfile.mkdtemp(prefix="metaflow-wandb-step-")
        self._directory_pid = os.getpid()
        # For a run that no step ends, such as one read from Metaflow's data.
        weakref.finalize(self, _remove, self._directory, self._directory_pid)
        super().__init__(_settings(task_run, self._directory))
        os.makedirs(self.dir, exist_ok=True)
        # Otherwise methods look for a service in children that the step forks.
        self._attach_id = None
        self._config = _StepConfig(task_run.config)
        self._config._set_callback(self._config_callback)
        self._config._set_artifact_callback(self._config_artifact_callback)
        self._config._set_settings(self._settings)
        self._files = RunFiles(self.dir, task_run)
        # Artifacts whose `wait` is ours while the step runs; it can't be pickled.
        self._waited_for: list[Any] = []
        self._set_backend(StepInterface(task_run, self._files))

    def __reduce__(self) -> Any:
        # In another process, or read from Metaflow's data, it is nobody's run.
        return _run_of_no_step, (self._task_run.identity,)

    @property
    def url(self) -> str | None:
        return self._task_run.url or None

    @property
    def project(self) -> str:
        return self._task_run.project

    @property
    def entity(self) -> str:
        return self._task_run.entity

    @property
    def project_url(self) -> str | None:
        url, found, _ = self._task_run.url.rpartition("/runs/")
        return url if found else None

    @property
    def sweep_url(self) -> str | None:
        return None

    def _get_path(self) -> str:
        return "/".join(part for part in (self.entity, self.project, self.id) if part)

    @property
    def disabled(self) -> bool:
        return self._on_step_finish is not None

    def finish(self, exit_code: int | None = None, **_: Any) -> None:
        """Send what was logged so far; the run goes on until the step ends."""
        self._finish(exit_code)

    def _finish(self, exit_code: int | None = None, **_: Any) -> None:
        self._files.publish_changed()
        self._task_run.flush()
        with guarded(quiet=True):
            installed().forget_run()
        if self._on_step_finish is not None:
            self.end_with_step()
            self._on_step_finish()

    def __exit__(self, *exception: Any) -> None:
        self._finish()

    def dropping_one(self, on_finish: Callable[[], None]) -> StepRun:
        """Return a run of the same name that drops what it is given."""
        return _dropping_run(self._task_run, on_finish)

    def end_with_step(self) -> None:
        """Send files that are new or changed, and remove them with everything else."""
        with guarded(quiet=True):
            wandb_setup.singleton().remove_active_run(self)
        while self._waited_for:
            vars(self._waited_for.pop()).pop("wait", None)
        if os.getpid() != self._directory_pid:
            return
        with guarded(quiet=True):
            self._files.publish_changed()
        with guarded(quiet=True):
            if self._torch_history is not None:
                # The hooks of wandb.watch can't be pickled along with a model.
                self.unwatch()
        with guarded(quiet=True):
            self._files.remove_staged()
            shutil.rmtree(self._directory, ignore_errors=True)

    def use_artifact(
        self,
        artifact_or_name: Any,
        type: str | None = None,  # noqa: A002
        aliases: Any = None,
        use_as: str | None = None,
    ) -> Any:
        """Return an artifact version through the sidecar; log an artifact just made.

        Raises:
            CommError: W&B holds no such version, or can't be asked now.
            ValueError: the artifact has another type, or is no artifact.
        """
        if isinstance(artifact_or_name, str):
            return self._used(artifact_or_name, type)
        if not isinstance(artifact_or_name, wandb.Artifact):
            raise ValueError(
                "You must pass an artifact name or an instance of `wandb.Artifact` "
                "to `use_artifact`"
            )
        if not artifact_or_name.is_draft():
            self._used(artifact_or_name.qualified_name, None)
        elif not artifact_or_name._final:
            self.log_artifact(artifact_or_name, aliases=aliases)
        return artifact_or_name

    def _used(self, name: str, type_: str | None) -> Any:
        if self.disabled or os.environ.get("WANDB_MODE") == "disabled":
            return None  # as W&B's client does
        if self._artifacts is None:
            raise CommError(f"{name}: an artifact can be used only where the step is logged")
        from metaflow_wandb._instep._used_artifact import used_artifact

        self._task_run.flush()
        return used_artifact(self._artifacts, name, type_)

    def _log_artifact(self, *args: Any, **kwargs: Any) -> Any:
        artifact = super()._log_artifact(*args, **kwargs)

        def wait(timeout: int | None = None) -> Any:
            # It is uploaded after the step; until then its version isn't known.
            return artifact

        # The client names it where it tells that the version isn't known.
        wait.__qualname__ = "Artifact.wait"
        artifact.wait = wait
        self._waited_for.append(artifact)
        return artifact

    def use_model(self, name: str) -> Any:
        """Download a model; return the path of its file, or of its directory."""
        artifact = self.use_artifact(name)
        if "model" not in artifact.type.lower():
            raise AssertionError("You can only use this method for 'model' artifacts.")
        path = artifact.download()
        names = os.listdir(path)
        return os.path.join(path, names[0]) if len(names) == 1 else path

    def link_artifact(self, artifact: Any, target_path: str, aliases: Any = None) -> Any:
        """Log the artifact; a link can't be made from a step, which is said once."""
        say_once(f"a step can't link an artifact to {target_path}; it is logged, not linked")
        if artifact.is_draft() and not artifact._final:
            self.log_artifact(artifact, aliases=aliases)
        return artifact

    def link_model(
        self, path: Any, registered_model_name: str, name: str | None = None, aliases: Any = None
    ) -> Any:
        """Log the model; see `link_artifact`."""
        artifact = self.log_artifact(path, name=name, type="model", aliases=aliases)
        return self.link_artifact(artifact, registered_model_name)


class _StepConfig(wandb_config.Config):
    """A config in which what the flow's parameters put may be written over."""

    def __init__(self, given: dict[str, Any]) -> None:
        super().__init__()
        object.__setattr__(self, "_given", set(given))
        self._update({"_wandb": {}})
        for name, value in given.items():
            with guarded(quiet=True):
                self._update({name: value}, allow_val_change=True)

    def _sanitize(self, key: str, val: Any, allow_val_change: bool | None = None) -> Any:
        given: set[str] = object.__getattribute__(self, "_given")
        return super()._sanitize(key, val, allow_val_change or key.strip("-") in given)


def _remove(directory: str, pid: int) -> None:
    if os.getpid() == pid:
        shutil.rmtree(directory, ignore_errors=True)


def _settings(task_run: TaskRun, directory: str) -> wandb.Settings:
    identity = task_run.identity
    settings = wandb.Settings(
        mode="offline",
        root_dir=directory,
        x_files_dir=os.path.join(directory, "files"),
        run_id=identity.id,
        silent=True,
    )
    more = {
        "run_name": identity.name,
        "run_group": identity.group,
        "run_job_type": identity.job_type,
        "project": identity.project,
        "entity": identity.entity or None,
        "x_history_value_encoding": "json",
        "allow_offline_artifacts": True,
        "disable_git": True,
    }
    for name, value in more.items():
        # The client may refuse a name that comes from the flow, or lack a setting.
        with guarded(quiet=True):
            setattr(settings, name, value)
    return settings


def _dropping_run(task_run: TaskRun, on_finish: Callable[[], None] | None) -> StepRun:
    nobody = TaskRun(task_run.identity, None, lambda: None, task_run.config)
    return StepRun(nobody, None, on_finish)


def _run_of_no_step(identity: Any) -> StepRun:
    return StepRun(TaskRun(identity, None, lambda: None, {}), None)
