"""Turns what was recorded into records, counts it, and says how much it was."""

from __future__ import annotations

from array import array
from typing import Any

from . import _fxt as fxt
from . import _words as W
from ._queues import QueueRecorder
from ._recorder import Lane
from ._totals import LossBook, Totals

#: Changes of a depth that come within this of the last record are merged into the next one.
_MERGE_NS = 25_000
#: Records of worker processes arrive this much late; depths that they change are told behind it.
_SETTLE_NS = 20_000_000

_REF = W.REF
_STAGE, _FAILED = _REF["stage"], W.string_arg(_REF["outcome"], _REF["error"])


class Encoder:
    """Takes the records of lanes and queues. One per process and drain."""

    def __init__(self, pid: int, totals: Totals, losses: LossBook) -> None:
        self._pid = pid
        self._totals = totals
        self._losses = losses
        self.out: list[bytes] = []
        self.records = 0
        self.executions = 0

    def take(self) -> tuple[bytes, int, int]:
        """What was encoded since the last time: records as bytes, how many, and how many of them were executions."""
        taken = (b"".join(self.out), self.records, self.executions)
        self.out, self.records, self.executions = [], 0, 0
        return taken

    def lane(self, lane: Lane, plain: int, rare: int, dropped: tuple[int, int] | None) -> None:
        """The first ``plain`` numbers and ``rare`` entries of a lane. With ``dropped``, a time, they are only counted."""
        times = array("q", lane.times[:plain])
        del lane.times[:plain]
        entries = [lane.rare.popleft() for _ in range(rare)]
        self.lane_data(lane, times, entries, dropped)

    def lane_data(self, lane: Lane, times: Any, entries: list[tuple[Any, ...]], dropped: tuple[int, int] | None) -> None:
        """Executions without detail as a flat array, and everything else as tuples."""
        stage = lane.stage
        if len(times):
            self._totals.add_plain(stage, times)
        executions = len(times) // 2
        for entry in entries:
            if len(entry) == 6:
                executions += 1
                self._totals.add(stage, entry[1] - entry[0], entry[3], entry[4])
        records = len(times) // 2 + len(entries)
        if dropped is not None or lane.number == 0 or (stage is not None and stage.name_ref == 0):
            where = "socket" if dropped is not None else "names"
            start, end = dropped or (0, 0)
            self._totals.has_lost = True
            self._losses.add(where, stage, executions, executions, start, end)
            self._losses.add(where, None, records - executions, 0, start, end)
            return
        self.records += records
        self.executions += executions
        if not entries:
            self.out.append(fxt.plain_executions(times, stage.name_ref, lane.number, self._pid))  # type: ignore[union-attr]
            return
        rows: list[tuple[Any, ...]] = [(times[i], times[i + 1], None, 1, False, None) for i in range(0, len(times), 2)]
        rows += entries
        # Of what begins at the same time the longer one comes first: the other is nested in it.
        rows.sort(key=_order)
        self.out.extend(self._row(lane, row) for row in rows)

    def _row(self, lane: Lane, row: tuple[Any, ...]) -> bytes:
        if len(row) == 4:
            return fxt.event(W.EVENT_DURATION, row[2], row[3], lane.number, self._pid, row[0], (), row[1])
        start, end, item, items, failed, waited = row
        args = []
        if item is not None:
            args.append(W.uint32_arg(_REF["item"], item))
        if items != 1:
            args.append(W.uint32_arg(_REF["items"], min(items, W.MAX_UINT32)))
        if failed:
            args.append(_FAILED)
        if waited is not None:
            args.append(W.uint32_arg(_REF["waitUs"], min(waited // 1000, W.MAX_UINT32)))
        name = lane.stage.name_ref  # type: ignore[union-attr]
        return fxt.event(W.EVENT_DURATION, _STAGE, name, lane.number, self._pid, start, args, end)

    def queue(self, queue: QueueRecorder, noted: int, now: int, is_kept: bool) -> None:
        """Depths up to ``noted``. Those that come close together are merged; what is held back comes with a later call."""
        times = queue.times[:noted]
        del queue.times[:noted]
        for at in range(0, len(times) - 1, 2):
            self._depth(queue, times[at], times[at + 1], is_kept)
        if queue.steps:
            self._steps(queue, now, is_kept)
        if queue.held and now - queue.last_time >= _MERGE_NS:
            self._write(queue, is_kept)

    def flush(self, queue: QueueRecorder, is_kept: bool) -> None:
        """Writes what was held back, and all changes that there are."""
        if queue.steps:
            self._steps(queue, 1 << 62, is_kept)
        if queue.held:
            self._write(queue, is_kept)

    def _steps(self, queue: QueueRecorder, now: int, is_kept: bool) -> None:
        steps, queue.steps = queue.steps, []
        steps.sort(key=_when)
        for at, (time, change) in enumerate(steps):
            if time > now - _SETTLE_NS:
                queue.steps = steps[at:] + queue.steps
                return
            depth = 0 if change is None else max(0, queue.last_depth + change)
            self._depth(queue, time, depth, is_kept)

    def _depth(self, queue: QueueRecorder, time: int, depth: int, is_kept: bool) -> None:
        if queue.held and time - queue.last_time >= _MERGE_NS:
            self._write(queue, is_kept)
        if queue.held:
            queue.low, queue.high = min(queue.low, depth), max(queue.high, depth)
        else:
            queue.low = queue.high = depth
        queue.last_depth, queue.held = depth, True
        # Readings of several threads may come in another order.
        queue.last_time = max(time, queue.written, queue.last_time)
        if queue.last_time - queue.written >= _MERGE_NS:
            self._write(queue, is_kept)

    def _write(self, queue: QueueRecorder, is_kept: bool) -> None:
        queue.held = False
        queue.written = queue.last_time
        if not is_kept:
            self._totals.has_lost = True
            self._losses.add("socket", None, 1, 0, queue.written, queue.written)
            return
        args = [W.uint32_arg(_REF["depth"], queue.last_depth)]
        if queue.low != queue.last_depth or queue.high != queue.last_depth:
            args += [W.uint32_arg(_REF["low"], queue.low), W.uint32_arg(_REF["high"], queue.high)]
        row = queue.row
        self.records += 1
        self.out.append(fxt.event(W.EVENT_COUNTER, _REF["queue"], queue.name_ref, row.number, self._pid, queue.written, args, queue.id))

    def gauge(self, row: Lane, name: str, value: float, at: int) -> None:
        """A sample of a gauge of a thread, or of the process on its main thread's row."""
        self.records += 1
        self.out.append(fxt.gauge(_REF[name], row.number, self._pid, at, float(value)))

    def runtime(self, row: Lane, name: str, start: int, end: int) -> None:
        """A garbage collection."""
        self.records += 1
        self.out.append(fxt.event(W.EVENT_DURATION, _REF["runtime"], _REF[name], row.number, self._pid, start, (), end))


def _order(row: tuple[Any, ...]) -> tuple[int, int]:
    return row[0], -row[1]


def noted(lanes: list[Lane]) -> dict[int, tuple[int, int]]:
    """How far each lane has come."""
    out = {}
    for at, lane in enumerate(lanes):
        plain, rare = len(lane.times), len(lane.rare)
        if plain or rare:
            out[at] = (plain, rare)
    return out


def _when(step: tuple[Any, ...]) -> int:
    return step[0]
