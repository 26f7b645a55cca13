"""Objects of a library are declared when the program's own code makes them."""

from __future__ import annotations

from typing import Any, Callable, MutableMapping

from .._places import called_from_user
from .._recorder import RECORDER


def declared(
    init: Callable[..., None],
    watched: MutableMapping[Any, Any],
    declare: Callable[[Any], Any],
    about: tuple[str, str],
) -> Callable[..., None]:
    """
    ``__init__`` that keeps in ``watched`` what ``declare`` makes of the new object. ``about``: the key of the note that stands for a
    failure, and what is not recorded then (``a queue.Queue``).
    """
    key, what = about

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        try:
            if RECORDER.state.on and called_from_user():
                watched[self] = declare(self)
        except Exception as error:  # noqa: BLE001
            RECORDER.note(key, f"{what} is not recorded: {error!r}")

    __init__.__doc__ = init.__doc__
    __init__.__wrapped__ = init  # type: ignore[attr-defined]
    return __init__
