"""Which stage runs inside of which.

A stage that another one calls is part of that one's time, and no stage behind it. Who takes a lane and finds none that is free
(``Stage.lane``, off the hot path) looks which executions are open around it. The drain puts a free lane of each thread aside now and
then, so that the next call comes this way. So a recorded call pays nothing, and what is declared rests on samples of all calls.

What is open in a thread is around whatever begins there, as calls nest. Where coroutines take turns on a thread that does not follow:
there the stack tells, which goes through the coroutines that await each other, and which task holds what.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any, Iterator

#: Code of the wrappers around stages, whose frames hold a ``lane`` or its ``entry``.
WRAPPER_CODES: set[CodeType] = set()
#: Stages that a task is in without having them on its stack (between ``acquire`` and ``release``), by the task's ``id``.
HELD: dict[int, list[Any]] = {}

_MAX_FRAMES = 100
_MAX_AROUND = 16
#: Lanes put aside at a time, over all threads.
_MAX_ASIDE = 32
#: A stage is looked at in each round until so many samples are there, and then in one of so many.
_ENOUGH, _SELDOM = 64, 16

Key = tuple[Any, ...]


def lanes_on_stack(frame: Any) -> Iterator[Any]:
    """Lanes of the executions whose functions are on this stack, the innermost first."""
    for _ in range(_MAX_FRAMES):
        if frame is None:
            return
        if frame.f_code in WRAPPER_CODES:
            held = frame.f_locals
            entry = held.get("entry")
            lane = held.get("lane") if entry is None else entry[2]
            if lane is not None:
                yield lane
        frame = frame.f_back


def around(stage: Any, homes: list[Any]) -> list[Any]:
    """The stages that have an execution open around the caller; ``homes`` are those of the calling thread."""
    # Whoever runs coroutines in a thread sets these hooks there: asyncio, trio.
    if sys.get_asyncgen_hooks().firstiter is not None:
        found = [lane.stage for lane in lanes_on_stack(sys._getframe(2))] + HELD.get(id(current_task()), [])
    else:
        found = [home.stage for home in homes if home.is_open]
    return [other for other in dict.fromkeys(found) if other is not stage and other is not None][:_MAX_AROUND]


def current_task() -> Any:
    """The asyncio task that runs in this thread; None: there is none."""
    tasks = sys.modules.get("asyncio.tasks")
    try:
        return None if tasks is None else tasks.current_task()
    except RuntimeError:
        return None


class Nesting:
    """What samples have shown, for the drain."""

    def __init__(self) -> None:
        self._seen: dict[Key, int] = {}
        self._around: dict[Key, dict[Key, int]] = {}
        #: The stage that each was said to be inside of, and how often that was seen.
        self._told: dict[Key, tuple[Key, int]] = {}
        self._round = 0

    def saw(self, stage: Key, others: list[Key]) -> None:
        """An execution of ``stage`` began while these had one open around it. Keys are (pipeline, name)."""
        self._seen[stage] = self._seen.get(stage, 0) + 1
        counts = self._around.setdefault(stage, {})
        for other in others:
            counts[other] = counts.get(other, 0) + 1

    def sample(self, stages: dict[Key, Any]) -> None:
        """Puts lanes aside whose next execution is to be looked at."""
        self._round += 1
        if len(stages) < 2:
            return
        left = _MAX_ASIDE
        known = list(stages.items())
        turn = self._round % len(known)
        for key, stage in known[turn:] + known[:turn]:
            if self._seen.get(key, 0) < _ENOUGH or self._round % _SELDOM == 0:
                left -= stage.put_aside(left)
            if left <= 0:
                return

    def _outer(self, stage: Key) -> list[Key]:
        """The stages that are around most executions of this one."""
        seen = self._seen.get(stage, 0)
        return [other for other, count in self._around.get(stage, {}).items() if 2 * count > seen]

    def links(self) -> list[dict[str, Any]]:
        """Declarations of what is new: each stage that runs inside of others, with the innermost of these."""
        out = []
        for stage in list(self._seen):
            told = self._told.get(stage)
            outer = self._outer(stage)
            inmost = max(outer, key=lambda other: len(self._outer(other)), default=None)
            if told is not None and told[0] != inmost:
                # A declaration cannot be taken back, but it can be made a rare one that was no nesting.
                out.append(_link(told[0], stage, 1, 0))
                del self._told[stage]
                told = None
            if inmost is not None:
                count = self._around[stage][inmost]
                if told is None or count >= 2 * told[1]:
                    self._told[stage] = (inmost, count)
                    out.append(_link(inmost, stage, count, count))
        return out


def _link(outer: Key, inner: Key, seen: int, inside: int) -> dict[str, Any]:
    pipeline = outer[0] if inner[0] is None else inner[0]
    return {"kind": "link", "pipeline": pipeline, "from": outer[1], "to": inner[1], "seen": seen, "inside": inside}
