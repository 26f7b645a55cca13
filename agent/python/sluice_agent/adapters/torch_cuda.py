"""Time on the GPU: pairs of CUDA events on the stream of the step, read when they are done. Nothing ever waits for the GPU.

A device is a stage of its own, beside the pipeline: an execution lasts from where a step begins on the GPU to where the last of its
work ends there. What is submitted and not done is the device's queue. Which share of that time kernels ran the events do not tell;
the driver does (``_nvml.py``).

An event's own clock counts from another event. It is brought to the trace's clock by what is certain: an event is reached by the GPU
after it was recorded by the program. So the offset between the two clocks is the largest difference (time of recording - time on the
GPU) that was seen; it is right as soon as one event was recorded on an idle stream. Elapsed times are floats of milliseconds and
clocks drift, so every few seconds a later event becomes the origin.

A device keeps the steps of all stages and threads in the order in which they were submitted: in that order they come to its lane.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from typing import Any, Optional

from .._queues import declare_queue
from .._recorder import RECORDER, Stage, now_ns

_MAX_PENDING = 256
_VIA = "cuda"
#: Elapsed time is a float of 24 bits: beyond 8 s its steps exceed half a microsecond.
_MAX_AGE_NS = 8_000_000_000
#: What the clocks of host and device may drift apart: what was certain at the last origin is so much less certain now.
_DRIFT = 50e-6

#: Where a step begins: its device, the event, when that was recorded, and its stream.
Mark = tuple["Device", Any, int, Any]

_devices: dict[int, "Device"] = {}


class Device:
    """A GPU that this process works on: its stage, its lane, its queue, and what is under way on it."""

    def __init__(self, index: int, name: str) -> None:
        self._stage = RECORDER.stage(f"{name} (cuda:{index})", kind="gpu", parallelism=1, via=_VIA)
        self._queue = declare_queue(f"{self._stage.name} queue", to=self._stage.name, via=_VIA)
        self._lane, _ = self._stage.keep()
        #: Events of steps, when they were recorded, and how many items they handle.
        self._pending: deque[tuple[Any, Any, int, int]] = deque()
        self._ended = 0
        self._origin: Any = None
        #: The origin's time on the trace's clock.
        self._origin_ns = 0
        #: The program's threads record, the drain's thread collects as well.
        self._lock = threading.Lock()

    @property
    def is_full(self) -> bool:
        """Has it so much to do that nothing more is timed?"""
        return len(self._pending) >= _MAX_PENDING

    def begins(self, event: Any, stream: Any) -> Mark:
        """Records the event at the begin of a step."""
        # The clock is read before: the device reaches the event after that.
        recorded = now_ns()
        event.record(stream)
        with self._lock:
            if self._origin is None:
                self._origin, self._origin_ns = event, recorded
        return self, event, recorded, stream

    def ends(self, start: Any, end: Any, recorded: int, items: int) -> None:
        """A step is submitted whole."""
        with self._lock:
            self._pending.append((start, end, recorded, items))
            self._queue.depth(len(self._pending))

    def collect(self) -> None:
        """Records what has ended."""
        if not self._pending:
            return
        with self._lock:
            before = len(self._pending)
            now = now_ns()
            # Asks, and does not wait.
            while self._pending and self._pending[0][1].query() and self._origin.query():
                self._ran(*self._pending.popleft(), now)
            if len(self._pending) < before:
                self._queue.depth(len(self._pending), now)

    def _ran(self, first: Any, last: Any, recorded: int, items: int, now: int) -> None:
        """A step ran. Those of several stages may overlap, executions of a lane must not."""
        began = int(self._origin.elapsed_time(first) * 1e6)
        lasted = int(first.elapsed_time(last) * 1e6)
        self._origin_ns = max(self._origin_ns, recorded - began)
        at = self._origin_ns + began
        if began > _MAX_AGE_NS:
            self._origin, self._origin_ns = first, max(recorded, at - int(began * _DRIFT))
        start = max(at, self._ended)
        end = max(start, min(at + lasted, now))
        self._ended = end
        self._lane.detail(start, end, None, items, False, max(0, start - recorded))

    def forget(self) -> None:
        """It cannot be asked any more."""
        self._pending.clear()


def _device(index: int, cuda: Any) -> Device:
    known = _devices.get(index)
    if known is None:
        with RECORDER.lock:
            known = _devices.get(index)
            if known is None:
                known = _devices[index] = Device(index, cuda.get_device_name(index))
    return known


def devices() -> list[int]:
    """Numbers of the devices that steps ran on."""
    return list(_devices)


def collect() -> None:
    """Records what has ended on the devices since, for the drain: the last steps of a program have no next one that would do it."""
    for device in list(_devices.values()):
        try:
            device.collect()
        except Exception as error:  # noqa: BLE001
            _fail(device, error)


def _fail(device: Optional[Device], error: Exception) -> None:
    if device is not None:
        device.forget()
    RECORDER.note("adapter:cuda", f"time on the GPU is not recorded: {error!r}")


class GpuTimer:
    """The GPU's part in the steps of a loader, or in the executions of a stage (here: steps as well). Any thread may use it."""

    def __init__(self, step: Stage) -> None:
        self._step = step
        self._is_broken = False

    def begins(self) -> Optional[Mark]:
        """A step begins. What is returned is for ``ends``; None: this one is not timed."""
        if self._is_broken:
            return None
        try:
            cuda = sys.modules["torch"].cuda
            if cuda.is_current_stream_capturing():
                return None
            stream = cuda.current_stream()
            device = _device(stream.device_index, cuda)
            device.collect()
            return None if device.is_full else device.begins(cuda.Event(enable_timing=True), stream)
        except Exception as error:  # noqa: BLE001
            self._is_broken = True
            _fail(None, error)
            return None

    def ends(self, mark: Optional[Mark], items: int = 1) -> None:
        """The step is over for the program; the GPU may still be at it."""
        if mark is None or self._is_broken:
            return
        device, start, recorded, stream = mark
        try:
            cuda = sys.modules["torch"].cuda
            if cuda.is_current_stream_capturing():
                return
            end = cuda.Event(enable_timing=True)
            end.record(stream)
            device.ends(start, end, recorded, items)
            device.collect()
        except Exception as error:  # noqa: BLE001
            self._is_broken = True
            _fail(device, error)
