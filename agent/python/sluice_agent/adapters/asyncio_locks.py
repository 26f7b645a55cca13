"""``asyncio.Semaphore``: a stage of what runs between ``acquire`` and ``release``, and the knob ``value``."""

from __future__ import annotations

import weakref
from collections import deque
from typing import Any, Callable

from .. import _nesting as nesting
from .._knobs import declare_knob
from .._places import caller, name_at
from .._recorder import RECORDER, now_ns
from ._made import declared

_VIA = "asyncio"
_watched: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


class _Watch:
    """What is between ``acquire`` and ``release``: nobody says which release belongs to which, so the first goes first."""

    def __init__(self, semaphore: Any) -> None:
        source = caller()
        value = semaphore._value
        self.stage = RECORDER.stage(name_at(source, "semaphore"), kind="io", parallelism=value, via=_VIA, source=source)
        self.running: deque[Any] = deque()
        declare_knob(
            "value",
            kind="parallelism",
            value=value,
            min=1,
            stage=self.stage.name,
            via=_VIA,
            source=source,
            remark="Read when the semaphore is made.",
        )

    def acquired(self) -> None:
        lane = self.stage.take()
        task = id(nesting.current_task())
        nesting.HELD.setdefault(task, []).append(self.stage)
        self.running.append((lane, now_ns(), task))

    def released(self) -> None:
        if self.running:
            lane, start, task = self.running.popleft()
            lane.times.extend((start, now_ns()))
            lane.free()
            self._left(task)

    def _left(self, task: int) -> None:
        held = nesting.HELD.get(task, [])
        if self.stage in held:
            held.remove(self.stage)
        if not held:
            nesting.HELD.pop(task, None)


def adapt(module: Any) -> None:
    semaphore = module.Semaphore
    semaphore.__init__ = declared(semaphore.__init__, _watched, _Watch, ("adapter:Semaphore", "an asyncio.Semaphore"))
    semaphore.acquire = _acquire(semaphore.acquire)
    semaphore.release = _release(semaphore.release)


def _acquire(acquire: Callable[..., Any]) -> Callable[..., Any]:
    async def acquired(self: Any) -> Any:
        result = await acquire(self)
        watch = _watched.get(self) if RECORDER.state.on else None
        if watch is not None:
            watch.acquired()
        return result

    acquired.__name__, acquired.__qualname__, acquired.__doc__ = "acquire", acquire.__qualname__, acquire.__doc__
    acquired.__wrapped__ = acquire  # type: ignore[attr-defined]
    return acquired


def _release(release: Callable[..., Any]) -> Callable[..., Any]:
    def released(self: Any) -> Any:
        watch = _watched.get(self) if RECORDER.state.on else None
        if watch is not None:
            watch.released()
        return release(self)

    released.__name__, released.__qualname__, released.__doc__ = "release", release.__qualname__, release.__doc__
    released.__wrapped__ = release  # type: ignore[attr-defined]
    return released
