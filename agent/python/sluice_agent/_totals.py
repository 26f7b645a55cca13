"""Exact totals per stage and second, kept also when the executions themselves are dropped on the way to the engine.

Histograms are made only from the first loss on: as long as every execution arrives they tell nothing new, and in Python each value
costs a quarter of a microsecond.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any, Optional

_MAX_NS = 86_400_000_000_000
_SUB_BITS = 8
_HALF = 1 << (_SUB_BITS - 1)


class Histogram:
    """An HDR histogram of two significant digits (as HdrHistogram lays it out), written in its V2 encoding, compressed."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def add(self, value: int) -> None:
        value = min(max(value, 0), _MAX_NS)
        bucket = (value | 255).bit_length() - _SUB_BITS
        index = ((bucket + 1) << (_SUB_BITS - 1)) + (value >> bucket) - _HALF
        self.counts[index] = self.counts.get(index, 0) + 1

    def encode(self) -> str:
        """Base64 of the compressed V2 encoding."""
        body = bytearray()
        last = -1
        for index in sorted(self.counts):
            if index > last + 1:
                _varint(body, -(index - last - 1))
            _varint(body, self.counts[index])
            last = index
        if last < 0:
            _varint(body, -1)
        head = struct.pack(">iiiiqqd", 0x1C849303 | 0x10, len(body), 0, 2, 1, _MAX_NS, 1.0)
        packed = zlib.compress(head + bytes(body))
        return base64.b64encode(struct.pack(">ii", 0x1C849304 | 0x10, len(packed)) + packed).decode("ascii")


def _varint(out: bytearray, value: int) -> None:
    """ZigZag LEB128, as HdrHistogram writes counts; negative: so many zeros."""
    coded = (value << 1) ^ (value >> 63)
    coded &= (1 << 64) - 1
    while coded >= 0x80:
        out.append((coded & 0x7F) | 0x80)
        coded >>= 7
    out.append(coded)


_EMPTY = Histogram().encode()


class StageTotals:
    """The totals of one stage since the last line."""

    __slots__ = ("executions", "items", "errors", "busy_ns", "covered", "histogram")

    def __init__(self) -> None:
        self.executions = self.items = self.errors = self.busy_ns = self.covered = 0
        self.histogram: Optional[Histogram] = None


class Totals:
    """The totals of all stages of a process."""

    def __init__(self) -> None:
        self._by_stage: dict[tuple[Optional[str], str], StageTotals] = {}
        #: Executions that were made, from the start.
        self.executions = 0
        #: From the first loss on, service times go into histograms.
        self.has_lost = False

    def of(self, stage: Any) -> StageTotals:
        key = (stage.pipeline, stage.name)
        totals = self._by_stage.get(key)
        if totals is None:
            totals = self._by_stage[key] = StageTotals()
        return totals

    def add_plain(self, stage: Any, times: Any) -> None:
        """Executions without detail: ``start, end`` pairs."""
        totals = self.of(stage)
        count = len(times) // 2
        totals.executions += count
        totals.items += count
        totals.busy_ns += sum(times[1::2]) - sum(times[0::2])
        self.executions += count
        if self.has_lost:
            self._cover(totals, [times[i + 1] - times[i] for i in range(0, 2 * count, 2)])

    def add(self, stage: Any, duration: int, items: int, failed: bool) -> None:
        """One execution."""
        totals = self.of(stage)
        totals.executions += 1
        totals.items += items
        totals.errors += failed
        totals.busy_ns += duration
        self.executions += 1
        if self.has_lost:
            self._cover(totals, [duration])

    def _cover(self, totals: StageTotals, durations: list[int]) -> None:
        if totals.histogram is None:
            totals.histogram = Histogram()
        for duration in durations:
            totals.histogram.add(duration)
        totals.covered += len(durations)

    def take(self, start: int, end: int) -> list[dict[str, Any]]:
        """Lines of the stages that ran, for the time between; begins anew."""
        rows = []
        for (pipeline, name), t in self._by_stage.items():
            if t.executions:
                rows.append(
                    {
                        "stage": name,
                        "pipeline": pipeline,
                        "fromNs": start,
                        "toNs": end,
                        "executions": t.executions,
                        "items": t.items,
                        "errors": t.errors,
                        "busyNs": t.busy_ns,
                        "covered": None if t.covered == t.executions else t.covered,
                        "histogram": _EMPTY if t.histogram is None else t.histogram.encode(),
                    }
                )
        self._by_stage.clear()
        return rows


class LossBook:
    """What was made and will never arrive, until the next manifest line tells it."""

    def __init__(self) -> None:
        self._open: dict[tuple[Any, ...], list[int]] = {}

    def add(self, where: str, stage: Any, records: int, executions: int, start: int, end: int) -> None:
        if records <= 0:
            return
        key = (where, None if stage is None else stage.name, None if stage is None else stage.pipeline)
        known = self._open.get(key)
        if known is None:
            self._open[key] = [records, executions, start, end]
        else:
            known[0] += records
            known[1] += executions
            known[2] = min(known[2], start)
            known[3] = max(known[3], end)

    def take(self) -> list[dict[str, Any]]:
        """One line per place and stage."""
        rows = [
            {
                "kind": "loss",
                "where": where,
                "stage": stage,
                "pipeline": pipeline,
                "records": records,
                "executions": executions,
                "fromNs": start,
                "toNs": end,
            }
            for (where, stage, pipeline), (records, executions, start, end) in self._open.items()
        ]
        self._open.clear()
        return rows
