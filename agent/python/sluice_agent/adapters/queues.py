"""``queue.Queue`` and its kin: depth and ``maxsize``, of those that the program's own code makes."""

from __future__ import annotations

import weakref
from typing import Any, Callable

from .._knobs import declare_knob
from .._places import caller, name_at
from .._queues import declare_queue
from .._recorder import RECORDER
from ._made import declared

_VIA = "queue"
_watched: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def adapt(module: Any) -> None:
    queue = module.Queue
    queue.__init__ = declared(queue.__init__, _watched, _declare, ("adapter:queue", "a queue.Queue"))
    queue.put = _moving(queue.put)
    queue.get = _moving(queue.get)


def _resize(owner: Any, value: float) -> None:
    with owner.mutex:
        owner.maxsize = int(value)
        owner.not_full.notify_all()


def _declare(queue: Any) -> Any:
    source = caller()
    size = queue.maxsize if queue.maxsize > 0 else None
    recorder = declare_queue(name_at(source, "queue"), capacity=size, via=_VIA, source=source)

    def resize(owner: Any, value: float) -> None:
        _resize(owner, value)
        recorder.set_capacity(value)

    if size is not None:
        declare_knob(
            "maxsize",
            kind="queueDepth",
            value=size,
            min=1,
            queue=recorder.options["name"],
            apply=resize,
            owner=queue,
            via=_VIA,
            source=source,
        )
    return recorder


def _moving(move: Callable[..., Any]) -> Callable[..., Any]:
    def moved(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = move(self, *args, **kwargs)
        if RECORDER.state.on:
            recorder = _watched.get(self)
            if recorder is not None:
                recorder.depth(self._qsize())
        return result

    moved.__name__, moved.__qualname__, moved.__doc__ = move.__name__, move.__qualname__, move.__doc__
    moved.__wrapped__ = move  # type: ignore[attr-defined]
    return moved
