"""Runs an adapter as soon as the program has imported its library, and never imports one itself.

A finder at the front of ``sys.meta_path`` lets the others find the module and puts a loader around theirs that calls the adapter
behind it. What has been imported already is adapted at once.
"""

from __future__ import annotations

import sys
from typing import Any, Callable

from .._recorder import RECORDER

Adapter = Callable[[Any], None]


class _After:
    """A loader that calls the adapters when the module has been executed. Everything else is the real one's."""

    def __init__(self, loader: Any, adapters: list[Adapter]) -> None:
        self._loader = loader
        self._adapters = adapters

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        # Before it runs, so that the module sees its own loader and nothing of this one stays.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        for adapter in self._adapters:
            _adapt(adapter, module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _adapt(adapter: Adapter, module: Any) -> None:
    try:
        adapter(module)
    except Exception as error:  # noqa: BLE001 - a library that is not what the adapter knows is left alone
        name = getattr(module, "__name__", "?")
        RECORDER.note(f"adapter:{name}", f"{name} is left alone: it is not what the agent knows ({error!r})")


class _Finder:
    def __init__(self, adapters: dict[str, list[Adapter]]) -> None:
        self._adapters = adapters
        self._looking: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        adapters = self._adapters.get(name)
        if adapters is None or name in self._looking:
            return None
        self._looking.add(name)
        try:
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)
                spec = None if finder is self or find is None else find(name, path, target)
                if spec is not None:
                    if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                        spec.loader = _After(spec.loader, adapters)
                    return spec
            return None
        finally:
            self._looking.discard(name)

    def invalidate_caches(self) -> None:
        return


def hook(adapters: dict[str, list[Adapter]]) -> None:
    """Calls each adapter with its module, now or when it is imported."""
    sys.meta_path.insert(0, _Finder(adapters))  # type: ignore[arg-type]
    for name, known in adapters.items():
        module = sys.modules.get(name)
        if module is not None:
            for adapter in known:
                _adapt(adapter, module)
