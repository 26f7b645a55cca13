"""Ray Data: the operators of a dataset as stages, by what Ray itself measures of their tasks.

Tasks run in processes, and on machines, where this one cannot look. But each block comes back with when its making began and ended
and what it took of the processor (``BlockExecStats``), and the executor, which runs in the program, tells each task to its own metrics
(``OpRuntimeMetrics``). These calls are heard here; nothing is asked, and nothing is changed.

An execution is a task, from the begin of its first block to the end of its last one. What lies between two blocks beyond writing the
first one down is waiting for somebody to take it. Items are the rows that came out, and queues count rows as well: blocks have any size.
"""

from __future__ import annotations

import sys
import threading
from typing import Any, Callable, Optional

from .._queues import QueueRecorder, declare_queue
from .._recorder import RECORDER, Lane, now_ns
from .ray_places import Knobs, Operator, operator_of

_VIA = "ray"
_MAX_CHAINS = 200
_MAX_TASKS = 100_000
_MAX_LANES = 4096
#: Clocks of one machine agree to less than this.
_CLOSE_NS = 5_000_000

_chains: dict[tuple[str, ...], list[Optional[OperatorWatch]]] = {}


def adapt(module: Any) -> None:
    module.build_streaming_topology = _build(module.build_streaming_topology)
    executor = module.StreamingExecutor
    executor.shutdown = _shutdown(executor.shutdown)


def adapt_metrics(module: Any) -> None:
    metrics = module.OpRuntimeMetrics
    metrics.on_task_submitted = _told(metrics.on_task_submitted, Run.submitted)
    metrics.on_task_output_generated = _told(metrics.on_task_output_generated, Run.generated)
    metrics.on_task_finished = _told(metrics.on_task_finished, Run.finished)


def adapt_state(module: Any) -> None:
    state = module.OpState
    state.get_output_blocking = _taken(state.get_output_blocking)


class OperatorWatch:
    """An operator, over all the times that its dataset is executed: its stage, its lanes, and the queues around it."""

    def __init__(self, operator: Operator, pipeline: str, name: str) -> None:
        self.stage = RECORDER.stage(
            name, kind=operator.kind, parallelism=operator.parallelism, pipeline=pipeline, via=_VIA, source=operator.source
        )
        #: The queue that its tasks take from, and those that they fill; None: nobody knows.
        self.before: Optional[QueueRecorder] = None
        self.behind: Optional[QueueRecorder] = None
        self._pipeline = pipeline
        #: Lanes and until when each is taken.
        self._lanes: list[tuple[int, Lane]] = []
        self._lock = threading.Lock()
        self.knobs = Knobs(self.stage)

    def filled_by(self, outer: Optional[OperatorWatch], inner: Optional[OperatorWatch]) -> None:
        """Declares the queue between two operators, or behind the last one."""
        from_, to = (None if watch is None else watch.stage.name for watch in (outer, inner))
        name = f"{to} queue" if to is not None else f"{from_} output"
        queue = declare_queue(name, pipeline=self._pipeline, from_=from_, to=to, via=_VIA)
        if outer is not None:
            outer.behind = queue
        if inner is not None:
            inner.before = queue

    def lane(self, start: int, end: int) -> Lane:
        """A lane on which nothing ran in this time: of those that are free the one that was used last."""
        with self._lock:
            free = [(until, n) for n, (until, _) in enumerate(self._lanes) if until <= start]
            if free:
                _, n = max(free)
                lane = self._lanes[n][1]
                self._lanes[n] = (end, lane)
                return lane
            number = len(self._lanes)
            lane = RECORDER.new_lane(self.stage, number, f"{self.stage.name} task {number + 1}"[:200])
            if number < _MAX_LANES:
                self._lanes.append((end, lane))
            return lane


class Task:
    """A task that is under way, as far as its blocks have arrived."""

    __slots__ = ("submitted", "taken", "blocks", "rows")

    def __init__(self, submitted: int, taken: int) -> None:
        self.submitted = submitted
        #: Rows that it got.
        self.taken = taken
        self.blocks: list[Any] = []
        self.rows = 0


class Run:
    """One execution of an operator. Hangs on Ray's metrics of it, which tell it what happens, in the executor's thread."""

    def __init__(self, watch: OperatorWatch, operator: Operator) -> None:
        self._watch = watch
        self._operator = operator
        self._tasks: dict[int, Task] = {}

    def __reduce__(self) -> Any:
        # Metrics may be sent to other processes, and this is none of them.
        return type(None), ()

    def submitted(self, task_index: int, inputs: Any, *_: Any, **__: Any) -> None:
        now = now_ns()
        rows = inputs.num_rows()
        if len(self._tasks) < _MAX_TASKS:
            self._tasks[task_index] = Task(now, rows or 0)
        queue = self._watch.before
        if queue is not None:
            if rows is None:
                # A depth that nobody can follow any more is none.
                self._watch.before = None
                queue.steps.append((now, None))
            elif rows:
                queue.steps.append((now, -rows))

    def generated(self, task_index: int, output: Any, *_: Any, **__: Any) -> None:
        task = self._tasks.get(task_index)
        rows = output.num_rows() or 0
        if task is not None:
            task.rows += rows
            task.blocks += [stats for stats in _stats_of(output) if stats is not None]
        if self._watch.behind is not None and rows:
            self._watch.behind.steps.append((now_ns(), rows))

    def taken(self, bundle: Any) -> None:
        """The program takes what the last operator has made."""
        queue, count = self._watch.behind, getattr(bundle, "num_rows", None)
        rows = count() if callable(count) and queue is not None else None
        if rows:
            queue.steps.append((now_ns(), -rows))  # type: ignore[union-attr]

    def finished(self, task_index: int, exception: Any, *_: Any, **__: Any) -> None:
        task = self._tasks.pop(task_index, None)
        if task is None:
            return
        now, watch = now_ns(), self._watch
        spans = _times_of(task, now)
        if not spans:
            # Nobody has measured it.
            spans = [(now, now, now)]
        start, end = spans[0][0], spans[-1][1]
        lane = watch.lane(start, end)
        lane.detail(start, end, None, task.rows, exception is not None, max(start - task.submitted, 0))
        for before, behind in zip(spans, spans[1:]):
            lane.wait("output", before[2], behind[0])
        used = sum(stats.cpu_time_s or 0 for stats in task.blocks)
        if end > start:
            RECORDER.cpu_times.append((lane.thread, start, end, int(used * 1e9)))
        watch.knobs.ran(self._operator, task.taken)

    def ended(self) -> None:
        """The execution is over; what nobody took is gone."""
        self._tasks.clear()
        now = now_ns()
        for queue in (self._watch.before, self._watch.behind):
            if queue is not None:
                queue.steps.append((now, None))


def _stats_of(output: Any) -> list[Any]:
    metadata = getattr(output, "metadata", None)
    if metadata is None:
        # In older versions of Ray.
        metadata = [meta for _, meta in output.blocks]
    return [meta.exec_stats for meta in metadata]


def _times_of(task: Task, now: int) -> list[tuple[int, int, int]]:
    """When each block was begun, made, and written down; on this process's clock. Empty: nothing is known.

    Workers of this machine have that clock. Of others only how long a block took is taken, and it stands where it was heard.
    """
    spans = []
    for stats in task.blocks:
        if stats.start_time_s is None or stats.end_time_s is None:
            return []
        start, end = round(stats.start_time_s * 1e9), round(stats.end_time_s * 1e9)
        written = end + round((getattr(stats, "block_ser_time_s", None) or 0) * 1e9)
        spans.append((start, end, written))
    spans.sort()
    if spans and not (_is_here(task.blocks[0]) and task.submitted - _CLOSE_NS <= spans[0][0] and spans[-1][1] <= now + _CLOSE_NS):
        shift = now - spans[-1][1]
        RECORDER.note(
            "ray:clocks", "Ray Data: tasks ran on other machines; how long they took is exact, but not when: they end where that was heard"
        )
        return [(start + shift, end + shift, written + shift) for start, end, written in spans]
    return spans


def _is_here(stats: Any) -> bool:
    ray = sys.modules.get("ray")
    try:
        return bool(stats.node_id == ray.get_runtime_context().get_node_id())  # type: ignore[union-attr]
    except Exception:  # noqa: BLE001
        return False


def _failed(error: Exception) -> None:
    RECORDER.note("adapter:ray", f"a dataset of Ray Data is not recorded: {error!r}")


def _run_of(operator: Any) -> Optional[Run]:
    run = getattr(operator.metrics, "_sluice", None)
    return run if isinstance(run, Run) else None


def _build(build: Callable[..., Any]) -> Callable[..., Any]:
    def build_streaming_topology(*args: Any, **kwargs: Any) -> Any:
        built = build(*args, **kwargs)
        try:
            if RECORDER.state.on:
                _watch(built[0] if isinstance(built, tuple) else built)
        except Exception as error:  # noqa: BLE001
            _failed(error)
        return built

    build_streaming_topology.__doc__ = build.__doc__
    return build_streaming_topology


def _watch(topology: Any) -> None:
    """A dataset is about to be executed."""
    operators = {op: operator_of(op) for op in topology}
    if not any(operators.values()):
        return
    key = tuple(op.name for op in topology)
    known = _chains.get(key)
    if known is None:
        if len(_chains) >= _MAX_CHAINS:
            RECORDER.note("limit:ray", f"Ray Data: this process has more than {_MAX_CHAINS} datasets; the others are not shown")
            return
        known = _chains[key] = _declare(operators, len(_chains) + 1)
    for (op, operator), watch in zip(operators.items(), known):
        if watch is not None and operator is not None:
            watch.knobs.update(operator)
            run = Run(watch, operator)
            run.ended()
            op.metrics._sluice = run


def _declare(operators: dict[Any, Optional[Operator]], number: int) -> list[Optional[OperatorWatch]]:
    pipeline = "Ray Data" if number == 1 else f"Ray Data {number}"
    watches: dict[Any, Optional[OperatorWatch]] = {}
    names: dict[str, int] = {}
    for op, operator in operators.items():
        names[op.name] = count = names.get(op.name, 0) + 1
        name = op.name[:180] if count == 1 else f"{op.name[:180]} ({count})"
        watches[op] = None if operator is None else OperatorWatch(operator, pipeline, name)
    for op, watch in watches.items():
        if watch is None:
            continue
        feeding = _feeding(op, watches)
        if len(feeding) == 1:
            watch.filled_by(feeding[0], watch)
    last = list(watches.values())[-1]
    if last is not None:
        last.filled_by(last, None)
    return list(watches.values())


def _feeding(op: Any, watches: dict[Any, Optional[OperatorWatch]]) -> list[OperatorWatch]:
    """The operators whose rows come to this one as they are."""
    found = []
    for before in op.input_dependencies:
        watch = watches.get(before)
        if watch is not None:
            found.append(watch)
    return found if len(found) == len(op.input_dependencies) else []


def _shutdown(shutdown: Callable[..., Any]) -> Callable[..., Any]:
    def shut_down(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return shutdown(self, *args, **kwargs)
        finally:
            try:
                for op in getattr(self, "_topology", None) or ():
                    run = _run_of(op)
                    if run is not None:
                        op.metrics._sluice = None
                        run.ended()
            except Exception as error:  # noqa: BLE001
                _failed(error)

    shut_down.__name__, shut_down.__qualname__, shut_down.__doc__ = "shutdown", shutdown.__qualname__, shutdown.__doc__
    shut_down.__wrapped__ = shutdown  # type: ignore[attr-defined]
    return shut_down


def _told(method: Callable[..., Any], tell: Callable[..., None]) -> Callable[..., Any]:
    def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        run = self.__dict__.get("_sluice")
        if run is not None and RECORDER.state.on:
            try:
                tell(run, *args, **kwargs)
            except Exception as error:  # noqa: BLE001
                self._sluice = None
                _failed(error)
        return method(self, *args, **kwargs)

    told.__name__, told.__qualname__, told.__doc__ = method.__name__, method.__qualname__, method.__doc__
    told.__wrapped__ = method  # type: ignore[attr-defined]
    return told


def _taken(take: Callable[..., Any]) -> Callable[..., Any]:
    def get_output_blocking(self: Any, *args: Any, **kwargs: Any) -> Any:
        bundle = take(self, *args, **kwargs)
        try:
            run = _run_of(self.op) if RECORDER.state.on else None
            if run is not None:
                run.taken(bundle)
        except Exception as error:  # noqa: BLE001
            _failed(error)
        return bundle

    get_output_blocking.__doc__ = take.__doc__
    get_output_blocking.__wrapped__ = take  # type: ignore[attr-defined]
    return get_output_blocking
