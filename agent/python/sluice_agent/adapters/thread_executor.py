"""``concurrent.futures.ThreadPoolExecutor``: a stage with the queue in front of it and the knob ``max_workers``."""

from __future__ import annotations

import weakref
from typing import Any, Callable

from .._knobs import declare_knob
from .._places import caller, name_at
from .._queues import declare_queue
from .._recorder import RECORDER, now_ns
from ._calls import timed
from ._made import declared

_VIA = "concurrent.futures"
_watched: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def adapt(module: Any) -> None:
    executor = module.ThreadPoolExecutor
    executor.__init__ = declared(executor.__init__, _watched, _declare, ("adapter:threads", "a ThreadPoolExecutor"))
    executor.submit = _submit(executor.submit)


def _declare(executor: Any) -> Any:
    source = caller()
    workers = executor._max_workers
    stage = RECORDER.stage(name_at(source, "threads"), kind="cpu", parallelism=workers, via=_VIA, source=source)
    queue = declare_queue(f"{stage.name} queue", to=stage.name, via=_VIA, source=source)

    def resize(owner: Any, value: float) -> None:
        if value < owner._max_workers:
            raise ValueError("a ThreadPoolExecutor can grow and not shrink")
        owner._max_workers = int(value)
        # Threads are started as tasks come in.
        stage.set_parallelism(int(value))

    declare_knob(
        "max_workers",
        kind="parallelism",
        value=workers,
        min=1,
        stage=stage.name,
        apply=resize,
        owner=executor,
        via=_VIA,
        source=source,
        remark="It can grow while the program runs, and not shrink; threads are started as tasks come in.",
    )
    return stage, queue


def _submit(submit: Callable[..., Any]) -> Callable[..., Any]:
    def submitted(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        watch = _watched.get(self) if RECORDER.state.on else None
        if watch is None or not callable(fn):
            return submit(self, fn, *args, **kwargs)
        stage, queue = watch
        waiting = self._work_queue
        run = timed(stage, fn, now_ns(), begun=lambda: queue.depth(waiting.qsize()))
        future = submit(self, run, *args, **kwargs)
        queue.depth(waiting.qsize())
        return future

    submitted.__name__, submitted.__qualname__, submitted.__doc__ = "submit", submit.__qualname__, submit.__doc__
    submitted.__wrapped__ = submit  # type: ignore[attr-defined]
    return submitted
