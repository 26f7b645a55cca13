"""The user's own spans, and which execution they belong to.

A span belongs to the innermost execution whose function is on the stack. That also holds for coroutines: a task's stack goes through
the coroutines that await each other, and work in another task has another stack. So spans on the lane of an execution nest as calls
do and never overlap. All others stand on rows of the thread's own, the first one whose last span was over in time.
"""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable, Optional

from ._nesting import lanes_on_stack
from ._recorder import RECORDER, Lane, now_ns, thread_name

_MAX_ROWS = 64


def current_lane(skip: int) -> Optional[Lane]:
    """The lane of the innermost execution on this stack."""
    return next(lanes_on_stack(sys._getframe(skip)), None)


def record(lane: Optional[Lane], name: str, start: int, end: int) -> None:
    """Records a span on its execution's lane, or on a row of the thread's own."""
    name_ref = RECORDER.span_string(name)
    if name_ref == 0:
        RECORDER.unnamed += 1
        return
    if lane is not None:
        lane.span(name_ref, start, end)
        return
    who = thread_name()
    ends = RECORDER.row_ends
    with RECORDER.lock:
        for slot in range(_MAX_ROWS):
            if ends.get((who, slot), 0) <= start:
                ends[(who, slot)] = end
                RECORDER.own_row(slot).span(name_ref, start, end)
                return
    RECORDER.unnamed += 1


class Span:
    """What ``Pipeline.span`` returns: a context manager, and a decorator for functions and coroutines. Use each ``with`` once."""

    __slots__ = ("name", "_start", "_lane")

    def __init__(self, name: Any) -> None:
        self.name = name[:200] if isinstance(name, str) and name else "span"
        self._start = 0
        self._lane: Optional[Lane] = None

    def __enter__(self) -> Span:
        if RECORDER.state.on:
            self._lane = current_lane(2)
            self._start = now_ns()
        return self

    def __exit__(self, *_: Any) -> None:
        if self._start and RECORDER.state.on:
            record(self._lane, self.name, self._start, now_ns())
        self._start = 0

    def __call__(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        import inspect

        name = self.name
        if inspect.iscoroutinefunction(fn):

            @functools.wraps(fn)
            async def spanned_coroutine(*args: Any, **kwargs: Any) -> Any:
                with Span(name):
                    return await fn(*args, **kwargs)

            return spanned_coroutine

        @functools.wraps(fn)
        def spanned(*args: Any, **kwargs: Any) -> Any:
            with Span(name):
                return fn(*args, **kwargs)

        return spanned
