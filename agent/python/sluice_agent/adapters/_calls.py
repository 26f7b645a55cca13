"""Tasks that come as functions: runs one on a lane of its stage."""

from __future__ import annotations

from typing import Any, Callable, Optional

from .._nesting import WRAPPER_CODES
from .._recorder import RECORDER, Stage, now_ns


def timed(
    stage: Stage,
    fn: Callable[..., Any],
    submitted: Optional[int] = None,
    items: int = 1,
    begun: Optional[Callable[[], None]] = None,
    ended: Optional[Callable[[], None]] = None,
) -> Callable[..., Any]:
    """``fn``, recorded once it is called. ``begun`` and ``ended`` are told."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if not RECORDER.state.on:
            return fn(*args, **kwargs)
        if begun is not None:
            begun()
        lane = stage.take()
        start = now_ns()
        failed = True
        try:
            result = fn(*args, **kwargs)
            failed = False
        finally:
            waited = None if submitted is None else max(0, start - submitted)
            lane.detail(start, now_ns(), None, items, failed, waited)
            lane.free()
            if ended is not None:
                ended()
        return result

    WRAPPER_CODES.add(call.__code__)
    return call
