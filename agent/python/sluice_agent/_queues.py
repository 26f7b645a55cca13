"""Queues: how deep they are, when."""

from __future__ import annotations

import threading
from typing import Any, Optional

from . import _clean as clean
from ._places import Source
from ._recorder import MAX_QUEUES, RECORDER, now_ns


class QueueRecorder:
    """One queue as the drain sees it: a flat array ``time, depth, time, depth, ...``."""

    __slots__ = ("id", "name_ref", "row", "times", "options", "last_time", "last_depth", "low", "high", "held", "written", "steps", "lock")

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.times: list[int] = []
        #: ``(time, change)`` of queues that several processes change; the drain adds them up.
        self.steps: list[Any] = []
        self.last_time = self.last_depth = self.low = self.high = self.written = 0
        self.held = False
        #: For ``Queue``. A signal handler may come in between, in the same thread.
        self.lock = threading.RLock()
        self.id = 0
        self.name_ref = 0
        self.row: Any = None

    def depth(self, depth: int, at: Optional[int] = None) -> None:
        """The depth is now ``depth``."""
        if RECORDER.state.on and (self.id or self._revive()):
            # One operation, so that two threads do not mix their pairs.
            self.times.extend((now_ns() if at is None else at, depth))

    def forked(self) -> None:
        """Nothing of it is known in this process, until it is used."""
        self.lock = threading.RLock()
        del self.times[:]
        self.steps = []
        self.last_time = self.last_depth = self.low = self.high = self.written = self.id = 0
        self.held = False

    def _revive(self) -> bool:
        if self.name_ref == -1:
            return False
        enlist(self)
        return self.id != 0

    def set_capacity(self, capacity: Optional[float]) -> None:
        """Declares the new capacity when it differs."""
        if capacity != self.options["capacity"]:
            self.options["capacity"] = capacity
            if self.id:
                RECORDER.declare(self.declaration())

    def declaration(self) -> dict[str, Any]:
        o = self.options
        return {
            "kind": "queue",
            "id": self.id,
            "name": o["name"],
            "pipeline": o["pipeline"],
            "capacity": clean.declared_value(o["capacity"]),
            "from": o["from"],
            "to": o["to"],
            "via": o["via"],
            "source": o["source"],
        }


def declare_queue(
    name: Any,
    *,
    pipeline: Optional[str] = None,
    capacity: Any = None,
    from_: Any = None,
    to: Any = None,
    via: str = "api",
    source: Optional[Source] = None,
) -> QueueRecorder:
    """Declares a queue; each call makes one."""
    note = RECORDER.note
    name = clean.name_of(name, "queue", note)
    options = {
        "name": name,
        "pipeline": pipeline,
        "capacity": clean.count_of(capacity, f'capacity of queue "{name}"', note),
        "from": clean.optional_name(from_, "stage", note),
        "to": clean.optional_name(to, "stage", note),
        "via": via[:64],
        "source": source,
    }
    queue = QueueRecorder(options)
    enlist(queue)
    return queue


def enlist(queue: QueueRecorder) -> None:
    """Declares a queue; one too many is marked as such, and never recorded."""
    with RECORDER.lock:
        queue.name_ref = -1
        if len(RECORDER.queues) >= MAX_QUEUES:
            RECORDER.note("limit:queues", f"this process has more than {MAX_QUEUES} queues; what comes after them is not recorded")
            return
        name_ref = RECORDER.string(queue.options["name"])
        if name_ref:
            queue.name_ref = name_ref
            queue.row = RECORDER.own_row(0, "main")
            queue.id = len(RECORDER.queues) + 1
            RECORDER.queues.append(queue)
            RECORDER.declare(queue.declaration())


class Queue:
    """A queue's depth, told in either of two ways: ``depth``, or ``enter`` and ``leave``."""

    def __init__(self, recorder: QueueRecorder) -> None:
        self._recorder = recorder
        self._depth = 0

    def depth(self, depth: int) -> None:
        """The depth is now ``depth``."""
        with self._recorder.lock:
            self._set(depth)

    def enter(self, count: int = 1) -> None:
        """One item (or ``count``) more."""
        with self._recorder.lock:
            self._set(self._depth + count)

    def leave(self, count: int = 1) -> None:
        """One item (or ``count``) less."""
        with self._recorder.lock:
            self._set(self._depth - count)

    def _set(self, depth: Any) -> None:
        try:
            self._depth = depth = max(0, int(depth))
        except (TypeError, ValueError, OverflowError):
            return
        self._recorder.depth(min(depth, 0xFFFF_FFFF))
