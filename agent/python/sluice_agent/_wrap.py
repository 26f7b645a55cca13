"""Functions as stages: the hot path.

A wrapped call does: is anybody listening, take a lane of this thread, read the clock, call, read the clock, append, give the lane
back. All that it touches is bound beforehand, and stands in the entry of the lane.

What is on the stack says which execution a span belongs to (``_spans.py``): the wrappers below are recognised by their code.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, Optional

from ._gpu import generator_on_gpu, on_gpu
from ._nesting import WRAPPER_CODES
from ._recorder import RECORDER, Stage, now_ns


class Detail:
    """What a stage wants to know of each call, as functions of the call's arguments."""

    __slots__ = ("item", "items", "arrived", "stage")

    def __init__(self, stage: Stage, item: Any, items: Any, arrived: Any) -> None:
        self.stage = stage
        self.item = item if callable(item) else None
        self.items = items if callable(items) else None
        self.arrived = arrived if callable(arrived) else None

    @property
    def is_plain(self) -> bool:
        return self.item is None and self.items is None and self.arrived is None

    def _asked(self, ask: Optional[Callable[..., Any]], args: Any, kwargs: Any) -> Optional[float]:
        if ask is None:
            return None
        try:
            value = ask(*args, **kwargs)
            return value if isinstance(value, (int, float)) and value == value else None
        except Exception as error:  # noqa: BLE001 - the user's function, in the user's call
            name = self.stage.name
            self.stage.recorder.note(f"detail:{name}", f'stage "{name}": its item, items or arrived function raised {error!r}')
            return None

    def of(self, args: Any, kwargs: Any) -> Any:
        """Item, number of items, and how long the item has waited in nanoseconds."""
        item = self._asked(self.item, args, kwargs)
        items = self._asked(self.items, args, kwargs)
        arrived = self._asked(self.arrived, args, kwargs)
        waited = None
        if arrived is not None and abs(arrived) < 1e300:
            # As ``time.perf_counter()`` gave it: seconds.
            waited = max(0, now_ns() - int(arrived * 1e9))
        return (
            int(item) if item is not None and 0 <= item < 1e300 else None,
            int(items) if items is not None and 0 <= items < 1e300 else 1,
            waited,
        )


def watch(stage: Stage, fn: Callable[..., Any], detail: Detail) -> Callable[..., Any]:
    """``fn`` with the same signature and kind (plain, coroutine, generator, asynchronous generator), watched."""
    import inspect

    is_gpu = stage.options["kind"] == "gpu"
    if inspect.isasyncgenfunction(fn):
        made = _async_generator(stage, fn)
    elif inspect.isgeneratorfunction(fn):
        made = _generator(stage, generator_on_gpu(stage, fn) if is_gpu else fn)
    elif inspect.iscoroutinefunction(fn):
        made = _coroutine(stage, fn) if detail.is_plain else _detailed_coroutine(stage, fn, detail)
    elif is_gpu:
        made = on_gpu(stage, fn, detail)
    else:
        made = _plain(stage, fn) if detail.is_plain else _detailed(stage, fn, detail)
    WRAPPER_CODES.add(made.__code__)  # type: ignore[attr-defined]
    try:
        return functools.update_wrapper(made, fn)
    except Exception:  # noqa: BLE001 - a callable whose attributes raise keeps them
        return made


def _plain(stage: Stage, fn: Callable[..., Any]) -> Callable[..., Any]:
    state, local, clock, new_lane = RECORDER.state, stage.local, now_ns, stage.lane

    def call(*args: Any, **kwargs: Any) -> Any:
        if not state.on:
            return fn(*args, **kwargs)
        try:
            entry = local.take()
        except (AttributeError, IndexError):
            entry = new_lane().entry
        start = clock()
        try:
            result = fn(*args, **kwargs) if kwargs else fn(*args)
        except BaseException:
            entry[2].fail(start)
            raise
        end = clock()
        add, give, _ = entry
        add((start, end))
        give(entry)
        return result

    return call


def _detailed(stage: Stage, fn: Callable[..., Any], detail: Detail) -> Callable[..., Any]:
    state = RECORDER.state

    def call(*args: Any, **kwargs: Any) -> Any:
        if not state.on:
            return fn(*args, **kwargs)
        # Before the clock starts, and before the stage can change its arguments.
        item, items, waited = detail.of(args, kwargs)
        lane = stage.take()
        start = now_ns()
        failed = True
        try:
            result = fn(*args, **kwargs)
            failed = False
        finally:
            lane.detail(start, now_ns(), item, items, failed, waited)
            lane.free()
        return result

    return call


def _coroutine(stage: Stage, fn: Callable[..., Any]) -> Callable[..., Any]:
    state, local, clock, new_lane = RECORDER.state, stage.local, now_ns, stage.lane

    async def call(*args: Any, **kwargs: Any) -> Any:
        if not state.on:
            return await fn(*args, **kwargs)
        try:
            entry = local.take()
        except (AttributeError, IndexError):
            entry = new_lane().entry
        start = clock()
        try:
            result = await fn(*args, **kwargs)
        except BaseException:
            entry[2].fail(start)
            raise
        end = clock()
        add, give, _ = entry
        add((start, end))
        give(entry)
        return result

    return call


def _detailed_coroutine(stage: Stage, fn: Callable[..., Any], detail: Detail) -> Callable[..., Any]:
    state = RECORDER.state

    async def call(*args: Any, **kwargs: Any) -> Any:
        if not state.on:
            return await fn(*args, **kwargs)
        item, items, waited = detail.of(args, kwargs)
        lane = stage.take()
        start = now_ns()
        failed = True
        try:
            result = await fn(*args, **kwargs)
            failed = False
        finally:
            lane.detail(start, now_ns(), item, items, failed, waited)
            lane.free()
        return result

    return call


def _generator(stage: Stage, fn: Callable[..., Any]) -> Callable[..., Any]:
    """One execution for each item: from the request for it to its ``yield``. The last request, which brings none, is no execution."""
    state = RECORDER.state

    def call(*args: Any, **kwargs: Any) -> Any:
        inner = fn(*args, **kwargs)
        resume, sent = inner.send, None
        while True:
            lane = stage.take() if state.on else None
            start = now_ns()
            try:
                value = resume(sent)
            except StopIteration as stop:
                if lane is not None:
                    lane.free()
                return stop.value
            except BaseException:
                if lane is not None:
                    lane.fail(start)
                raise
            if lane is not None:
                lane.detail(start, now_ns(), None, 1, False, None)
                lane.free()
                lane = None
            try:
                sent = yield value
                resume = inner.send
            except GeneratorExit:
                inner.close()
                raise
            except BaseException as error:
                resume, sent = inner.throw, error

    return call


def _async_generator(stage: Stage, fn: Callable[..., Any]) -> Callable[..., Any]:
    """As ``_generator``; an item is under way while it is awaited."""
    state = RECORDER.state

    async def call(*args: Any, **kwargs: Any) -> Any:
        inner = fn(*args, **kwargs)
        resume, sent = inner.asend, None
        while True:
            lane = stage.take() if state.on else None
            start = now_ns()
            try:
                value = await resume(sent)
            except StopAsyncIteration:
                if lane is not None:
                    lane.free()
                return
            except BaseException:
                if lane is not None:
                    lane.fail(start)
                raise
            if lane is not None:
                lane.detail(start, now_ns(), None, 1, False, None)
                lane.free()
                lane = None
            try:
                sent = yield value
                resume = inner.asend
            except GeneratorExit:
                await inner.aclose()
                raise
            except BaseException as error:
                resume, sent = inner.athrow, error

    return call
