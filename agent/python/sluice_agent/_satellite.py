"""A worker process: records as any process does, and hands the records over at the end of each task."""

from __future__ import annotations

import _thread
import json
import time
from typing import Any, Callable, Optional

from . import _shared as shared
from ._encode import noted
from ._nesting import Nesting
from ._recorder import RECORDER

MESSAGE, TIMES, ENTRIES = 1, 2, 3
_MAX_TIMES = 4096
_MAX_ENTRIES = 512
_FLUSH_S = 0.05


class Satellite:
    """The writing side of a worker's ring."""

    def __init__(self, path: str) -> None:
        self._ring = shared.open_writer(path)
        self._unsent: list = []
        self._lock = _thread.allocate_lock()
        self._has_thread = False
        self._nesting = Nesting()
        RECORDER.state.worker = self

    def lane_added(self, lane: Any) -> None:
        """A task may last for hours. One in which stages of the program's own run has what they record taken in between."""
        if self._has_thread or lane.stage is None or lane.stage.options["via"] != "api":
            return
        self._has_thread = True
        try:
            _thread.start_new_thread(self._keep_flushing, ())
        except RuntimeError:
            RECORDER.state.on = False

    def _keep_flushing(self) -> None:
        while RECORDER.state.on and current is self:
            time.sleep(_FLUSH_S)
            self.flush()
            self._nesting.sample(RECORDER.stages)

    def flush(self) -> None:
        """Hands over what was recorded. Never raises."""
        try:
            with self._lock:
                self._flush()
        except Exception:  # noqa: BLE001 - the profile of a worker is no reason for it to fail
            RECORDER.state.on = False

    def _flush(self) -> None:
        ready = noted(RECORDER.lanes)
        posts = RECORDER.posts
        for _ in range(len(posts)):
            self._unsent.append(posts.popleft())
        while self._unsent:
            # Names may wait for room, but what refers to them then waits as well.
            if not self._ring.write(MESSAGE, json.dumps(self._unsent[0]).encode("ascii")):
                return
            self._unsent.pop(0)
        for at, (plain, rare) in ready.items():
            self._lane(RECORDER.lanes[at], plain, rare)

    def _lane(self, lane: Any, plain: int, rare: int) -> None:
        ring = self._ring
        for start in range(0, plain, _MAX_TIMES):
            part = lane.times[start : min(start + _MAX_TIMES, plain)]
            data = json.dumps([lane.number, *part]).encode("ascii")
            if not ring.write(TIMES, data):
                self._lost(len(part) // 2, len(part) // 2)
        del lane.times[:plain]
        entries = [lane.rare.popleft() for _ in range(rare)]
        for start in range(0, rare, _MAX_ENTRIES):
            part = entries[start : start + _MAX_ENTRIES]
            if not ring.write(ENTRIES, json.dumps([lane.number, part]).encode("ascii")):
                self._lost(len(part), sum(len(entry) == 6 for entry in part))

    def _lost(self, records: int, executions: int) -> None:
        ring = self._ring
        ring.set(shared.LOST_RECORDS, ring.get(shared.LOST_RECORDS) + records)
        ring.set(shared.LOST_EXECUTIONS, ring.get(shared.LOST_EXECUTIONS) + executions)

    def end(self) -> None:
        """The process is over."""
        self.flush()
        self._ring.set(shared.ENDED, 1)


#: The ring of this process, if it is a worker.
current: Optional[Satellite] = None


def enter(path: str) -> bool:
    """Makes this process a worker that records into the file. False when it cannot be one."""
    global current
    try:
        current = Satellite(path)
    except (OSError, ValueError):
        return False
    return True


def flush() -> None:
    """At the end of a task."""
    if current is not None:
        current.flush()


def leave() -> None:
    """At the end of the process."""
    if current is not None:
        current.end()


class Target:
    """Stands in for the function that a worker process runs. Can be pickled for processes that are not forked."""

    def __init__(self, run: Callable[..., Any], path: str, kind: str, options: dict[str, Any]) -> None:
        self._run = run
        self._path = path
        self._kind = kind
        self._options = options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        run = self._run
        try:
            if enter(self._path):
                from .adapters import prepare_worker

                args = prepare_worker(self._kind, self._options, args)
        except Exception:  # noqa: BLE001 - then the worker works unseen
            RECORDER.state.on = False
        return run(*args, **kwargs)
