"""What the process measures of itself, four times a second, from the drain's thread: nothing of the program is stopped for it."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections import deque
from typing import Any, Optional

from ._encode import Encoder
from ._nvml import Nvml
from ._process import rss_bytes, schedule_times
from ._recorder import RECORDER, now_ns, thread_name

_PERIOD_NS = 250_000_000
_MAX_THREADS = 64
_MAX_DEVICES = 16
_MAX_COLLECTIONS = 10_000
_GENERATIONS = ("gc minor", "gc incremental", "gc major")


class Collections:
    """Garbage collections, as ``gc.callbacks`` tells of them."""

    def __init__(self) -> None:
        self.found: deque[tuple[str, str, int, int]] = deque(maxlen=_MAX_COLLECTIONS)
        self._start = 0

    def begin(self) -> None:
        if self._hear not in gc.callbacks:
            gc.callbacks.append(self._hear)

    def end(self) -> None:
        try:
            gc.callbacks.remove(self._hear)
        except ValueError:
            pass

    def _hear(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            self._start = now_ns()
        elif self._start:
            start, self._start = self._start, 0
            self.found.append((thread_name(), _GENERATIONS[min(info.get("generation", 0), 2)], start, now_ns()))


class Gauges:
    """Samples, and writes what was sampled."""

    def __init__(self) -> None:
        self.collections = Collections()
        #: Longest time for which the drain's thread was ready to go on and did not have the interpreter, since the last sample.
        self.late_ns = 0
        self._due = 0
        self._last_at = now_ns()
        self._last_cpu = time.process_time_ns()
        self._threads: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._nvml = Nvml()

    def sample(self, encoder: Encoder, workers: list[tuple[int, Any]]) -> None:
        """``workers``: processes that record into this one, with the rows of their threads."""
        self._write_collections(encoder)
        _write_cpu_times(encoder)
        watched = sys.modules.get("sluice_agent.adapters.torch_cuda")
        if watched is not None:
            watched.collect()
        now = now_ns()
        if now < self._due:
            return
        self._due = now + _PERIOD_NS
        elapsed = max(now - self._last_at, 1)
        main = RECORDER.own_row(0, "main")
        cpu = time.process_time_ns()
        used = cpu - self._last_cpu
        self._last_cpu, self._last_at = cpu, now
        encoder.gauge(main, "gilDelayNs", self.late_ns, now)
        self.late_ns = 0
        rss = rss_bytes()
        if rss is not None:
            encoder.gauge(main, "rssBytes", rss, now)
        pid = os.getpid()
        for tid, row in self._rows():
            self._thread(encoder, pid, tid, row, now)
        for worker, row in workers:
            used += self._thread(encoder, worker, worker, row, now)
        encoder.gauge(main, "cpuCores", used / elapsed, now)
        _gpu(self._nvml, encoder, main, now)
        threads = list(threading._active.values())  # type: ignore[attr-defined]
        RECORDER.retire_rows({"main", *(str(thread.name)[:200] for thread in threads)})

    def _write_collections(self, encoder: Encoder) -> None:
        found = self.collections.found
        for _ in range(len(found)):
            thread, name, start, end = found.popleft()
            encoder.runtime(RECORDER.own_row(0, thread, True), name, start, end)

    @staticmethod
    def _rows() -> list[tuple[int, Any]]:
        rows = []
        for thread in list(threading._active.values())[:_MAX_THREADS]:  # type: ignore[attr-defined]
            tid = getattr(thread, "native_id", None)
            if tid is not None:
                name = "main" if thread is threading.main_thread() else str(thread.name)[:200]
                rows.append((tid, RECORDER.own_row(0, name, True)))
        return rows

    def _thread(self, encoder: Encoder, pid: int, tid: int, row: Any, now: int) -> int:
        """Writes a thread's shares; returns for how long it ran."""
        times = schedule_times(pid, tid)
        key = (pid, tid)
        if times is None:
            self._threads.pop(key, None)
            return 0
        last = self._threads.get(key)
        if last is None and len(self._threads) > 4 * _MAX_THREADS:
            self._threads.clear()
        self._threads[key] = (now, *times)
        if last is None or now <= last[0]:
            return 0
        elapsed = now - last[0]
        # The kernel brings its sums up to date at its own ticks, so a reading may be a few milliseconds old.
        encoder.gauge(row, "threadCpu", min(max((times[0] - last[1]) / elapsed, 0), 1), now)
        encoder.gauge(row, "coreWait", min(max((times[1] - last[2]) / elapsed, 0), 1), now)
        return max(times[0] - last[1], 0)


def _write_cpu_times(encoder: Encoder) -> None:
    """A sample speaks about the time since the one before it: none up to where the work began."""
    found = RECORDER.cpu_times
    for _ in range(len(found)):
        thread, start, end, used = found.popleft()
        row = RECORDER.own_row(0, thread)
        encoder.gauge(row, "threadCpu", 0, start)
        encoder.gauge(row, "threadCpu", min(used / max(end - start, 1), 1), end)


def _gpu(nvml: Nvml, encoder: Encoder, main: Any, now: int) -> None:
    """The busiest device and the fullest one that the program works on through torch. Nothing is initialised for it."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    watched = sys.modules.get("sluice_agent.adapters.torch_cuda")
    try:
        if cuda is None or not cuda.is_initialized():
            return
        numbers = (watched.devices() if watched is not None else []) or [0]
        samples = [nvml.sample(number, _uuid(cuda, number)) for number in numbers[:_MAX_DEVICES]]
    except Exception:  # noqa: BLE001 - a CUDA that has failed
        return
    known = [sample for sample in samples if sample is not None]
    busy = [sample.utilization for sample in known if sample.utilization is not None]
    if busy:
        encoder.gauge(main, "gpuUtilization", max(busy), now)
    full = max((sample for sample in known if sample.limit_bytes), key=lambda s: s.memory_bytes / s.limit_bytes, default=None)
    if full is not None:
        encoder.gauge(main, "gpuMemoryBytes", full.memory_bytes, now)
        encoder.gauge(main, "gpuMemoryLimitBytes", full.limit_bytes, now)


def _uuid(cuda: Any, number: int) -> Optional[str]:
    """As torch has it from version 2.4 on."""
    uuid = getattr(cuda.get_device_properties(number), "uuid", None)
    return None if uuid is None else str(uuid)
