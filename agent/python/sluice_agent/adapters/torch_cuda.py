"""Time on the GPU: pairs of CUDA events on the stream of the step, read when they are done. Nothing ever waits for the GPU.

An event's own clock counts from another event. It is brought to the trace's clock by what is certain: an event is reached by the GPU
after it was recorded by the program. So the offset between the two clocks is the largest difference (time of recording - time on the
GPU) that was seen; it is right as soon as one event was recorded on an idle stream.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import Any, Optional

from .._recorder import RECORDER, Stage, now_ns

_MAX_PENDING = 256


class GpuTimer:
    """The GPU's part in the steps of one loader."""

    def __init__(self, step: Stage) -> None:
        self._step = step
        self._pending: deque[tuple[Any, Any, int]] = deque()
        self._origin: Any = None
        self._offset_ns: Optional[int] = None
        self._start: Any = None
        self._stream: Any = None
        self._start_ns = 0
        self._is_broken = False

    def begins(self, at: int) -> None:
        """A step begins."""
        self._start = None
        if self._is_broken or len(self._pending) >= _MAX_PENDING:
            return
        try:
            cuda = sys.modules["torch"].cuda
            if cuda.is_current_stream_capturing():
                return
            self._stream = cuda.current_stream()
            event = cuda.Event(enable_timing=True)
            event.record(self._stream)
            if self._origin is None:
                self._origin, self._offset_ns = event, at
            self._start, self._start_ns = event, at
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def ends(self) -> None:
        """The step is over for the program; the GPU may still be at it."""
        if self._start is None or self._is_broken:
            return
        try:
            event = sys.modules["torch"].cuda.Event(enable_timing=True)
            event.record(self._stream)
            self._pending.append((self._start, event, self._start_ns))
            self._start = None
            self._collect()
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def _collect(self) -> None:
        while self._pending:
            start, end, recorded = self._pending[0]
            # Asks, and does not wait.
            if not end.query():
                return
            self._pending.popleft()
            began = int(self._origin.elapsed_time(start) * 1e6)
            lasted = int(start.elapsed_time(end) * 1e6)
            self._offset_ns = max(self._offset_ns or 0, recorded - began)
            at = self._offset_ns + began
            row = RECORDER.own_row(0, f"cuda:{self._stream.device_index}")
            row.rare.append((at, min(at + lasted, now_ns()), RECORDER.strings["gpu"], self._step.name_ref))

    def _fail(self, error: Exception) -> None:
        self._is_broken = True
        self._pending.clear()
        RECORDER.note("adapter:cuda", f"time on the GPU is not recorded: {error!r}")
