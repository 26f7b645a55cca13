"""Where in the user's source something is declared, and what it is called there."""

from __future__ import annotations

import ast
import linecache
import os
import re
import sys
import sysconfig
from itertools import islice
from typing import Any, Optional

Source = dict[str, Any]

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = tuple(
    {os.path.abspath(sysconfig.get_paths()[key]) + os.sep for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {"/usr/lib/python3/dist-packages/"}
)
_SUFFIX = re.compile(r"^(.{2,}?)_?(?:queue|pool|executor|loader|semaphore|limit|sem)$", re.IGNORECASE)
_MAX_FRAMES = 64


def is_library(file: str) -> bool:
    """Code of Python itself or of an installed package, or made up (``<string>``)."""
    return file.startswith("<") or file.startswith(_LIBRARY) or "site-packages" in file or "dist-packages" in file


def column_of(frame: Any) -> int:
    """Column of what a frame executes now, from 1. Where Python does not tell (3.9, 3.10), that of the line's first letter."""
    try:
        positions = frame.f_code.co_positions
    except AttributeError:
        text = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        return len(text) - len(text.lstrip()) + 1
    index = frame.f_lasti // 2
    for at, (_, _, column, _) in enumerate(positions()):
        if at == index:
            return 1 if column is None else column + 1
    return 1


def caller(skip: int = 1, is_user_code: bool = False) -> Optional[Source]:
    """The nearest line outside of the agent and, with ``is_user_code``, outside of libraries. Never raises."""
    try:
        frame = sys._getframe(skip)
        for _ in range(_MAX_FRAMES):
            if frame is None:
                return None
            file = frame.f_code.co_filename
            if not file.startswith(_OWN_FOLDER) and not (is_user_code and is_library(file)):
                return _source(frame, file)
            frame = frame.f_back  # type: ignore[assignment]
    except Exception:  # noqa: BLE001 - a place is nice to have
        return None
    return None


def caller_of_method(name: str, skip: int = 1) -> Optional[Source]:
    """Who calls the caller, outside of libraries; at the method's name where that is told: calls in a chain begin together."""
    source = caller(skip + 2, True)
    try:
        frame = sys._getframe(skip + 1)
        if source is not None and not is_library(frame.f_code.co_filename):
            spot = _method_spot(frame, name)
            if spot is not None:
                return {**source, "line": spot[0], "column": spot[1]}
    except Exception:  # noqa: BLE001 - a place is nice to have
        pass
    return source


def _method_spot(frame: Any, name: str) -> Optional[tuple[int, int]]:
    """Line and column, from 1, of the method's name in the call that a frame executes; None where Python does not tell (3.9, 3.10)."""
    positions = getattr(frame.f_code, "co_positions", None)
    if positions is None:
        return None
    line, end_line, column, end_column = next(islice(positions(), frame.f_lasti // 2, None))
    if None in (line, end_line, column, end_column):
        return None
    lines = [linecache.getline(frame.f_code.co_filename, n).encode() for n in range(line, end_line + 1)]
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    call = ast.parse(b"(" + b"".join(lines) + b")", mode="eval").body
    if not isinstance(call, ast.Call):
        return None
    fn = call.func
    row, at = (fn.end_lineno or 1, (fn.end_col_offset or 0) - len(name.encode()))
    # The first line begins at the call's column, behind a bracket.
    return line + row - 1, at + 1 if row > 1 else at + column


def called_from_user(skip: int = 2) -> bool:
    """Is the caller's caller the user's code, and no library?"""
    try:
        return not is_library(sys._getframe(skip).f_code.co_filename)
    except ValueError:
        return False


def _source(frame: Any, file: str) -> Optional[Source]:
    if file.startswith("<"):
        return None
    path = os.path.abspath(file)
    if len(path) > 4096:
        return None
    return {"file": path, "line": max(frame.f_lineno, 1), "column": max(column_of(frame), 1)}


def assigned_name(source: Optional[Source]) -> Optional[str]:
    """The variable or attribute that the call at ``source`` is assigned to; None when the text does not say."""
    if source is None:
        return None
    text = linecache.getline(source["file"], source["line"])
    match = re.match(r"\s*(?:self\.|cls\.)?([A-Za-z_]\w*)\s*(?::[^=]+)?=(?!=)", text)
    if match is None:
        match = re.search(r"\bas\s+([A-Za-z_]\w*)\s*[:,)]", text)
    return None if match is None else match.group(1)


def short_name(name: str) -> str:
    """``decode_queue``: ``decode``. A name that is nothing but such a word stays."""
    match = _SUFFIX.match(name)
    return name if match is None else match.group(1).rstrip("_")


def place(source: Optional[Source]) -> Optional[tuple[str, int]]:
    """File name and line, for names."""
    return None if source is None else (os.path.basename(source["file"]), source["line"])


def name_at(source: Optional[Source], fallback: str) -> str:
    """A name for something that nobody named: that of its variable, else ``fallback`` with the place."""
    name = assigned_name(source)
    if name is not None:
        return short_name(name)
    where = place(source)
    return fallback if where is None else f"{fallback} ({where[0]}:{where[1]})"
