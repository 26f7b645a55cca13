"""What the engine asks for: knobs and leases on them. Each request gets exactly one answer.

A knob that is turned for a trial has a lease: whoever asked for it may die at any moment, and the program must not stay at a value
that nobody wanted. Setters run in threads of their own: one that never returns must not stop the recording.
"""

from __future__ import annotations

import _thread
import math
from collections import deque
from typing import Any, Callable, Optional

from ._recorder import RECORDER, now_ns

_ANSWER_NS = 5_000_000_000
_RESTORE_NS = 1_000_000_000
_MAX_OPEN = 100
_MS = 1_000_000


def _number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


class KnobCalls:
    """Turns knobs and keeps the leases. Used by the drain's thread only."""

    def __init__(self, reply: Callable[[dict[str, Any]], None]) -> None:
        self._reply = reply
        #: Values to turn back to, how long a lease lasts and until when, by knob.
        self._leases: dict[int, tuple[float, int, int]] = {}
        self._open: dict[int, tuple[int, int, Optional[dict[str, Any]]]] = {}
        self._answers: deque[tuple[int, Optional[str]]] = deque()
        self._releases: list[tuple[int, int]] = []
        self._restore_error: Optional[str] = None
        self._next = 1

    def obey(self, message: dict[str, Any]) -> bool:
        """Carries out what is about knobs; False: it is not."""
        kind, request = message["kind"], message.get("id")
        if kind in ("setKnob", "leaseKnob"):
            self._set(message)
        elif kind == "holdKnobs":
            self._hold(request)
        elif kind == "releaseKnobs":
            if message.get("keep"):
                self._leases.clear()
            self._restore(list(self._leases))
            self._releases.append((request, now_ns() + _ANSWER_NS))  # type: ignore[arg-type]
        else:
            return False
        self.step()
        return True

    def _fail(self, request: Any, why: str) -> None:
        self._reply({"kind": "error", "id": request, "message": why[:4096]})

    def _set(self, message: dict[str, Any]) -> None:
        request, number, value = message.get("id"), message.get("knob"), message.get("value")
        if not _number(request, 0, 2**32) or not _number(value, 0, 1e12):
            self._fail(None, "a request to turn a knob is malformed")
            return
        knob = RECORDER.knobs.get(number)  # type: ignore[arg-type]
        if knob is None or not knob.is_live:
            self._fail(request, f"knob {number} is not known, not live, or what it tunes is gone")
            return
        if len(self._open) >= _MAX_OPEN:
            self._fail(request, f"knob {number} has too many open requests")
            return
        if message["kind"] == "leaseKnob":
            lease, back = message.get("leaseMs"), message.get("restore")
            if not _number(lease, 100, 600_000):
                self._fail(request, "a lease is malformed")
                return
            # Before the order: whatever becomes of that, the knob is turned back.
            self._leases[number] = (math.inf if back is None else back, lease * _MS, now_ns() + lease * _MS)  # type: ignore[index,operator]
        self._order(number, value, message)  # type: ignore[arg-type]

    def _hold(self, request: Any) -> None:
        if not self._leases:
            self._fail(request, "no knob is on trial: the lease ran out")
            return
        now = now_ns()
        self._leases = {knob: (back, lease, now + lease) for knob, (back, lease, _) in self._leases.items()}
        self._reply({"kind": "reply", "id": request})

    def _restore(self, knobs: list[int]) -> None:
        for number in knobs:
            back, _, _ = self._leases.pop(number)
            knob = RECORDER.knobs.get(number)
            if knob is not None and knob.is_live:
                self._order(number, back, None)

    def _order(self, number: int, value: float, request: Optional[dict[str, Any]]) -> None:
        call, self._next = self._next, self._next + 1
        self._open[call] = (number, now_ns() + (_ANSWER_NS if request else _RESTORE_NS), request)
        knob, answers = RECORDER.knobs[number], self._answers

        def turn() -> None:
            try:
                knob.apply(value, request is None)
            except BaseException as error:  # noqa: BLE001 - the error goes to whoever asked
                answers.append((call, str(error) or type(error).__name__))
            else:
                answers.append((call, None))

        try:
            _thread.start_new_thread(turn, ())
        except RuntimeError as error:
            answers.append((call, f"no thread can be started: {error}"))

    def step(self) -> None:
        """Passes on answers, turns back what nobody holds any more, and gives up on setters that do not return."""
        while self._answers:
            call, error = self._answers.popleft()
            self._settle(call, error)
        now = now_ns()
        for call, (_, until, _request) in list(self._open.items()):
            if now > until:
                self._settle(call, "its setter did not return in time")
        self._restore([knob for knob, (_, _, until) in self._leases.items() if until <= now])
        if self._releases and not self._is_restoring:
            for request, _ in self._releases:
                if self._restore_error is None:
                    self._reply({"kind": "reply", "id": request})
                else:
                    self._fail(request, self._restore_error)
            self._releases, self._restore_error = [], None

    @property
    def _is_restoring(self) -> bool:
        return any(request is None for _, _, request in self._open.values())

    @property
    def is_busy(self) -> bool:
        """Is there a setter that has not returned?"""
        return bool(self._open)

    def _settle(self, call: int, error: Optional[str]) -> None:
        known = self._open.pop(call, None)
        if known is None:
            return
        number, _, request = known
        if request is None:
            if error is not None:
                self._restore_error = error
                RECORDER.note(f"knob-not-restored-{number}", f"Knob {number} could not be set back after a trial: {error}.")
        elif error is not None:
            self._fail(request["id"], error)
        else:
            if request["kind"] == "setKnob":
                self._leases.pop(number, None)
            self._reply({"kind": "reply", "id": request["id"]})

    def cancel(self) -> None:
        """The connection is gone, or recording ends: knobs on trial are turned back."""
        self._open = {call: known for call, known in self._open.items() if known[2] is None}
        self._releases = []
        self._restore(list(self._leases))
