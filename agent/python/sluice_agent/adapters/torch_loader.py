"""torch's ``DataLoader``: what loads (``fetch``), what it loads into (the prefetch queue), and what the program does with a batch
(``step``: from one batch to the request for the next; waiting for that request's answer is the step's starvation).

Nothing is drawn from torch's random numbers and no tensor is touched, so losses and samples are those of the program without the agent.
"""

from __future__ import annotations

import sys
import threading
import weakref
from time import thread_time_ns
from typing import Any, Callable, Optional

from .. import _satellite as satellite
from .._knobs import KnobRecorder, declare_knob
from .._places import Source, caller
from .._queues import declare_queue
from .._recorder import RECORDER, now_ns
from .._workers import WORKERS
from ._steps import Steps
from .processes import TARGETS
from .torch_cuda import GpuTimer
from .torch_worker import size_of, watch_fetchers

_VIA = "torch"
_sources: weakref.WeakKeyDictionary[Any, Optional[Source]] = weakref.WeakKeyDictionary()
_watches: weakref.WeakKeyDictionary[Any, LoaderWatch] = weakref.WeakKeyDictionary()
#: The loader whose workers are being started in this thread.
_starting = threading.local()


def adapt(module: Any) -> None:
    loader = module.DataLoader
    loader.__init__ = _loader_init(loader.__init__)
    base = module._BaseDataLoaderIter
    base.__next__ = _next(base.__next__)
    single, multiple = module._SingleProcessDataLoaderIter, module._MultiProcessingDataLoaderIter
    single.__init__ = _single_init(single.__init__)
    multiple.__init__ = _multiple_init(multiple.__init__)
    multiple._reset = _reset(multiple._reset)
    watch_fetchers(module._utils.fetch)
    TARGETS[module._utils.worker._worker_loop] = _worker


class LoaderWatch:
    """One loader: its two stages, the queue between them, and its knobs."""

    def __init__(self, loader: Any) -> None:
        source = _sources.get(loader)
        workers = int(loader.num_workers)
        self.fetch = RECORDER.stage("fetch", kind="cpu", parallelism=max(workers, 1), via=_VIA, source=source)
        step = RECORDER.stage("step", kind="gpu" if _uses_cuda() else "cpu", parallelism=1, via=_VIA, source=source)
        self.steps = Steps(step, GpuTimer(step) if step.options["kind"] == "gpu" else None)
        suffix = self.fetch.name[len("fetch") :]
        #: Without automatic batching a sample is whatever the dataset yields, and counts as one.
        self.is_batched = loader.batch_sampler is not None
        self.capacity = self._capacity_of(loader)
        self.queue = declare_queue(
            f"prefetch{suffix}", capacity=self.capacity, from_=self.fetch.name, to=step.name, via=_VIA, source=source
        )
        self.source = source
        self.workers = 0
        #: When the last batch of a worker stood ready to be read, as ``_watch_arrivals`` saw it.
        self.came = 0
        #: What the thread had computed by then.
        self.came_cpu = 0
        self.knobs: dict[str, KnobRecorder] = {}
        self._declare_knobs(loader, source)

    @staticmethod
    def _capacity_of(loader: Any) -> int:
        """Batches that may be under way at once. Without workers each is handed over as it is ready."""
        return int(loader.num_workers) * int(loader.prefetch_factor or 2) or 1

    def _declare_knobs(self, loader: Any, source: Optional[Source]) -> None:
        is_kept = bool(loader.persistent_workers)
        when = "Its workers stay from one iteration to the next (persistent_workers), so it cannot change while the program runs."
        if not is_kept:
            when = "Takes effect when the loader is iterated the next time."
        common: dict[str, Any] = {"via": _VIA, "source": source, "owner": loader}
        knobs = [
            declare_knob(
                "num_workers",
                kind="parallelism",
                value=loader.num_workers,
                min=0,
                stage=self.fetch.name,
                apply=None if is_kept else _set_workers,
                remark=when,
                **common,
            ),
            declare_knob(
                "prefetch_factor",
                kind="queueDepth",
                value=loader.prefetch_factor or 2,
                min=1,
                queue=self.queue.options["name"],
                apply=None if is_kept else _set_prefetch,
                remark=f"Batches for each worker. {when}",
                **common,
            ),
        ]
        if loader.batch_size is not None:
            remark = "Another batch size is another training: look at the learning rate and the accuracy as well."
            step = self.steps.stage.name
            knobs.append(declare_knob("batch_size", kind="batchSize", value=loader.batch_size, min=1, stage=step, remark=remark, **common))
        self.knobs = {knob.options["name"]: knob for knob in knobs if knob is not None}

    def begins(self, loader: Any) -> None:
        """The loader is iterated (again), with the settings that it has now."""
        workers = int(loader.num_workers)
        self.fetch.set_parallelism(max(workers, 1))
        self.capacity = self._capacity_of(loader)
        self.queue.set_capacity(self.capacity)
        self.knobs["num_workers"].changed(workers)
        self.knobs["prefetch_factor"].changed(loader.prefetch_factor or 2)
        self.queue.steps.append((now_ns(), None))
        self.workers = 0
        self.steps.begin()

    def arrived(self, iterator: Any, asked: int, at: int, batch: Any) -> None:
        """The program has its batch. What it computed to receive it is part of the step: the program's thread does it."""
        ready = at
        if self.came > asked and "_sluice_receives" in iterator.__dict__:
            # Of what passed since, a worker that was not ready to hand over has its part: that was waiting.
            ready = max(self.came, at - (thread_time_ns() - self.came_cpu))
        self.queue.steps.append((ready, -1))
        self.steps.arrived(iterator, asked, at, size_of(batch) if self.is_batched else 1, ready)


def _uses_cuda() -> bool:
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    try:
        return cuda is not None and bool(cuda.is_initialized())
    except Exception:  # noqa: BLE001
        return False


def _set_workers(loader: Any, value: float) -> None:
    loader.num_workers = int(value)
    if value and loader.prefetch_factor is None:
        loader.prefetch_factor = 2


def _set_prefetch(loader: Any, value: float) -> None:
    if loader.num_workers:
        loader.prefetch_factor = int(value)


def _loader_init(init: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        try:
            if RECORDER.state.on:
                _sources[self] = caller(1, True)
        except Exception as error:  # noqa: BLE001
            RECORDER.note("adapter:DataLoader", f"a DataLoader is not recorded: {error!r}")

    __init__.__doc__ = init.__doc__
    __init__.__wrapped__ = init  # type: ignore[attr-defined]
    return __init__


def _watch_of(loader: Any) -> Optional[LoaderWatch]:
    """The loader's watch, as of now; None where it is not recorded."""
    if not RECORDER.state.on:
        return None
    try:
        watch = _watches.get(loader)
        if watch is None:
            watch = _watches[loader] = LoaderWatch(loader)
        watch.begins(loader)
        return watch
    except Exception as error:  # noqa: BLE001
        RECORDER.note("adapter:DataLoader", f"a DataLoader is not recorded: {error!r}")
        return None


def _single_init(init: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, loader: Any) -> None:
        init(self, loader)
        watch = _watch_of(loader)
        if watch is not None:
            self._sluice = watch
            self._dataset_fetcher._sluice_stage = watch.fetch
            self._sluice_fetches = True

    __init__.__doc__ = init.__doc__
    __init__.__wrapped__ = init  # type: ignore[attr-defined]
    return __init__


def _multiple_init(init: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, loader: Any) -> None:
        watch = _watch_of(loader)
        if watch is not None:
            self._sluice = watch
        outer, _starting.watch = getattr(_starting, "watch", None), watch
        try:
            init(self, loader)
        finally:
            _starting.watch = outer
        if watch is not None:
            _watch_arrivals(self, watch)

    __init__.__doc__ = init.__doc__
    __init__.__wrapped__ = init  # type: ignore[attr-defined]
    return __init__


def _watch_arrivals(iterator: Any, watch: LoaderWatch) -> None:
    """Notes when batches of workers stand ready: from then on the program's thread does not wait but reads and unpacks them. With
    ``pin_memory`` a thread of torch's does that."""
    queue = iterator._data_queue
    poll = getattr(queue, "_poll", None)
    if not callable(poll):
        return

    def polled(*args: Any) -> Any:
        is_ready = poll(*args)
        if is_ready:
            watch.came, watch.came_cpu = now_ns(), thread_time_ns()
        return is_ready

    queue._poll = polled
    iterator._sluice_receives = True


def _reset(reset: Callable[..., None]) -> Callable[..., None]:
    def reset_(self: Any, loader: Any, first_iter: bool = False) -> None:
        if not first_iter and self.__dict__.get("_sluice") is not None:
            _watch_of(loader)
        reset(self, loader, first_iter)

    reset_.__name__, reset_.__qualname__, reset_.__doc__ = "_reset", reset.__qualname__, reset.__doc__
    return reset_


def _next(following: Callable[..., Any]) -> Callable[..., Any]:
    def __next__(self: Any) -> Any:
        watch = self.__dict__.get("_sluice")
        if watch is None or not RECORDER.state.on:
            return following(self)
        asked = now_ns()
        watch.steps.requested(self, asked)
        batch = following(self)
        at = now_ns()
        if "_sluice_fetches" in self.__dict__:
            watch.queue.steps.append((at - 1, 1))
        watch.arrived(self, asked, at, batch)
        return batch

    __next__.__doc__ = following.__doc__
    __next__.__wrapped__ = following  # type: ignore[attr-defined]
    return __next__


def _worker(process: Any) -> Any:
    watch = getattr(_starting, "watch", None)
    if watch is None:
        return None
    worker = WORKERS.add(watch.fetch, watch.queue, is_output=True, number=watch.workers)
    watch.workers += 1
    if worker is None:
        return None
    return satellite.Target(process._target, worker.path, "torch", watch.fetch.declaration())
