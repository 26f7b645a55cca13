"""What the agent knows of libraries. An adapter is loaded when the program imports its library, never before."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Callable

from ._hook import Adapter, hook


def _later(adapter: str, name: str = "adapt") -> Adapter:
    def adapt(module: Any) -> None:
        getattr(import_module(f"{__name__}.{adapter}"), name)(module)

    return adapt


def install() -> None:
    """Hooks the imports."""
    hook(
        {
            "multiprocessing.process": [_later("processes")],
            "multiprocessing.pool": [_later("pools")],
            "concurrent.futures.process": [_later("process_executor")],
            "concurrent.futures.thread": [_later("thread_executor")],
            "queue": [_later("queues")],
            "asyncio.queues": [_later("asyncio_queues")],
            "asyncio.locks": [_later("asyncio_locks")],
            "torch.utils.data.dataloader": [_later("torch_loader")],
            "tensorflow.python.data.ops.iterator_ops": [_later("tf_data")],
            "tensorflow.python.data.ops.dataset_ops": [_later("tf_data", "adapt_datasets")],
            "ray.data.dataset": [_later("ray_places")],
            "ray.data._internal.compute": [_later("ray_places", "adapt_compute")],
            "ray.data._internal.execution.interfaces.op_runtime_metrics": [_later("ray_data", "adapt_metrics")],
            "ray.data._internal.execution.streaming_executor": [_later("ray_data")],
            "ray.data._internal.execution.streaming_executor_state": [_later("ray_data", "adapt_state")],
        }
    )


#: How the arguments of a worker's function are prepared, by the kind of worker.
_PREPARE: dict[str, tuple[str, str]] = {
    "torch": ("torch_worker", "prepare"),
    "pool": ("pools", "prepare"),
    "executor": ("process_executor", "prepare"),
}


def prepare_worker(kind: str, options: dict[str, Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Makes this worker process record its tasks; returns the arguments that it runs with."""
    module, name = _PREPARE[kind]
    prepare: Callable[..., tuple[Any, ...]] = getattr(import_module(f"{__name__}.{module}"), name)
    return prepare(options, args)
