"""``asyncio.Queue`` and its kin: depth and ``maxsize``, of those that the program's own code makes."""

from __future__ import annotations

import weakref
from typing import Any, Callable

from .._knobs import declare_knob
from .._places import caller, name_at
from .._queues import declare_queue
from .._recorder import RECORDER
from ._made import declared

_VIA = "asyncio"
_watched: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def adapt(module: Any) -> None:
    queue = module.Queue
    queue.__init__ = declared(queue.__init__, _watched, _declare, ("adapter:asyncio.Queue", "an asyncio.Queue"))
    queue.put_nowait = _moving(queue.put_nowait)
    queue.get_nowait = _moving(queue.get_nowait)


def _declare(queue: Any) -> Any:
    source = caller()
    size = queue.maxsize if queue.maxsize > 0 else None
    recorder = declare_queue(name_at(source, "queue"), capacity=size, via=_VIA, source=source)
    if size is not None:
        declare_knob(
            "maxsize",
            kind="queueDepth",
            value=size,
            min=1,
            queue=recorder.options["name"],
            via=_VIA,
            source=source,
            remark="Read when the queue is made.",
        )
    return recorder


def _moving(move: Callable[..., Any]) -> Callable[..., Any]:
    def moved(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = move(self, *args, **kwargs)
        if RECORDER.state.on:
            recorder = _watched.get(self)
            if recorder is not None:
                recorder.depth(self.qsize())
        return result

    moved.__name__, moved.__qualname__, moved.__doc__ = move.__name__, move.__qualname__, move.__doc__
    moved.__wrapped__ = move  # type: ignore[attr-defined]
    return moved
