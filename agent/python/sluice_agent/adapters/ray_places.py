"""What the program said of an operator of Ray Data: where, how many tasks at once, how many rows a batch.

Operators of the program (``map_batches`` and its like) become logical ones, which Ray joins and turns into those that run. The
program's function goes all the way, so it tells which call an operator comes from; two calls with the same function do not.
"""

from __future__ import annotations

import weakref
from typing import Any, Callable, NamedTuple, Optional

from .._knobs import KnobRecorder, declare_knob
from .._places import Source, called_from_user, caller, caller_of_method
from .._recorder import RECORDER, Stage

_VIA = "ray"
_METHODS = ("map", "map_batches", "flat_map", "filter")
#: Tasks that must have been seen before it is said that a task is a batch.
_ENOUGH = 5

_sources: weakref.WeakKeyDictionary[Any, list[Optional[Source]]] = weakref.WeakKeyDictionary()


def adapt(module: Any) -> None:
    dataset = module.Dataset
    for name in _METHODS:
        if hasattr(dataset, name):
            setattr(dataset, name, _placed(getattr(dataset, name)))


def adapt_compute(module: Any) -> None:
    for name in ("TaskPoolStrategy", "ActorPoolStrategy"):
        strategy = getattr(module, name)
        strategy.__init__ = _made(strategy.__init__)


def _made(init: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        # Ray makes one as well where the program gives `concurrency`.
        if RECORDER.state.on and called_from_user():
            self._sluice_source = caller()

    __init__.__doc__ = init.__doc__
    __init__.__wrapped__ = init  # type: ignore[attr-defined]
    return __init__


def _placed(method: Callable[..., Any]) -> Callable[..., Any]:
    import functools

    @functools.wraps(method)
    def placed(self: Any, *args: Any, **kwargs: Any) -> Any:
        if RECORDER.state.on and args and callable(args[0]):
            try:
                known = _sources.setdefault(args[0], [])
                source = caller_of_method(method.__name__)
                if source not in known:
                    known.append(source)
            except TypeError:
                # Something callable that nothing can be remembered of.
                pass
        return method(self, *args, **kwargs)

    return placed


def _source_of(fn: Any) -> Optional[Source]:
    try:
        known = _sources.get(fn, [])
    except TypeError:
        return None
    return known[0] if len(known) == 1 else None


def operator_of(op: Any) -> Optional[Operator]:
    """What is known of an operator that runs; None: Ray tells nothing of its tasks."""
    # Those that shuffle, sort and join measure themselves in other ways, and the rest has no tasks.
    kinds = {base.__name__ for base in type(op).__mro__}
    return Operator(op) if kinds & {"MapOperator", "TaskPoolMapOperator", "ActorPoolMapOperator"} else None


def _told(logical: Any, name: str) -> Any:
    """An attribute of a logical operator, which older versions of Ray have with an underscore."""
    return getattr(logical, name, getattr(logical, f"_{name}", None))


class Given(NamedTuple):
    """A number that the program gave."""

    name: str
    value: int
    source: Optional[Source]
    remark: str


class Operator:
    """An operator that runs, with the calls that it was made of."""

    def __init__(self, op: Any) -> None:
        self._op = op
        logical = [each for each in getattr(op, "_logical_operators", ()) if _told(each, "fn") is not None]
        #: Of joined operators the last one of the program's.
        self._logical = logical[-1] if logical else None
        self.source = None if self._logical is None else _source_of(_told(self._logical, "fn"))

    @property
    def kind(self) -> str:
        """The kind of stage that it is."""
        wanted = getattr(self._op, "_ray_remote_args", None) or {}
        if wanted.get("num_gpus"):
            return "gpu"
        name = self._op.name
        if "->" in name:
            return "cpu"
        return "source" if name.startswith("Read") else "sink" if name.startswith("Write") else "cpu"

    @property
    def parallelism(self) -> Optional[int]:
        """How many tasks may run at once, as far as the program or its pool of actors says; None: as many as there is room for."""
        pool = getattr(self._op, "_actor_pool", None)
        limit = getattr(self._op, "get_max_concurrency_limit", None)
        try:
            if pool is not None:
                # A pool that grows and shrinks is as large as it is; one of a fixed size ends its actors when there is no more work.
                actors = pool.max_size() if pool.min_size() == pool.max_size() else pool.num_running_actors()
                return max(int(actors * pool.max_actor_concurrency()), 1)
            value = None if limit is None else limit()
        except Exception:  # noqa: BLE001 - a version that says it in another way
            return None
        return None if value is None or value == float("inf") else int(value)

    @property
    def concurrency(self) -> Optional[Given]:
        """How many tasks or actors the program wants; None: it does not say."""
        compute = None if self._logical is None else _told(self._logical, "compute")
        low, high = getattr(compute, "min_size", None), getattr(compute, "max_size", None)
        remark, size = "Tasks at once. Read when the dataset is executed.", getattr(compute, "size", None)
        if low is not None:
            remark, size = "Actors. Read when the dataset is executed.", high
            if low != high:
                remark = f"Actors: Ray keeps between {low} and {high} of them."
        if not size or size == float("inf"):
            return None
        made_at = getattr(compute, "_sluice_source", None)
        if made_at is None:
            return Given("concurrency", int(size), self.source, remark)
        return Given("size" if low == high else "max_size", int(size), made_at, remark)

    @property
    def batch_size(self) -> Optional[int]:
        """Rows that the program's function gets at once, where the program says it."""
        size = None if self._logical is None else _told(self._logical, "batch_size")
        return size if isinstance(size, int) and size > 0 else None


class Knobs:
    """The knobs of an operator."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._concurrency: Optional[KnobRecorder] = None
        self._batch: Optional[KnobRecorder] = None
        self._tasks = 0
        self._most_rows = 0

    def update(self, operator: Operator) -> None:
        """The dataset is executed (again), with the settings that it has now."""
        self._stage.set_parallelism(operator.parallelism)
        given = operator.concurrency
        if given is None:
            return
        if self._concurrency is None:
            self._concurrency = self._declare("parallelism", given)
        else:
            self._concurrency.changed(given.value)

    def ran(self, operator: Operator, rows: int) -> None:
        """A task is over; it got so many rows. Whether one is a batch is only seen when some have run: Ray joins and cuts blocks."""
        parallelism = operator.parallelism
        if parallelism is not None:
            self._stage.set_parallelism(parallelism)
        self._tasks += 1
        self._most_rows = max(self._most_rows, rows)
        size = operator.batch_size if self._tasks == _ENOUGH else None
        if size is not None and 0 < self._most_rows <= size:
            remark = "Rows that the function gets at once. Read when the dataset is executed."
            self._batch = self._declare("batchSize", Given("batch_size", size, operator.source, remark))

    def _declare(self, kind: str, given: Given) -> Optional[KnobRecorder]:
        name, value, source, remark = given
        stage, pipeline = self._stage.name, self._stage.pipeline
        return declare_knob(name, kind=kind, value=value, min=1, stage=stage, pipeline=pipeline, via=_VIA, source=source, remark=remark)
