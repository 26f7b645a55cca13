"""The drain: a thread of the agent's own that takes what was recorded, keeps the totals, and talks to the engine.

It is no ``threading.Thread``: programs that count or list their threads must find what they would find without the agent. It takes
no signals, never keeps the process alive, and is stopped while the process forks (``_fork.py``).

While there is no connection, or the engine is slow, records are counted and dropped; tables and totals are not.
"""

from __future__ import annotations

import _thread
import os
import time
from typing import Any, Optional

from . import _words as W
from ._calls import KnobCalls
from ._encode import Encoder, noted
from ._fxt import lines
from ._gauges import Gauges
from ._nesting import Nesting
from ._process import describe_machine, describe_process
from ._recorder import RECORDER, now_ns
from ._stacks import ProfileCalls
from ._tables import Tables
from ._totals import LossBook, Totals
from ._transport import Transport
from ._version import VERSION
from ._workers import WORKERS

ROUND_S = 0.1
_HURRY_S = 0.005
_SUMMARY_NS = 1_000_000_000
_MAX_BUFFERED = 8 * 1024 * 1024
#: Numbers and entries that are kept while there is no connection.
_MAX_WAITING = 200_000
_CALIBRATION = 2000


class Drain:
    """One per process."""

    def __init__(self, url: str, token: str, delay_s: float = 0.0) -> None:
        self.process = describe_process()
        self.tables = Tables(self.process)
        self.tables.declare(describe_machine())
        self.totals = Totals()
        self.losses = LossBook()
        self.encoder = Encoder(self.process["pid"], self.totals, self.losses)
        self.gauges = Gauges()
        self.nesting = Nesting()
        hello = {
            "kind": "hello",
            "protocol": W.PROTOCOL_VERSION,
            "agent": {"name": "sluice-python", "version": VERSION, "can": ["lease"]},
            "process": self.process,
        }
        self.transport = Transport(url, token, hello)
        self.knobs = KnobCalls(self.transport.reply)
        self.profiles = ProfileCalls(self)
        self._dial_at = now_ns() + int(delay_s * 1e9)
        self._was_open = False
        self._summary_from = self._read_at = now_ns()
        self._cpu_before = time.process_time_ns()
        self._record_ns = 0.0
        self._made = 0
        self._wake = _thread.allocate_lock()
        self._wake.acquire()
        self._ended = _thread.allocate_lock()
        self._runs = False
        self._pauses = False
        self._finish_by = 0
        self.is_over = False

    # What other threads call.

    def start(self) -> None:
        """Begins, or goes on after ``pause``."""
        if self._runs or self.is_over:
            return
        self._pauses = False
        self.gauges.collections.begin()
        self._ended.acquire(False)
        self._runs = True
        try:
            _thread.start_new_thread(self._run, ())
        except RuntimeError:
            # Nobody would take what is recorded.
            self._runs = RECORDER.state.on = False

    def pause(self, seconds: float) -> bool:
        """Ends the thread, to be started again. False when it does not end in time."""
        if not self._runs:
            return True
        self._pauses = True
        return self._join(seconds)

    def finish(self, seconds: float) -> None:
        """Sends everything and stops, within the time."""
        if self.is_over:
            return
        self._finish_by = now_ns() + int(seconds * 1e9)
        if self._runs:
            self._join(seconds + 0.2)
        else:
            self._end()

    def _join(self, seconds: float) -> bool:
        self.wake()
        try:
            is_over = self._ended.acquire(True, seconds)
        except BaseException:  # noqa: BLE001 - a second Ctrl-C: the user wants no more waiting
            return False
        if is_over:
            self._ended.release()
        return is_over

    def wake(self) -> None:
        """The next round begins now."""
        try:
            self._wake.release()
        except RuntimeError:
            pass

    # The thread.

    def _run(self) -> None:
        _block_signals()
        try:
            while not self._pauses and not self.is_over:
                self._turn()
        except BaseException as error:  # noqa: BLE001 - a bug in here costs the user the profile and nothing else
            self._failed(error)
        finally:
            self._runs = False
            try:
                self._ended.release()
            except RuntimeError:
                pass

    def _turn(self) -> None:
        is_pressed = self.transport.buffered > 0 or self.knobs.is_busy
        pause = _HURRY_S if is_pressed else ROUND_S
        due = now_ns() + int(pause * 1e9)
        was_woken = self._wake.acquire(True, pause)
        if not was_woken:
            self.gauges.late_ns = max(self.gauges.late_ns, now_ns() - due)
        if self._pauses:
            return
        if self._finish_by:
            self._end()
        else:
            self.round()

    def _failed(self, error: BaseException) -> None:
        RECORDER.state.on = False
        self.is_over = True
        try:
            self.transport.reply({"kind": "error", "id": None, "message": f"the agent failed and has stopped recording: {error!r}"[:4096]})
            self.transport.close(now_ns() + 50_000_000)
        except BaseException:  # noqa: BLE001
            pass

    def round(self) -> None:
        """Talks to the engine, takes what was recorded and sends it."""
        if now_ns() >= self._dial_at:
            self.transport.step()
        self._look_at_connection()
        while self.transport.messages:
            self._obey(self.transport.messages.popleft())
        self.knobs.step()
        self.read(False)
        now = now_ns()
        if now - self._summary_from >= _SUMMARY_NS and self.is_open and not self.is_saturated:
            self.summarise(now)
        self.profiles.step()
        self.nesting.sample(RECORDER.stages)
        self.transport.step()

    @property
    def is_open(self) -> bool:
        return self.transport.state == "open"

    @property
    def is_saturated(self) -> bool:
        return self.transport.buffered > _MAX_BUFFERED

    def dropped_time(self) -> Optional[tuple[int, int]]:
        """The time that records are counted as lost in, when they are not sent now; None: they are sent."""
        if self.is_open and not self.is_saturated:
            return None
        return self._read_at, now_ns()

    def _look_at_connection(self) -> None:
        transport = self.transport
        if self.is_open and not self._was_open:
            self.tables.reset()
        elif self._was_open and not self.is_open:
            self.knobs.cancel()
            self.profiles.cancel()
            if transport.lost_records:
                now = now_ns()
                self.losses.add("socket", None, transport.lost_records, transport.lost_executions, now, now)
                self.totals.has_lost = True
                transport.lost_records = transport.lost_executions = 0
        self._was_open = self.is_open
        if transport.state == "closed" and not self._finish_by:
            self._leave()

    def read(self, is_last: bool) -> None:
        """Takes what was recorded. With ``is_last`` everything, connected or not."""
        lanes = RECORDER.lanes
        ready = noted(lanes)
        queues = [(queue, len(queue.times)) for queue in RECORDER.queues]
        self._take_posts()
        if self.is_open or is_last:
            WORKERS.read(self)
        if self.is_open:
            self.transport.send(self.tables.take())
        elif not is_last and sum(plain + rare for plain, rare in ready.values()) < _MAX_WAITING:
            return
        dropped = self.dropped_time()
        is_dropped = dropped is not None
        self._read_at = now = now_ns()
        for at, (plain, rare) in ready.items():
            self.encoder.lane(lanes[at], plain, rare, dropped)
        for queue, count in queues:
            if count or queue.held or queue.steps:
                self.encoder.queue(queue, count, now, not is_dropped)
                if is_last:
                    self.encoder.flush(queue, not is_dropped)
        if not is_dropped:
            self.gauges.sample(self.encoder, WORKERS.rows())
        self._send()

    def _send(self) -> None:
        data, records, executions = self.encoder.take()
        if not data:
            return
        # Lanes and names that came up while it was encoded.
        self._take_posts()
        self.transport.send(self.tables.take())
        self._made += records
        if not self.transport.send(data, records, executions):
            now = now_ns()
            self.losses.add("socket", None, records, executions, now, now)

    def _take_posts(self) -> None:
        posts, tables = RECORDER.posts, self.tables
        for _ in range(len(posts)):
            kind, *rest = posts.popleft()
            if kind == "declare":
                tables.declare(rest[0])
            elif kind == "string":
                tables.add_string(*rest)
            elif kind == "lane":
                tables.add_lane(*rest)
            elif kind == "inside":
                self.nesting.saw(*rest)

    def summarise(self, now: int) -> None:
        """Totals, losses and the agent's own cost since the last time."""
        rows = self.totals.take(self._summary_from, now)
        self.losses.add("names", None, RECORDER.unnamed, 0, self._summary_from, now)
        RECORDER.unnamed = 0
        for loss in self.losses.take():
            self.tables.declare(loss)
        for link in self.nesting.links():
            self.tables.declare(link)
        self.tables.declare(self._cost(now))
        self._summary_from = now
        self.transport.send(self.tables.take())
        if rows:
            self.transport.send(lines(W.SUMMARY, rows))

    def _cost(self, now: int) -> dict[str, Any]:
        if not self._record_ns:
            self._record_ns = calibrate()
        return {
            "kind": "cost",
            "atNs": now,
            "records": self._made,
            "recordNs": self._record_ns,
            "drainCpuNs": time.thread_time_ns(),
            "processCpuNs": max(time.process_time_ns() - self._cpu_before, 0),
        }

    def _obey(self, message: dict[str, Any]) -> None:
        if self.knobs.obey(message) or self.profiles.obey(message):
            return
        request = message.get("id")
        if message["kind"] == "detach":
            self.transport.reply({"kind": "reply", "id": request})
            self._leave()
        elif message["kind"] == "learnTopology":
            self.transport.reply({"kind": "error", "id": request, "message": "the Python agent does not follow items by context"})

    def _leave(self) -> None:
        """The engine wants no more."""
        RECORDER.state.on = False
        self._finish_by = now_ns() + 500_000_000
        self._end()

    def _end(self) -> None:
        """Everything that there is, and the word that this was all."""
        by = self._finish_by
        # A program may be over before the connection stands; whoever waits for us has set the limit.
        while self.transport.state in ("waiting", "connecting") and now_ns() < by:
            self.transport.step()
            time.sleep(0.002)
        self._look_at_connection()
        RECORDER.state.on = False
        # What was asked for last is answered; the program may have ended because of it.
        self.knobs.step()
        self.knobs.cancel()
        while self.knobs.is_busy and now_ns() < by:
            time.sleep(0.002)
            self.knobs.step()
        self.profiles.finish()
        for _ in range(2):
            self.read(True)
        WORKERS.close(self)
        now = now_ns()
        if self.is_open:
            self.summarise(now)
            self.tables.declare({"kind": "end", "atNs": now, "executions": self.totals.executions})
            self.transport.send(self.tables.take())
        self.transport.close(by)
        self.gauges.collections.end()
        self.is_over = True


def calibrate() -> float:
    """Nanoseconds that one record takes here: two readings of the clock and two numbers in a list."""
    times: list[int] = []
    add, clock = times.extend, now_ns
    best = 1e9
    for _ in range(3):
        start = clock()
        for _ in range(_CALIBRATION):
            add((clock(), clock()))
        best = min(best, (clock() - start) / _CALIBRATION)
        del times[:]
    # The rest of a recorded call (arguments, lane taken and given back) takes about as long again.
    return 2 * best


def _block_signals() -> None:
    """Signals are the program's: one that arrives here would not wake its main thread."""
    try:
        import signal

        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    except (ImportError, AttributeError, ValueError, OSError):
        return


def exit_seconds() -> float:
    """How long the end of the process may be held up."""
    try:
        wanted = float(os.environ.get("SLUICE_EXIT_MS", "500"))
    except ValueError:
        wanted = 500.0
    return min(wanted, 60_000.0) / 1000 if wanted >= 0 else 0.5


def current_pid_matches(drain: Optional[Drain]) -> bool:
    """Does the drain belong to this process, and not to one that it was forked from?"""
    return drain is not None and drain.process["pid"] == os.getpid()
