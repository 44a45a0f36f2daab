"""Points W&B's client at the task's run while a step runs.

`wandb.run`, `wandb.log` and their like are taken out of the module, so that
its `__getattr__` is asked for them, which makes the run on first use.
`wandb.init` and `wandb.login` get other code in place, so that a function
imported by name before is the same. The client itself is never imported here.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from metaflow_wandb._faults import error_text, may_be_swallowed
from metaflow_wandb._warn import say_once

# What the client binds to a run, by name.
_BOUND = (
    "config",
    "summary",
    "log",
    "save",
    "use_artifact",
    "log_artifact",
    "define_metric",
    "alert",
    "watch",
    "unwatch",
    "mark_preempting",
    "log_model",
    "use_model",
    "link_model",
    "pin_config_keys",
)

_installed: WandbPatch | None = None


class WandbPatch:
    """Patches the module `wandb` of this process, now or as soon as it is imported."""

    def __init__(self, open_run: Callable[[], Any]) -> None:
        self._open_run = open_run
        self._module: Any = None
        self._saved: dict[str, Any] = {}
        self._replaced: list[tuple[types.FunctionType, types.FunctionType]] = []
        self._finder: _Finder | None = None
        self._was_used = False

    def install(self) -> None:
        """Patch `wandb`, unless it lacks what that needs, or the user has a run of their own."""
        global _installed  # noqa: PLW0603
        _installed = self
        module = sys.modules.get("wandb")
        if module is not None:
            self._patch(module)
        else:
            self._finder = _Finder(self._patch)
            sys.meta_path.insert(0, self._finder)

    def remove(self) -> None:
        """Leave `wandb` as it was. May be called again."""
        global _installed  # noqa: PLW0603
        if _installed is self:
            _installed = None
        if self._finder is not None:
            if self._finder in sys.meta_path:
                sys.meta_path.remove(self._finder)
            self._finder = None
        if self._module is not None:
            vars(self._module).update(self._saved)
            if self._was_used:
                # Threads of the step's may still log.
                self._module.log = _log_nothing
            self._module = None
        while self._replaced:
            function, original = self._replaced.pop()
            _give_code(function, original)

    def use(self, run: Any) -> None:
        """Make a run the one that `wandb.run`, `wandb.log` and their like mean."""
        if self._module is not None:
            bound = {name: getattr(run, name) for name in _BOUND if name in self._saved}
            vars(self._module).update(bound, run=run)
            self._was_used = True

    def forget_run(self) -> None:
        """Have `wandb.run` say that the run was finished, until `wandb.init` is called again."""
        if self._module is not None:
            self._module.run = None

    def init(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do what `wandb.init` does in a step: return the task's run, told the arguments.

        Raises:
            TypeError: the client's own function does not take them.
        """
        import inspect

        module, original = self._module, self._replaced[0][1]
        arguments = inspect.signature(original).bind(*args, **kwargs).arguments
        run = self._run()
        if run is None:
            return module.init(*args, **kwargs)
        from metaflow_wandb._instep._wandb_init import init_in_step

        return init_in_step(run, arguments, self.use)

    def _patch(self, module: Any) -> None:
        try:
            if module.run is not None:
                return
            functions = [(module.init, _init_code), (module.login, _login_code)]
            missing = [name for name in _BOUND[:9] if name not in vars(module)]
            if missing or not all(_takes_code(function) for function, _ in functions):
                raise AttributeError(f"it lacks {', '.join(missing) or 'a plain wandb.init'}")
        except AttributeError as error:
            self._decline(module, error)
            return
        self._module = module
        self._saved = {
            name: vars(module).pop(name) for name in ("run", *_BOUND) if name in vars(module)
        }
        self._saved["__getattr__"] = vars(module).get("__getattr__", _no_such_attribute)
        module.__getattr__ = self._attribute
        for function, stand_in in functions:
            self._replaced.append((function, _copy_of(function)))
            _give_code(function, stand_in)

    def _attribute(self, name: str) -> Any:
        if name not in self._saved:
            return self._saved["__getattr__"](name)
        module, run = self._module, self._run()
        if run is not None:
            self.use(run)
        return vars(module)[name]

    def _run(self) -> Any:
        """Return the task's run; None, with the client as it was, where that can't be."""
        try:
            return self._open_run()
        except Exception as error:
            if not may_be_swallowed(error):
                raise
            module = self._module
            self.remove()
            self._decline(module, error)
            return None

    def _decline(self, module: Any, error: Exception) -> None:
        version = getattr(module, "__version__", "")
        say_once(
            f"wandb {version} is left alone in this step: {type(error).__name__}: "
            f"{error_text(error)}"
        )


def installed() -> WandbPatch:
    """Return the patch in force.

    Raises:
        RuntimeError: there is none.
    """
    if _installed is None:
        raise RuntimeError("no step is running")
    return _installed


class _Finder(importlib.abc.MetaPathFinder):
    """Finds `wandb` as the other finders do, and has it patched once it is loaded."""

    def __init__(self, patch: Callable[[Any], None]) -> None:
        self._patch = patch

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "wandb":
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        found = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((each for each in found if each is not None), None)
        if spec is not None and spec.loader is not None:
            self._follow(spec.loader)
        return spec

    def _follow(self, loader: Any) -> None:
        execute = loader.exec_module

        def execute_and_patch(module: Any) -> None:
            loader.__dict__.pop("exec_module", None)
            execute(module)
            if self in sys.meta_path:
                self._patch(module)

        loader.exec_module = execute_and_patch


def _init_code(*args: Any, **kwargs: Any) -> Any:
    # Runs among the globals of the client's own module.
    from metaflow_wandb._instep._wandb_patch import installed

    return installed().init(args, kwargs)


def _login_code(*args: Any, **kwargs: Any) -> bool:
    # The sidecar is logged in; a step needs no key.
    return True


def _log_nothing(*args: Any, **kwargs: Any) -> None:
    """Stand for `wandb.log` once the step's code has returned."""


def _no_such_attribute(name: str) -> Any:
    raise AttributeError(f"module 'wandb' has no attribute {name!r}")


def _takes_code(function: Any) -> bool:
    return isinstance(function, types.FunctionType) and not function.__code__.co_freevars


def _copy_of(function: types.FunctionType) -> types.FunctionType:
    copy = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _give_code(function: types.FunctionType, of: Any) -> None:
    function.__code__ = of.__code__
    function.__defaults__ = of.__defaults__
    function.__kwdefaults__ = of.__kwdefaults__
