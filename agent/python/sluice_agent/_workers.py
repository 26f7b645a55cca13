"""The worker processes that record into this one (``_shared.py``): their lanes become lanes of this process's stages."""

from __future__ import annotations

import json
import os
from array import array
from typing import Any, Optional

from . import _shared as shared
from . import _words as W
from ._process import is_alive
from ._recorder import RECORDER, Lane, Stage, now_ns
from ._satellite import ENTRIES, MESSAGE, TIMES

#: Workers that never came up are given up after this time.
_START_NS = 120_000_000_000
_LOOK_NS = 1_000_000_000


class Worker:
    """One worker process, as the one that owns it sees it.

    ``queue`` is the queue behind it (``is_output``: an item comes in as an execution ends) or in front of it (an item leaves as one
    begins).
    """

    def __init__(self, name: str, stage: Stage, queue: Any, is_output: bool) -> None:
        self.name = name
        self.path, self.ring = shared.create()
        self.stage = stage
        self.queue = queue
        self.is_output = is_output
        self.since = self.looked_at = now_ns()
        #: The worker's numbers of lanes and strings, and ours.
        self.lanes: dict[int, Lane] = {}
        self.strings: dict[int, int] = {}
        self._used_until: dict[int, int] = {}
        self._lost = [0, 0]

    @property
    def pid(self) -> int:
        return self.ring.get(shared.PID)

    @property
    def is_over(self) -> bool:
        """Has the process ended, in order or not?"""
        if self.ring.get(shared.ENDED):
            return True
        now = now_ns()
        if now - self.looked_at < _LOOK_NS:
            return False
        self.looked_at = now
        return not is_alive(self.pid) if self.pid else now - self.since > _START_NS

    def row(self) -> Lane:
        return RECORDER.own_row(0, self.name)

    def read(self, drain: Any) -> None:
        """Takes what the worker has written."""
        for kind, payload in self.ring.read():
            message = json.loads(payload)
            if kind == MESSAGE:
                self._hear(message)
            elif kind == TIMES:
                self._times(drain, message)
            elif kind == ENTRIES:
                self._entries(drain, message)
        lost = [self.ring.get(shared.LOST_RECORDS), self.ring.get(shared.LOST_EXECUTIONS)]
        if lost != self._lost:
            now = now_ns()
            records, executions = lost[0] - self._lost[0], lost[1] - self._lost[1]
            drain.losses.add("ring", self.stage, records, executions, now, now)
            self._lost = lost

    def _hear(self, message: list[Any]) -> None:
        kind, *rest = message
        if kind == "string":
            self.strings[rest[0]] = RECORDER.string(str(rest[1]))
        elif kind == "lane":
            self._lane(*rest)
        elif kind == "inside":
            RECORDER.post(kind, tuple(rest[0]), [tuple(other) for other in rest[1]])
        elif kind == "declare":
            declaration = rest[0]
            if declaration["kind"] == "stage":
                self._stage(declaration)
            elif declaration["kind"] == "note":
                RECORDER.note(declaration["code"], declaration["message"])
            elif declaration["kind"] == "pipeline":
                RECORDER.declare(declaration)

    @staticmethod
    def _stage(d: dict[str, Any]) -> Stage:
        known = RECORDER.stages.get((d["pipeline"], d["name"]))
        if known is not None:
            return known
        return RECORDER.stage(
            d["name"], kind=d["stageKind"], parallelism=d["parallelism"], pipeline=d["pipeline"], via=d["via"], source=d["source"]
        )

    def _lane(self, number: int, name: Optional[str], pipeline: Optional[str], thread: str, slot: int) -> None:
        who = self.name if thread == "main" else f"{self.name}, {thread}"[:200]
        stage = None if name is None else RECORDER.stages.get((pipeline, name))
        if stage is None:
            self.lanes[number] = RECORDER.own_row(slot, who)
            return
        lane = self._free_lane(stage)
        if lane is None:
            lane = RECORDER.new_lane(stage, stage.lanes, who)
            stage.lanes += 1
        else:
            lane.thread = who
            RECORDER.post_lane(lane)
        self.lanes[number] = lane

    def _free_lane(self, stage: Stage) -> Optional[Lane]:
        """A lane of a worker that had ended before this one was made: both may have come and gone between two looks."""
        for at, (lane, used_until) in enumerate(stage.worker_lanes):
            if used_until <= self.since:
                del stage.worker_lanes[at]
                return lane
        return None

    def _times(self, drain: Any, message: list[int]) -> None:
        lane = self.lanes.get(message[0])
        if lane is None or lane.stage is None:
            return
        times = array("q", message[1:])
        self._count(lane, list(zip(times[0::2], times[1::2])))
        drain.encoder.lane_data(lane, times, [], drain.dropped_time())

    def _entries(self, drain: Any, message: list[Any]) -> None:
        lane = self.lanes.get(message[0])
        if lane is None:
            return
        entries = []
        for entry in message[1]:
            if len(entry) == 4 and entry[2] == W.REF["span"]:
                name = self.strings.get(entry[3], entry[3] if entry[3] < W.FIRST_FREE_STRING else 0)
                entry = [entry[0], entry[1], entry[2], name]
            entries.append(tuple(entry))
        self._count(lane, [(e[0], e[1]) for e in entries if len(e) == 6])
        drain.encoder.lane_data(lane, array("q"), entries, drain.dropped_time())

    def _count(self, lane: Lane, executions: list[tuple[int, int]]) -> None:
        if executions:
            self._used_until[lane.number] = max(self._used_until.get(lane.number, 0), max(end for _, end in executions))
        if self.queue is None or lane.stage is not self.stage:
            return
        change = 1 if self.is_output else -1
        self.queue.steps.extend((end if self.is_output else start, change) for start, end in executions)

    def close(self) -> None:
        """Its lanes go to the next worker."""
        for lane in self.lanes.values():
            if lane.stage is not None:
                lane.stage.worker_lanes.append((lane, self._used_until.get(lane.number, 0)))
                lane.stage.worker_lanes.sort(key=_slot)
        self.lanes = {}
        try:
            os.unlink(self.path)
        except OSError:
            pass


def _slot(entry: tuple[Lane, int]) -> int:
    return entry[0].slot


class Workers:
    """All of them. Made by the program's threads, read by the drain's."""

    def __init__(self) -> None:
        self._all: list[Worker] = []

    def add(self, stage: Stage, queue: Any = None, is_output: bool = False, number: Optional[int] = None) -> Optional[Worker]:
        """A worker to come, with its number or the first that is free; None when there is no memory to share."""
        names = {worker.name for worker in self._all}
        if number is None:
            number = next(n for n in range(len(names) + 1) if f"{stage.name} worker {n}" not in names)
        try:
            worker = Worker(f"{stage.name} worker {number}", stage, queue, is_output)
        except (OSError, ValueError) as error:
            RECORDER.note("workers:memory", f"worker processes are not recorded: {error}")
            return None
        self._all.append(worker)
        return worker

    def rows(self) -> list[tuple[int, Lane]]:
        """Process ids and rows of those that run."""
        return [(worker.pid, worker.row()) for worker in list(self._all) if worker.pid]

    def read(self, drain: Any) -> None:
        for worker in list(self._all):
            # Asked before it is read: what comes after its end is nothing.
            is_over = worker.is_over
            worker.read(drain)
            if is_over:
                self._all.remove(worker)
                worker.close()

    def close(self, drain: Any) -> None:
        """This process is over."""
        self.read(drain)
        drain._send()
        self.forget()

    def forget(self) -> None:
        """A forked process has none of its parent's."""
        pid = os.getpid()
        for worker in self._all:
            if f"sluice-{pid}-" in worker.path:
                worker.close()
        self._all = []


WORKERS = Workers()
