"""What users import: ``pipeline``."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import Any, Callable, Optional, TypeVar

from . import _clean as clean
from ._gpu import timer_of
from ._knobs import Knob, declare_knob
from ._places import caller
from ._queues import Queue, declare_queue
from ._recorder import RECORDER, Lane, Stage, now_ns
from ._spans import Span
from ._wrap import Detail, watch

F = TypeVar("F", bound=Callable[..., Any])
_MAX_PIPELINES = 1000
_MAX_NAMES = 10_000

#: The executions that ``with stage:`` has open, innermost first; each task and thread has its own.
_open: ContextVar[Any] = ContextVar("sluice_open", default=None)


class Execution:
    """One execution, from ``with`` to its end. Use it once."""

    __slots__ = ("_stage", "_lane", "_start", "_item", "_items")

    def __init__(self, stage: Stage, item: Any, items: Any) -> None:
        self._stage = stage
        self._lane: Optional[Lane] = None
        self._start = 0
        self._item = int(item) if clean.is_number(item) and 0 <= item < 1e300 else None
        self._items = int(items) if clean.is_number(items) and 0 <= items < 1e300 else 1

    def __enter__(self) -> Execution:
        if RECORDER.state.on:
            self._lane = self._stage.take()
            self._start = now_ns()
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        lane = self._lane
        if lane is not None:
            self._lane = None
            lane.detail(self._start, now_ns(), self._item, self._items, kind is not None, None)
            lane.free()


class GpuExecution(Execution):
    """One execution of a stage that works on a GPU."""

    __slots__ = ("_timer", "_mark")

    def __enter__(self) -> GpuExecution:
        super().__enter__()
        self._timer = None if self._lane is None else timer_of(self._stage)
        self._mark = None if self._timer is None else self._timer.begins()
        return self

    def __exit__(self, kind: Any, *why: Any) -> None:
        mark, self._mark = self._mark, None
        if mark is not None and self._timer is not None:
            self._timer.ends(mark, self._items)
        super().__exit__(kind, *why)


class StageHandle:
    """A stage: a decorator for functions of any kind, or ``with stage:`` around a piece of code."""

    __slots__ = ("_stage", "_detail", "_execution")

    def __init__(self, stage: Stage, detail: Detail) -> None:
        self._stage = stage
        self._detail = detail
        self._execution = GpuExecution if stage.options["kind"] == "gpu" else Execution

    @property
    def name(self) -> str:
        """The name that it is declared under."""
        return self._stage.name

    def __call__(self, fn: F) -> F:
        """``fn`` with the same signature, results and errors; each call is one execution, of a generator each item."""
        if not callable(fn):
            RECORDER.note("api:stage", f'stage "{self._stage.name}" was put on something that is no function')
            return fn
        if isinstance(fn, (staticmethod, classmethod)):
            return type(fn)(self(fn.__func__))  # type: ignore[return-value]
        if not RECORDER.state.on:
            # Nobody can come later: the function itself costs nothing.
            return fn
        return watch(self._stage, fn, self._detail)  # type: ignore[return-value]

    def execution(self, *, item: Any = None, items: Any = 1) -> Execution:
        """A context manager for one execution on an item, or on a batch of ``items``."""
        return self._execution(self._stage, item, items)

    def __enter__(self) -> StageHandle:
        execution = self._execution(self._stage, None, 1)
        _open.set((execution, _open.get()))
        execution.__enter__()
        return self

    def __exit__(self, *why: Any) -> None:
        top = _open.get()
        if top is not None:
            _open.set(top[1])
            top[0].__exit__(*why)


class Pipeline:
    """Stages and queues that belong together. The same name is the same pipeline."""

    def __init__(self, name: Any) -> None:
        self.name = clean.name_of(name, "pipeline", RECORDER.note)
        self._queues: dict[str, Queue] = {}
        self._knobs: dict[str, Knob] = {}
        self._stages: dict[tuple[Any, ...], StageHandle] = {}
        RECORDER.declare({"kind": "pipeline", "name": self.name})

    def stage(
        self,
        name: str,
        *,
        kind: str = "cpu",
        parallelism: Optional[float] = None,
        item: Optional[Callable[..., float]] = None,
        items: Optional[Callable[..., float]] = None,
        arrived: Optional[Callable[..., float]] = None,
    ) -> StageHandle:
        """Declares a stage.

        ``kind``: ``source``, ``cpu``, ``io``, ``gpu`` or ``sink``. ``parallelism``: how many executions may run at once, over all
        threads. ``item``, ``items`` and ``arrived`` get the arguments of each call and say which item it works on, how many items
        it handles, and when the item came (as ``time.perf_counter()`` gave it, in seconds).
        """
        frame = sys._getframe(1)
        key = (name if isinstance(name, str) else None, frame.f_code, frame.f_lineno, item, items, arrived)
        known = self._stages.get(key)
        if known is not None:
            return known
        stage = RECORDER.stage(name, kind=kind, parallelism=parallelism, pipeline=self.name, source=caller(2))
        handle = StageHandle(stage, Detail(stage, item, items, arrived))
        if len(self._stages) < _MAX_NAMES:
            self._stages[key] = handle
        return handle

    def queue(self, name: str, *, capacity: Optional[float] = None, from_: Optional[str] = None, to: Optional[str] = None) -> Queue:
        """Declares a queue between the stages named ``from_`` and ``to``; the same name is the same queue."""
        known = self._queues.get(name) if isinstance(name, str) else None
        if known is not None:
            return known
        recorder = declare_queue(name, pipeline=self.name, capacity=capacity, from_=from_, to=to, source=caller(2))
        queue = Queue(recorder)
        if isinstance(name, str) and len(self._queues) < _MAX_NAMES:
            self._queues[name] = queue
        return queue

    def knob(
        self,
        name: str,
        *,
        kind: str,
        value: float,
        min: float = 0,
        max: Optional[float] = None,
        stage: Optional[str] = None,
        queue: Optional[str] = None,
        apply: Optional[Callable[[float], None]] = None,
    ) -> Knob:
        """Declares a knob of kind ``parallelism``, ``queueDepth`` or ``batchSize``; give ``stage`` or ``queue``, the one it tunes.

        With ``apply`` Sluice can try values out while the program runs; it is called in a thread of the agent's.
        """
        known = self._knobs.get(name) if isinstance(name, str) else None
        if known is not None:
            return known
        knob = Knob(value, min, max, apply if callable(apply) else None)
        knob._recorder = declare_knob(
            name,
            kind=kind,
            value=value,
            min=min,
            max=max,
            stage=stage,
            queue=queue,
            pipeline=self.name,
            apply=None if apply is None else knob._turn,
            source=caller(2),
        )
        if isinstance(name, str) and len(self._knobs) < _MAX_NAMES:
            self._knobs[name] = knob
        return knob

    def span(self, name: str) -> Span:
        """A nested span within an execution: ``with p.span("parse"):``, or a decorator."""
        return Span(name)


_pipelines: dict[str, Pipeline] = {}


def pipeline(name: str) -> Pipeline:
    """The pipeline of this name."""
    known = _pipelines.get(name) if isinstance(name, str) else None
    if known is not None:
        return known
    made = Pipeline(name)
    if isinstance(name, str) and len(_pipelines) < _MAX_PIPELINES:
        _pipelines[name] = made
    return made
