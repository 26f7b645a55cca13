"""tf.data: what a loop does with each element (``step``), the buffer in front of it, and what tf.data says of itself.

What runs inside of tf.data is C++ and tells nobody about single executions. It keeps a model of itself to tune itself by: how many
elements each operation has made, how long that took in total, its parallelism and its buffer. That model is read now and then, in the
thread that iterates. From it come the depth and the size of the buffer, the values of what tunes itself, and a note with the totals,
which are no executions and are not made into some.
"""

from __future__ import annotations

import re
import sys
import weakref
from importlib import import_module
from typing import Any, Callable, NamedTuple, Optional

from .._knobs import KnobRecorder, declare_knob
from .._places import Source, called_from_user, caller, caller_of_method, name_at, place
from .._queues import QueueRecorder, declare_queue
from .._recorder import RECORDER, now_ns
from ._steps import Steps
from .torch_worker import size_of

_VIA = "tf.data"
_PERIOD_NS = 250_000_000
#: Reading the model may take no more than this part of the time.
_MOST = 100
#: The note comes when so much of a loop has been seen, or with its end.
_NOTE_NS = 5_000_000_000
_ENOUGH = 10
_MAX_CHAIN = 64
_AUTOTUNE = -1
#: Methods whose numbers are knobs: the attribute of the dataset that holds each.
_METHODS = {
    "map": ("num_parallel_calls", "_num_parallel_calls"),
    "interleave": ("num_parallel_calls", "_num_parallel_calls"),
    "batch": ("batch_size", "_batch_size"),
    "padded_batch": ("batch_size", "_batch_size"),
    "prefetch": ("buffer_size", "_buffer_size"),
}
_KINDS = {"num_parallel_calls": "parallelism", "batch_size": "batchSize", "buffer_size": "queueDepth"}

#: Where the program made a dataset, and by which method.
_made: weakref.WeakKeyDictionary[Any, tuple[str, Source]] = weakref.WeakKeyDictionary()
#: None: nobody has asked the iterator for an element, or nobody whose steps these are.
_iterated: weakref.WeakKeyDictionary[Any, Optional[Watch]] = weakref.WeakKeyDictionary()
_watches: dict[Any, Watch] = {}
_MAX_WATCHES = 200
_MAX_FRAMES = 8
_KERAS = re.compile(r"[/\\](?:tf_)?keras[/\\]")


def adapt(module: Any) -> None:
    iterator = module.OwnedIterator
    iterator.__init__ = _init(iterator.__init__)
    iterator.__next__ = _next(iterator.__next__)


def adapt_datasets(module: Any) -> None:
    dataset = module.DatasetV2
    for name in _METHODS:
        setattr(dataset, name, _placed(getattr(dataset, name)))


class Setting(NamedTuple):
    """A number that the program gave, with the place of the method that it gave it to."""

    name: str
    value: int
    source: Source


class Watch:
    """The loops over a dataset that begin at one place of the program. Keeps no dataset alive."""

    def __init__(self, source: Optional[Source]) -> None:
        stage = RECORDER.stage("step", kind="cpu", parallelism=1, via=_VIA, source=source)
        self.steps = Steps(stage)
        self._source = source
        self._settings: list[Setting] = []
        self._is_batched = False
        self._queue: Optional[QueueRecorder] = None
        self._knobs: dict[tuple[Any, ...], KnobRecorder] = {}
        self._due = self._begun = 0
        self._elements = 0
        self._has_told = False
        self._is_blind = False

    def begin(self, dataset: Any) -> None:
        """The dataset is iterated (again)."""
        self.steps.begin()
        chain = _chain_of(dataset)
        self._settings = _settings_of(chain)
        self._is_batched = _is_batched(chain)
        now = now_ns()
        self._begun, self._due, self._elements = now, now + _PERIOD_NS, 0

    def items_of(self, element: Any) -> int:
        """How many samples an element holds: what it says where the dataset makes batches, else one."""
        return size_of(element) if self._is_batched else 1

    def look(self, iterator: Any, is_over: bool = False) -> None:
        """An element has come, or none is left: time to read the model?"""
        now = now_ns()
        self._elements += not is_over
        if self._is_blind or (now < self._due and not is_over):
            return
        try:
            nodes = nodes_of(_read(iterator))
            self._due = now_ns() + max(_PERIOD_NS, _MOST * (now_ns() - now))
            self._tell(nodes, now)
            is_time = is_over or now - self._begun >= _NOTE_NS
            if is_time and not self._has_told and self._elements >= _ENOUGH:
                self._has_told = True
                self._note(nodes)
        except Exception as error:  # noqa: BLE001
            self._is_blind = True
            RECORDER.note("tf:model", f"tf.data says nothing of itself, so its buffers are not shown ({type(error).__name__})")

    def end(self, iterator: Any) -> None:
        """The loop is over."""
        self.look(iterator, True)
        if self._queue is not None:
            self._queue.depth(0)

    def _tell(self, nodes: list[Any], now: int) -> None:
        prefetch = next((node for node in nodes if node.name == "Prefetch"), None)
        if prefetch is None:
            self._declare_knobs(nodes)
            return
        capacity = _parameter(prefetch, "buffer_size")
        if self._queue is None:
            stage = self.steps.stage.name
            self._queue = declare_queue(f"prefetch{stage[len('step') :]}", capacity=capacity, to=stage, via=_VIA, source=self._source)
        self._queue.set_capacity(capacity)
        self._declare_knobs(nodes)
        self._queue.depth(int(prefetch.buffered_elements), now)

    def _declare_knobs(self, nodes: list[Any]) -> None:
        for setting in self._settings:
            name, given, source = setting
            value = self._tuned(name, nodes) if given == _AUTOTUNE else given
            if value is None or value < 1:
                continue
            key = (name, source["file"], source["line"], source["column"])
            known = self._knobs.get(key)
            if known is not None:
                known.changed(value)
                continue
            knob = self._declare_knob(name, value, source, given == _AUTOTUNE)
            if knob is not None:
                self._knobs[key] = knob

    def _tuned(self, name: str, nodes: list[Any]) -> Optional[int]:
        """What tf.data has chosen, where it is clear which of its operations the value belongs to."""
        parameter = "parallelism" if name == "num_parallel_calls" else name
        found = [value for node in nodes for value in [_parameter(node, parameter)] if value is not None]
        sought = [setting for setting in self._settings if setting.name == name]
        return found[0] if len(found) == len(sought) == 1 else None

    def _declare_knob(self, name: str, value: int, source: Source, is_tuned: bool) -> Optional[KnobRecorder]:
        remark = "Read when the dataset is made."
        if is_tuned:
            remark = "AUTOTUNE: tf.data sets it itself while the program runs; this is what it had chosen."
        if name == "batch_size":
            remark = "Another batch size is another training: look at the learning rate and the accuracy as well."
        stage = self.steps.stage.name
        # What runs inside of tf.data is no stage, so how much of it runs at once is a matter of the buffer that it fills.
        is_ours = name == "batch_size" or self._queue is None
        if is_ours and name != "batch_size":
            return None
        target = {"stage": stage} if is_ours else {"queue": self._queue.options["name"]}  # type: ignore[union-attr]
        return declare_knob(name, kind=_KINDS[name], value=value, min=1, via=_VIA, source=source, remark=remark, **target)

    def _note(self, nodes: list[Any]) -> None:
        where = place(self._source)
        parts = []
        for node in nodes:
            if node.num_elements <= 0 or node.name in ("Root", "Model", "Options"):
                continue
            each = node.processing_time / node.num_elements / 1e6
            parallelism = _parameter(node, "parallelism")
            lanes = "" if parallelism is None else f", {parallelism} at once"
            parts.append(f"{node.name} {each:.3g} ms an element ({node.num_elements} elements{lanes})")
        if parts:
            at = "" if where is None else f" iterated at {where[0]}:{where[1]}"
            message = f"tf.data's own account of the dataset{at}, from its end to its source: {'; '.join(parts)}"
            RECORDER.note(f"tf:account:{self.steps.stage.name}"[:64], message)


def nodes_of(model: Any) -> list[Any]:
    """The operations of tf.data's model of itself, from the one that the program asks to the sources."""
    nodes, waiting = model.nodes, [model.output]
    order: list[Any] = []
    while waiting and len(order) < _MAX_CHAIN:
        number = waiting.pop(0)
        if number in nodes:
            node = nodes[number]
            order.append(node)
            waiting.extend(node.inputs)
    return order


def _parameter(node: Any, name: str) -> Optional[int]:
    for parameter in node.parameters:
        if parameter.name == name:
            # The model proposes `value`; `state_value` is at work.
            value = parameter.state_value or parameter.value
            return int(value) if 0 < value < 1e9 else None
    return None


def _read(iterator: Any) -> Any:
    return import_module("tensorflow.python.data.experimental.ops.iterator_model_ops").get_model_proto(iterator)


def _constant(value: Any) -> Optional[int]:
    """A number that the program gave, which is a tensor by now."""
    try:
        return None if value is None else int(value)
    except Exception:  # noqa: BLE001 - of a graph, where nobody knows it yet
        return None


def _chain_of(dataset: Any) -> list[Any]:
    """The dataset, what it takes from, and so on, as long as that is one."""
    chain: list[Any] = []
    while dataset is not None and len(chain) < _MAX_CHAIN:
        chain.append(dataset)
        dataset = getattr(dataset, "_input_dataset", None)
    return chain


def _settings_of(chain: list[Any]) -> list[Setting]:
    """The numbers that the program gave, of all of a chain."""
    found = []
    for dataset in chain:
        made = _made.get(dataset)
        if made is not None:
            name, attribute = _METHODS[made[0]]
            value = _constant(getattr(dataset, attribute, None))
            if value is not None:
                found.append(Setting(name, value, made[1]))
    return found


def _is_batched(chain: list[Any]) -> bool:
    """Are its elements batches?"""
    for dataset in chain:
        name = type(dataset).__name__.lower()
        if "unbatch" in name:
            return False
        if "batch" in name:
            return True
    return False


def _watch_of(dataset: Any, source: Optional[Source]) -> Optional[Watch]:
    key = name_at(source, "step") if source is None else (source["file"], source["line"])
    watch = _watches.get(key)
    if watch is None and len(_watches) < _MAX_WATCHES:
        watch = _watches[key] = Watch(source)
    if watch is not None:
        watch.begin(dataset)
    return watch


def _init(init: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, dataset: Any = None, *args: Any, **kwargs: Any) -> None:
        init(self, dataset, *args, **kwargs)
        try:
            if RECORDER.state.on and dataset is not None:
                # Whether a loop asks it for elements, or a graph does, is seen when that happens.
                self._sluice = (weakref.ref(dataset), caller(1, True))
        except Exception as error:  # noqa: BLE001
            RECORDER.note("adapter:tf.data", f"a tf.data.Dataset is not recorded: {error!r}")

    __init__.__doc__ = init.__doc__
    __init__.__wrapped__ = init  # type: ignore[attr-defined]
    return __init__


def _begun(iterator: Any) -> Optional[Watch]:
    """The watch of an iterator that a loop asks for elements."""
    watch = _iterated.get(iterator)
    if watch is None and "_sluice" in iterator.__dict__:
        dataset, source = iterator.__dict__.pop("_sluice")
        if not _is_of_keras(sys._getframe(2)):
            watch = _iterated[iterator] = _watch_of(dataset(), source)
    return watch


def _is_of_keras(frame: Any) -> bool:
    """Does Keras ask? It looks at data before it trains on them within a graph, and these are no steps of the program's."""
    for _ in range(_MAX_FRAMES):
        if frame is None:
            return False
        if _KERAS.search(frame.f_code.co_filename):
            return True
        frame = frame.f_back
    return False


def _next(following: Callable[..., Any]) -> Callable[..., Any]:
    def __next__(self: Any) -> Any:
        if not RECORDER.state.on:
            return following(self)
        try:
            watch = _begun(self)
        except Exception as error:  # noqa: BLE001
            watch = None
            RECORDER.note("adapter:tf.data", f"a tf.data.Dataset is not recorded: {error!r}")
        if watch is None:
            return following(self)
        asked = now_ns()
        watch.steps.requested(self, asked)
        try:
            element = following(self)
        except StopIteration:
            watch.end(self)
            raise
        watch.steps.arrived(self, asked, now_ns(), watch.items_of(element))
        watch.look(self)
        return element

    __next__.__doc__ = following.__doc__
    __next__.__wrapped__ = following  # type: ignore[attr-defined]
    return __next__


def _placed(method: Callable[..., Any]) -> Callable[..., Any]:
    import functools

    name = method.__name__

    @functools.wraps(method)
    def placed(self: Any, *args: Any, **kwargs: Any) -> Any:
        dataset = method(self, *args, **kwargs)
        try:
            if RECORDER.state.on and called_from_user():
                source = caller_of_method(name)
                if source is not None:
                    _made[dataset] = (name, source)
        except Exception as error:  # noqa: BLE001
            RECORDER.note("adapter:tf.data", f"a tf.data.Dataset is not recorded: {error!r}")
        return dataset

    return placed
