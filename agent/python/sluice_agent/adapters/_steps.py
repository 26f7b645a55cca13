"""What a program does with what it iterates over: a step lasts from one batch to the request for the next."""

from __future__ import annotations

import weakref
from typing import Any, Optional

from .._recorder import RECORDER, Home, Lane, Stage


class Steps:
    """The steps of a loop over batches. Waiting for the next batch is their starvation."""

    def __init__(self, stage: Stage, gpu: Any = None) -> None:
        self.stage = stage
        #: Times the GPU's part (``torch_cuda.py``).
        self._gpu = gpu
        self._mark: Any = None
        self._lane: Optional[Lane] = None
        self._home: Optional[Home] = None
        self._iterator: Any = None
        self._items = 1
        self._start = 0
        self._receive = RECORDER.span_string("receive")

    def begin(self) -> None:
        """The loop begins (again)."""
        self._start = 0
        self._iterator = None

    def is_in_step(self) -> bool:
        """Is a batch being worked on? Not after a ``break``, which drops the iterator."""
        return self._start != 0 and self._iterator is not None and self._iterator() is not None

    def requested(self, iterator: Any, at: int) -> None:
        """The program asks for a batch: its step on the last one is over."""
        if self._start and self._iterator is not None and self._iterator() is iterator and self._lane is not None:
            self._lane.detail(self._start, at, None, self._items, False, None)
            if self._gpu is not None:
                self._gpu.ends(self._mark, self._items)
        self._start = 0

    def arrived(self, iterator: Any, asked: int, at: int, items: int, ready: Optional[int] = None) -> None:
        """The program has its batch, and begins a step: when it stood ``ready``, where that is known."""
        if self._lane is None or self._home is None:
            self._lane, self._home = self.stage.keep()
        start = at if ready is None else ready
        self._lane.wait("input", asked, start)
        if start < at:
            self._lane.span(self._receive, start, at)
        self._iterator = weakref.ref(iterator)
        self._items = items
        if self._gpu is not None:
            self._mark = self._gpu.begins()
        # Stages of the program's own that run until the next request are part of the step.
        self._home.asks = self.is_in_step
        self._start = start
