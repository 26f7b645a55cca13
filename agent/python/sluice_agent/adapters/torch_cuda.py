"""Time on the GPU: pairs of CUDA events on the stream of the step, read when they are done. Nothing ever waits for the GPU.

A device is a stage of its own, beside the pipeline: an execution lasts from where a step begins on the GPU to where the last of its
work ends there. What is submitted and not done is the device's queue. Which share of that time kernels ran the events do not tell;
the driver does (``_nvml.py``).

An event's own clock counts from another event. It is brought to the trace's clock by what is certain: an event is reached by the GPU
after it was recorded by the program. So the offset between the two clocks is the largest difference (time of recording - time on the
GPU) that was seen; it is right as soon as one event was recorded on an idle stream. Elapsed times are floats of milliseconds and
clocks drift, so every few seconds a later event becomes the origin.
"""

from __future__ import annotations

import sys
import threading
import weakref
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

_devices: dict[int, Device] = {}
_timers: weakref.WeakSet[GpuTimer] = weakref.WeakSet()


class Device:
    """A GPU that this process works on: its stage, its lane, its queue."""

    def __init__(self, index: int, name: str) -> None:
        self._stage = RECORDER.stage(f"{name} (cuda:{index})", kind="gpu", parallelism=1, via=_VIA)
        self._queue = declare_queue(f"{self._stage.name} queue", to=self._stage.name, via=_VIA)
        self._lane = self._stage.take()
        self._pending = 0
        self._ended = 0

    def waits(self, change: int, at: int) -> None:
        """So many steps more (or fewer) are submitted and not done."""
        self._pending += change
        self._queue.depth(self._pending, at)

    def ran(self, submitted: int, start: int, end: int, items: int) -> None:
        """A step ran. Steps of several loaders may overlap, executions of a lane must not."""
        start = max(start, self._ended)
        end = max(start, end)
        self._ended = end
        self._lane.detail(start, end, None, items, False, max(0, start - submitted))


def _device(index: int, cuda: Any) -> Device:
    known = _devices.get(index)
    if known is None:
        known = _devices[index] = Device(index, cuda.get_device_name(index))
    return known


def devices() -> list[int]:
    """Numbers of the devices that steps ran on."""
    return list(_devices)


def collect() -> None:
    """Records what has ended on the devices since, for the drain: the last steps of a program have no next one that would do it."""
    for timer in list(_timers):
        timer.collect()


class GpuTimer:
    """The GPU's part in the steps of one loader."""

    def __init__(self, step: Stage) -> None:
        self._step = step
        self._device: Optional[Device] = None
        #: Events of steps, when they were recorded, and how many items they handle.
        self._pending: deque[tuple[Any, Any, int, int]] = deque()
        self._origin: Any = None
        #: The origin's time on the trace's clock.
        self._origin_ns = 0
        self._start: Any = None
        self._stream: Any = None
        self._start_ns = 0
        self._is_broken = False
        #: The program's thread records, the drain's thread collects as well.
        self._lock = threading.Lock()
        _timers.add(self)

    def begins(self, at: int) -> None:
        """A step begins."""
        self._start = None
        if self._is_broken or len(self._pending) >= _MAX_PENDING:
            return
        try:
            cuda = sys.modules["torch"].cuda
            if cuda.is_current_stream_capturing():
                return
            stream = cuda.current_stream()
            event = cuda.Event(enable_timing=True)
            with self._lock:
                self._collect(at)
                if self._stream != stream or self._device is None:
                    self._turn_to(stream, _device(stream.device_index, cuda))
                # The clock is read before: the device reaches the event after that.
                recorded = now_ns()
                event.record(stream)
                if self._origin is None:
                    self._origin, self._origin_ns = event, recorded
                self._start, self._start_ns = event, recorded
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def ends(self, items: int = 1) -> None:
        """The step is over for the program; the GPU may still be at it."""
        if self._start is None or self._is_broken or self._device is None:
            return
        try:
            event = sys.modules["torch"].cuda.Event(enable_timing=True)
            event.record(self._stream)
            with self._lock:
                self._pending.append((self._start, event, self._start_ns, items))
                self._start = None
                now = now_ns()
                self._device.waits(1, now)
                self._collect(now)
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def collect(self) -> None:
        """Records what has ended."""
        if self._is_broken or not self._pending:
            return
        try:
            with self._lock:
                self._collect(now_ns())
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def _turn_to(self, stream: Any, device: Device) -> None:
        """The program's steps run on another stream. Events of another device have another clock."""
        if self._device is not None:
            self._device.waits(-len(self._pending), now_ns())
        self._device, self._stream, self._origin = device, stream, None
        self._pending.clear()

    def _collect(self, now: int) -> None:
        done = 0
        while self._pending:
            start, end, recorded, items = self._pending[0]
            # Asks, and does not wait.
            if not end.query():
                break
            self._pending.popleft()
            done += 1
            began = int(self._origin.elapsed_time(start) * 1e6)
            lasted = int(start.elapsed_time(end) * 1e6)
            self._origin_ns = max(self._origin_ns, recorded - began)
            at = self._origin_ns + began
            if began > _MAX_AGE_NS:
                self._origin, self._origin_ns = start, max(recorded, at - int(began * _DRIFT))
            self._device.ran(recorded, at, min(at + lasted, now), items)  # type: ignore[union-attr]
        if done:
            self._device.waits(-done, now)  # type: ignore[union-attr]

    def _fail(self, error: Exception) -> None:
        self._is_broken = True
        self._pending.clear()
        RECORDER.note("adapter:cuda", f"time on the GPU is not recorded: {error!r}")
