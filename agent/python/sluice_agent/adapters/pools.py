"""``multiprocessing.Pool``: a stage whose lanes are the worker processes, and the knob ``processes``."""

from __future__ import annotations

import weakref
from typing import Any, Callable

from .. import _satellite as satellite
from .._knobs import declare_knob
from .._places import caller, name_at
from .._recorder import RECORDER
from .._workers import WORKERS
from ._calls import timed
from .process_executor import _Tasks, stage_of
from .processes import TARGETS

_VIA = "multiprocessing"
_by_queue: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def adapt(module: Any) -> None:
    pool = module.Pool
    pool._setup_queues = _setup(pool._setup_queues)
    TARGETS[module.worker] = _worker


def _setup(setup: Callable[[Any], None]) -> Callable[[Any], None]:
    def _setup_queues(self: Any) -> None:
        setup(self)
        try:
            # The queues are made in the constructor, which the context's `Pool` calls.
            if RECORDER.state.on and type(self).__name__ != "ThreadPool":
                _by_queue[self._inqueue] = {"source": caller(1, True), "owner": weakref.ref(self)}
        except Exception as error:  # noqa: BLE001
            RECORDER.note("adapter:pool", f"a multiprocessing.Pool is not recorded: {error!r}")

    return _setup_queues


def _declare(watch: dict[str, Any]) -> None:
    source = watch["source"]
    pool = watch["owner"]()
    workers = getattr(pool, "_processes", None)
    watch["stage"] = stage = RECORDER.stage(name_at(source, "pool"), kind="cpu", parallelism=workers, via=_VIA, source=source)

    def grow(owner: Any, value: float) -> None:
        if value < owner._processes:
            raise ValueError("a multiprocessing.Pool can grow and not shrink")
        owner._processes = int(value)
        owner._repopulate_pool()
        stage.set_parallelism(int(value))

    declare_knob(
        "processes",
        kind="parallelism",
        value=workers or 1,
        min=1,
        stage=stage.name,
        apply=grow,
        owner=pool,
        via=_VIA,
        source=source,
        remark="It can grow while the program runs, and not shrink.",
    )


def _worker(process: Any) -> Any:
    watch = _by_queue.get(process._args[0])
    if watch is None:
        return None
    if "stage" not in watch:
        _declare(watch)
    stage = watch["stage"]
    worker = WORKERS.add(stage)
    if worker is None:
        return None
    return satellite.Target(process._target, worker.path, "pool", stage.declaration())


def prepare(options: dict[str, Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """In the worker: its tasks are recorded, and handed over after each."""
    stage = stage_of(options)

    def wrap(task: Any) -> Any:
        job, number, fn, given, named = task
        is_batch = getattr(fn, "__name__", "") in ("mapstar", "starmapstar") and given and isinstance(given[0], tuple)
        items = len(given[0][1]) if is_batch and len(given[0]) == 2 else 1
        return job, number, timed(stage, fn, items=items, ended=satellite.flush), given, named

    return (_Tasks(args[0], wrap), *args[1:])
