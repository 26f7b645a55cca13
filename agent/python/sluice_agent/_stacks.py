"""CPU profiles on request: what every thread's stack is, many times a second, as a ``.cpuprofile`` of V8's.

A sampler thread looks at the frames of all threads. It needs the interpreter for that, so what runs in C without giving it up is seen
late. What waits is told from what computes by how long the operating system says that the thread ran since the last sample.
"""

from __future__ import annotations

import _thread
import json
import os
import sys
import threading
import time
from typing import Any, Optional

from . import _fxt as fxt
from . import _words as W
from ._process import is_asleep, schedule_times
from ._recorder import RECORDER, now_ns

_MIN_INTERVAL_NS = 1_000_000
#: A thread that waits for the interpreter gets it within this time while stacks are sampled. As long as the usual five milliseconds,
#: and the sampler would only see those places at which threads give it up themselves.
_SWITCH_S = 0.0002
_MAX_DEPTH = 200
_MAX_SAMPLES = 2_000_000
_ROOT, _IDLE = 1, 2


class ThreadProfile:
    """The samples of one thread."""

    def __init__(self, name: str, tid: Optional[int], start: int) -> None:
        self.name = name
        self.start = start
        self.samples: list[int] = []
        self.times: list[int] = []
        self.nodes: list[dict[str, Any]] = [_node(_ROOT, "(root)", "", -1), _node(_IDLE, "(idle)", "", -1)]
        self.nodes[0]["children"].append(_IDLE)
        self._known: dict[tuple[int, Any], int] = {}
        self._tid = tid
        self._looked: Optional[tuple[int, int]] = None

    def add(self, frame: Any, now: int) -> None:
        """One sample."""
        self.times.append(now)
        self.samples.append(self._place(frame) if self._runs(now) else _IDLE)
        self.nodes[self.samples[-1] - 1]["hitCount"] += 1

    def _runs(self, now: int) -> bool:
        """Did the thread run, or wait for a core, for most of the time since the last sample, and is it not asleep?"""
        times = None if self._tid is None else schedule_times(os.getpid(), self._tid)
        if times is None:
            return True
        last, self._looked = self._looked, (now, sum(times))
        if last is not None and 2 * (sum(times) - last[1]) <= now - last[0]:
            return False
        # A thread that was made to give up the interpreter waits for a lock.
        return not is_asleep(self._tid or 0)

    def _place(self, frame: Any) -> int:
        codes: list[Any] = []
        while frame is not None and len(codes) < _MAX_DEPTH:
            codes.append(frame.f_code)
            frame = frame.f_back
        at = _ROOT
        for code in reversed(codes):
            key = (at, code)
            known = self._known.get(key)
            if known is None:
                known = len(self.nodes) + 1
                name = getattr(code, "co_qualname", code.co_name)
                self.nodes.append(_node(known, name, code.co_filename, code.co_firstlineno - 1))
                self.nodes[at - 1]["children"].append(known)
                self._known[key] = known
            at = known
        return at

    def profile(self, end: int) -> bytes:
        """The whole profile, in microseconds of the trace's clock."""
        times = [self.start, *self.times]
        deltas = [(times[i + 1] - times[i]) // 1000 for i in range(len(times) - 1)]
        whole = {
            "nodes": self.nodes,
            "startTime": self.start // 1000,
            "endTime": end // 1000,
            "samples": self.samples,
            "timeDeltas": deltas,
        }
        return json.dumps(whole, separators=(",", ":")).encode("utf-8")


def _node(number: int, name: str, file: str, line: int) -> dict[str, Any]:
    frame = {"functionName": name, "scriptId": "0", "url": file, "lineNumber": line, "columnNumber": -1 if line < 0 else 0}
    return {"id": number, "callFrame": frame, "hitCount": 0, "children": []}


class ProfileCalls:
    """One profile at a time; each request gets exactly one answer. Used by the drain's thread."""

    def __init__(self, drain: Any) -> None:
        self._drain = drain
        self._threads: dict[int, ThreadProfile] = {}
        self._stop = True
        self._done = _thread.allocate_lock()
        self._until = 0
        self._own = 0
        wanted = os.environ.get("SLUICE_CPU_PROFILE_MS", "")
        if wanted.isdigit() and int(wanted) > 0:
            self._start(int(wanted), 1000)

    def obey(self, message: dict[str, Any]) -> bool:
        """Carries out what is about profiles; False: it is not."""
        kind, request = message["kind"], message.get("id")
        reply = self._drain.transport.reply
        if kind == "startCpuProfile":
            if not self._stop:
                reply({"kind": "error", "id": request, "message": "a CPU profile is running in this process already: stop it first"})
                return True
            self._start(int(message.get("durationMs", 1000)), int(message.get("intervalUs", 1000)))
            reply({"kind": "reply", "id": request})
        elif kind == "stopCpuProfile":
            if self._stop:
                reply({"kind": "error", "id": request, "message": "no CPU profile is running in this process"})
                return True
            self.finish()
            reply({"kind": "reply", "id": request})
        else:
            return False
        return True

    def _start(self, duration_ms: int, interval_us: int) -> None:
        self._threads = {}
        self._stop = False
        self._until = now_ns() + duration_ms * 1_000_000
        interval = max(interval_us * 1000, _MIN_INTERVAL_NS) / 1e9
        self._done = _thread.allocate_lock()
        self._done.acquire()
        _thread.start_new_thread(self._sample, (interval, self._done))

    def _sample(self, interval: float, done: Any) -> None:
        own = threading.get_ident()
        taken = 0
        usual = sys.getswitchinterval()
        sys.setswitchinterval(min(usual, _SWITCH_S))
        try:
            while not self._stop and taken < _MAX_SAMPLES:
                time.sleep(interval)
                now = now_ns()
                for ident, frame in sys._current_frames().items():
                    known = threading._active.get(ident)  # type: ignore[attr-defined]
                    if ident == own or known is None:
                        continue
                    profile = self._threads.get(ident)
                    if profile is None:
                        name = "main" if known is threading.main_thread() else str(known.name)[:200]
                        profile = self._threads[ident] = ThreadProfile(name, getattr(known, "native_id", None), now)
                    profile.add(frame, now)
                    taken += 1
        except Exception as error:  # noqa: BLE001
            RECORDER.note("profile:failed", f"the CPU profile ended early: {error!r}")
        finally:
            # Not when the program has set another one meanwhile.
            if sys.getswitchinterval() <= _SWITCH_S:
                sys.setswitchinterval(usual)
            done.release()

    def step(self) -> None:
        """Ends a profile when its time is over."""
        if not self._stop and now_ns() > self._until:
            self.finish()

    def finish(self) -> None:
        """Ends the profile and sends what there is."""
        if self._stop:
            return
        self._stop = True
        self._done.acquire(True, 1.0)
        now = now_ns()
        threads, self._threads = self._threads, {}
        for profile in threads.values():
            row = RECORDER.own_row(0, profile.name)
            self._drain._take_posts()
            self._drain.transport.send(self._drain.tables.take())
            name = f"cpuprofile/{W.lane_koid(self._drain.process['pid'], row.number)}"
            self._drain.transport.send(fxt.large_blob(name, profile.profile(now)))

    def cancel(self) -> None:
        """The connection is gone."""
        self._stop = True
        self._threads = {}
