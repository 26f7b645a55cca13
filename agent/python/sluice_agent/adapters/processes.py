"""``multiprocessing``: a process that is started becomes a process of the session, a worker of a known pool records for its owner."""

from __future__ import annotations

from types import FunctionType
from typing import Any, Callable

from .. import _program
from .._recorder import RECORDER
from .._satellite import Target

#: Says how a worker that is about to start is recorded: gets its process object, gives a ``Target`` or None. By the function it runs.
TARGETS: dict[Any, Callable[[Any], Any]] = {}


def adapt(module: Any) -> None:
    process = module.BaseProcess
    process.start = _start(process.start)
    process._bootstrap = _bootstrap(process._bootstrap)


def _start(start: Callable[..., Any]) -> Callable[..., Any]:
    def started(self: Any) -> Any:
        target = getattr(self, "_target", None)
        found = None
        try:
            make = TARGETS.get(target) if RECORDER.state.on and isinstance(target, FunctionType) else None
            found = None if make is None else make(self)
        except Exception as error:  # noqa: BLE001 - then the worker works unseen
            RECORDER.note("workers:start", f"a worker process is not recorded: {error!r}")
        if found is not None:
            self._target = found
        try:
            return _program.while_starting(lambda: start(self))
        except BaseException:
            if found is not None:
                self._target = target
            raise

    started.__name__, started.__qualname__, started.__doc__ = start.__name__, start.__qualname__, start.__doc__
    return started


def _bootstrap(bootstrap: Callable[..., Any]) -> Callable[..., Any]:
    def bootstrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        _program._starts_process = False
        if not isinstance(getattr(self, "_target", None), Target):
            _program.begin()
        try:
            return bootstrap(self, *args, **kwargs)
        finally:
            _program.finish()

    return bootstrapped
