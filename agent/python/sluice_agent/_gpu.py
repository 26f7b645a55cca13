"""Stages of the program's own that work on a GPU: what each execution has the GPU do is timed there, as the steps of a loader are
(``adapters/torch_cuda.py``), once torch works on one. Which wrapper a function gets is decided when it is wrapped, so stages of other
kinds pay nothing.

Coroutines are left out: what is submitted while one waits belongs to others.
"""

from __future__ import annotations

import sys
from typing import Any, Callable

from ._recorder import RECORDER, Stage, now_ns


def timer_of(stage: Stage) -> Any:
    """The stage's timer; None while torch has not begun to work on a GPU."""
    timer = stage.timer
    if timer is not None:
        return timer
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    try:
        if cuda is None or not cuda.is_initialized():
            return None
        from .adapters.torch_cuda import GpuTimer

        timer = stage.timer = GpuTimer(stage)
        return timer
    except Exception as error:  # noqa: BLE001 - a torch that is not what the agent knows
        RECORDER.note("adapter:cuda", f"time on the GPU is not recorded: {error!r}")
        return None


def on_gpu(stage: Stage, fn: Callable[..., Any], detail: Any) -> Callable[..., Any]:
    """``fn`` as a stage that works on a GPU."""
    state, is_plain = RECORDER.state, detail.is_plain

    def call(*args: Any, **kwargs: Any) -> Any:
        if not state.on:
            return fn(*args, **kwargs)
        item, items, waited = (None, 1, None) if is_plain else detail.of(args, kwargs)
        timer = timer_of(stage)
        lane = stage.take()
        start = now_ns()
        mark = None if timer is None else timer.begins()
        failed = True
        try:
            result = fn(*args, **kwargs)
            failed = False
        finally:
            if mark is not None:
                timer.ends(mark, items)
            lane.detail(start, now_ns(), item, items, failed, waited)
            lane.free()
        return result

    return call


def generator_on_gpu(stage: Stage, fn: Callable[..., Any]) -> Callable[..., Any]:
    """``fn``, whose generators have the GPU timed from each request for an item to its ``yield``."""

    def made(*args: Any, **kwargs: Any) -> Any:
        return _Timed(stage, fn(*args, **kwargs))

    return made


class _Timed:
    """A generator as far as a stage needs it."""

    __slots__ = ("_stage", "_inner", "close")

    def __init__(self, stage: Stage, inner: Any) -> None:
        self._stage = stage
        self._inner = inner
        self.close = inner.close

    def send(self, value: Any) -> Any:
        return self._resume(self._inner.send, value)

    def throw(self, error: BaseException) -> Any:
        return self._resume(self._inner.throw, error)

    def _resume(self, resume: Callable[[Any], Any], value: Any) -> Any:
        timer = timer_of(self._stage) if RECORDER.state.on else None
        mark = None if timer is None else timer.begins()
        result = resume(value)
        if timer is not None:
            timer.ends(mark)
        return result
