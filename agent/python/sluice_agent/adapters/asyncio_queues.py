"""``asyncio.Queue`` and its kin: depth and ``maxsize``, of those that the program's own code makes."""

from __future__ import annotations

import weakref
from typing import Any, Callable

from .._knobs import declare_knob
from .._places import called_from_user, caller, name_at
from .._queues import declare_queue
from .._recorder import RECORDER

_VIA = "asyncio"
_watched: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def adapt(module: Any) -> None:
    queue = module.Queue
    queue.__init__ = _init(queue.__init__)
    queue.put_nowait = _moving(queue.put_nowait)
    queue.get_nowait = _moving(queue.get_nowait)


def _init(init: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        try:
            if RECORDER.state.on and called_from_user():
                _watched[self] = _declare(self)
        except Exception as error:  # noqa: BLE001
            RECORDER.note("adapter:asyncio.Queue", f"an asyncio.Queue is not recorded: {error!r}")

    __init__.__doc__ = init.__doc__
    __init__.__wrapped__ = init  # type: ignore[attr-defined]
    return __init__


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
