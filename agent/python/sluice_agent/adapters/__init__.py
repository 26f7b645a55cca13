"""What the agent knows of libraries. An adapter is loaded when the program imports its library, never before."""

from __future__ import annotations

from typing import Any, Dict, Tuple


def install() -> None:
    """Hooks the imports."""


def prepare_worker(kind: str, options: Dict[str, Any], args: Tuple[Any, ...]) -> Tuple[Any, ...]:
    """Makes a worker process of this kind record its tasks; returns the arguments that it runs with."""
    return args
