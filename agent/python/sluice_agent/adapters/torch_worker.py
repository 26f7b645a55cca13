"""The part of a torch ``DataLoader`` that loads: in the process of the program, or in its workers. Each batch is one execution.

In the workers this code runs between the program's seeds and its samples, so it touches no random numbers and no tensors.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from .. import _satellite as satellite
from .._recorder import RECORDER, Stage, now_ns

#: The stage that fetches in this worker process; None: this is no worker.
_stage: Optional[Stage] = None
_MAX_NESTED = 4


def prepare(options: dict[str, Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """In the worker: its batches are recorded, and handed over one by one."""
    global _stage
    from .process_executor import stage_of

    _stage = stage_of(options)
    return args


def watch_fetchers(fetch_module: Any) -> None:
    """Puts a watch around the loading of batches. Costs nothing but a look where no loader is watched."""
    for name in ("_MapDatasetFetcher", "_IterableDatasetFetcher"):
        fetcher = getattr(fetch_module, name)
        fetcher.fetch = _fetch(fetcher.fetch)


def _fetch(fetch: Callable[..., Any]) -> Callable[..., Any]:
    def fetched(self: Any, possibly_batched_index: Any) -> Any:
        stage = self.__dict__.get("_sluice_stage") or _stage
        if stage is None or not RECORDER.state.on:
            return fetch(self, possibly_batched_index)
        lane = stage.take()
        if not self.__dict__.get("_sluice_collates"):
            _watch_collate(self, lane)
        start = now_ns()
        try:
            data = fetch(self, possibly_batched_index)
        except BaseException as error:
            # The end of an iterable dataset is no failure.
            if not isinstance(error, StopIteration):
                lane.detail(start, now_ns(), None, 1, True, None)
            lane.free()
            satellite.flush()
            raise
        end = now_ns()
        lane.detail(start, end, None, size_of(data) if self.auto_collation else 1, False, None)
        lane.free()
        satellite.flush()
        return data

    fetched.__name__, fetched.__qualname__, fetched.__doc__ = "fetch", fetch.__qualname__, fetch.__doc__
    fetched.__wrapped__ = fetch  # type: ignore[attr-defined]
    return fetched


def _watch_collate(fetcher: Any, lane: Any) -> None:
    """Collating becomes a span under the batch."""
    fetcher._sluice_collates = True
    name = RECORDER.span_string("collate")
    collate = fetcher.collate_fn
    if name == 0:
        return

    def collated(data: Any) -> Any:
        start = now_ns()
        result = collate(data)
        lane.span(name, start, now_ns())
        return result

    fetcher.collate_fn = collated


def size_of(batch: Any) -> int:
    """How many samples a batch holds; 1 where it does not say."""
    for _ in range(_MAX_NESTED):
        shape = getattr(batch, "shape", None)
        if shape is not None:
            try:
                return max(int(shape[0]), 1)
            except (IndexError, TypeError):
                return 1
        try:
            if isinstance(batch, dict):
                batch = next(iter(batch.values()))
            elif isinstance(batch, (list, tuple)):
                if batch and isinstance(batch[0], (str, bytes, int, float)):
                    return len(batch)
                batch = batch[0]
            else:
                return 1
        except (StopIteration, IndexError):
            return 1
    return 1
