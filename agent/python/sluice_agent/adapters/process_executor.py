"""``concurrent.futures.ProcessPoolExecutor``: a stage whose lanes are the worker processes, the queue in front of it, ``max_workers``."""

from __future__ import annotations

import weakref
from typing import Any, Callable

from .. import _satellite as satellite
from .._knobs import declare_knob
from .._places import caller, name_at
from .._queues import declare_queue
from .._recorder import RECORDER, now_ns
from .._workers import WORKERS
from ._calls import timed
from ._made import declared
from .processes import TARGETS

_VIA = "concurrent.futures"
_watched: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
_by_queue: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def adapt(module: Any) -> None:
    executor = module.ProcessPoolExecutor
    executor.__init__ = declared(executor.__init__, _watched, _watch, ("adapter:processes", "a ProcessPoolExecutor"))
    executor.submit = _submit(executor.submit)
    TARGETS[module._process_worker] = _worker


def _watch(executor: Any) -> Any:
    watch = _by_queue[executor._call_queue] = _declare(executor)
    return watch


def _declare(executor: Any) -> dict[str, Any]:
    source = caller()
    workers = executor._max_workers
    stage = RECORDER.stage(name_at(source, "processes"), kind="cpu", parallelism=workers, via=_VIA, source=source)
    queue = declare_queue(f"{stage.name} queue", to=stage.name, via=_VIA, source=source)
    declare_knob(
        "max_workers",
        kind="parallelism",
        value=workers,
        min=1,
        stage=stage.name,
        via=_VIA,
        source=source,
        remark="Read when the executor is made.",
    )
    return {"stage": stage, "queue": queue}


def _submit(submit: Callable[..., Any]) -> Callable[..., Any]:
    def submitted(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        watch = _watched.get(self) if RECORDER.state.on else None
        future = submit(self, fn, *args, **kwargs)
        if watch is not None:
            watch["queue"].steps.append((now_ns(), 1))
        return future

    submitted.__name__, submitted.__qualname__, submitted.__doc__ = "submit", submit.__qualname__, submit.__doc__
    submitted.__wrapped__ = submit  # type: ignore[attr-defined]
    return submitted


def _worker(process: Any) -> Any:
    watch = _by_queue.get(process._args[0])
    if watch is None:
        return None
    stage = watch["stage"]
    worker = WORKERS.add(stage, watch["queue"])
    if worker is None:
        return None
    return satellite.Target(process._target, worker.path, "executor", stage.declaration())


class _Tasks:
    """The queue that a worker takes its tasks from, which puts a watch around each."""

    def __init__(self, queue: Any, wrap: Callable[[Any], Any]) -> None:
        self._queue = queue
        self._wrap = wrap

    def get(self, *args: Any, **kwargs: Any) -> Any:
        task = self._queue.get(*args, **kwargs)
        return task if task is None else self._wrap(task)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


def stage_of(options: dict[str, Any]) -> Any:
    """The owner's stage, as this worker declares it."""
    return RECORDER.stage(
        options["name"],
        kind=options["stageKind"],
        parallelism=options["parallelism"],
        pipeline=options["pipeline"],
        via=options["via"],
        source=options["source"],
    )


def prepare(options: dict[str, Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """In the worker: its tasks are recorded, and handed over after each."""
    stage = stage_of(options)

    def wrap(item: Any) -> Any:
        chunk = item.args[0] if len(item.args) == 1 and isinstance(item.args[0], (list, tuple)) else None
        is_chunk = chunk is not None and "_process_chunk" in repr(getattr(item.fn, "func", None))
        item.fn = timed(stage, item.fn, items=len(chunk) if is_chunk and chunk else 1, ended=satellite.flush)
        return item

    return (_Tasks(args[0], wrap), *args[1:])
