"""Writes FXT records: tables, objects and blobs one by one, executions by the thousand.

A lane's executions come as a flat array ``start, end, start, end, ...``; interleaving it with a constant header is three slice
assignments, which take nanoseconds per execution and leave the interpreter to the program.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from . import _words as W

_LITTLE = sys.byteorder == "little"
_DOUBLE = struct.Struct("<d")
_WORD = struct.Struct("<Q")
#: A blob is closed before it gets longer than this.
_MAX_BLOB_BYTES = 24 * 1024


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 8)


def words(values: Iterable[int]) -> bytes:
    """Bytes of unsigned 64-bit words."""
    out = array("Q", values)
    if not _LITTLE:
        out.byteswap()
    return out.tobytes()


def initialization() -> bytes:
    """The clock: ticks are nanoseconds."""
    return words((W.INITIALIZATION | (2 << 4), W.TICKS_PER_SECOND))


def string(index: int, text: str) -> bytes:
    """Registers a string. Text that UTF-8 cannot say is said with question marks."""
    data = text.encode("utf-8", "replace")[: W.MAX_STRING_BYTES]
    data = data.decode("utf-8", "ignore").encode("utf-8")
    body = _padded(data)
    header = W.STRING | ((1 + len(body) // 8) << 4) | (index << 16) | (len(data) << 32)
    return _WORD.pack(header) + body


def thread(index: int, pid: int, koid: int) -> bytes:
    """Registers a thread."""
    return words((W.THREAD | (3 << 4) | (index << 16), pid, koid))


def kernel_object(kind: int, koid: int, name: str, process: int | None = None) -> bytes:
    """Names a process or, with its process, a thread."""
    data = name.encode("utf-8", "replace")[:1000]
    body = _WORD.pack(koid) + _padded(data)
    args = 0
    if process is not None:
        args = 1
        body += words((W.ARG_KOID | (2 << 4) | (W.REF["process"] << 16), process))
    size = 1 + len(body) // 8
    name_ref = 0x8000 | len(data) if data else 0
    return _WORD.pack(W.KERNEL_OBJECT | (size << 4) | (kind << 16) | (name_ref << 24) | (args << 40)) + body


def blob(name: str, data: bytes) -> bytes:
    """A piece of a blob stream; empty when it is too long for a record."""
    label = name.encode("utf-8")
    body = _padded(label) + _padded(data)
    size = 1 + len(body) // 8
    if size > W.MAX_RECORD_WORDS:
        return b""
    ref = 0x8000 | len(label)
    return _WORD.pack(W.BLOB | (size << 4) | (ref << 16) | (len(data) << 32) | (W.BLOB_DATA << 48)) + body


def large_blob(name: str, data: bytes) -> bytes:
    """A whole blob without metadata in one record."""
    label = name.encode("utf-8")
    body = _WORD.pack((0x8000 | len(label)) << 16) + _padded(label) + _WORD.pack(len(data)) + _padded(data)
    size = 1 + len(body) // 8
    return _WORD.pack(W.LARGE | (size << 4) | (1 << 40)) + body


def lines(name: str, values: Sequence[Any]) -> bytes:
    """The values as NDJSON in as many blobs as it takes. A line that no record can hold is left out."""
    out: list[bytes] = []
    held: list[bytes] = []
    size = 0
    for value in values:
        line = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
        if size + len(line) > _MAX_BLOB_BYTES and held:
            out.append(blob(name, b"".join(held)))
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        out.append(blob(name, b"".join(held)))
    return b"".join(out)


def plain_executions(times: array[int], name: int, number: int, pid: int) -> bytes:
    """Executions without detail, from ``start, end`` pairs in the order of time."""
    ref = W.thread_ref(number)
    count = len(times) // 2
    size = 3 if ref else 5
    header = W.event_header(W.EVENT_DURATION, size, 0, ref, W.REF["stage"], name)
    out = array("Q", bytes(8 * size * count))
    out[0::size] = array("Q", [header]) * count
    values = array("Q")
    values.frombytes(times.tobytes())
    out[1::size] = values[0::2]
    if not ref:
        out[2::size] = array("Q", [pid]) * count
        out[3::size] = array("Q", [W.lane_koid(pid, number)]) * count
    out[size - 1 :: size] = values[1::2]
    if not _LITTLE:
        out.byteswap()
    return out.tobytes()


def event(kind: int, category: int, name: int, number: int, pid: int, at: int, args: Sequence[int], last: int) -> bytes:
    """One event on a lane. ``last`` is the end (duration) or the counter's id."""
    ref = W.thread_ref(number)
    place = () if ref else (pid, W.lane_koid(pid, number))
    size = 3 + len(place) + len(args)
    header = W.event_header(kind, size, len(args), ref, category, name)
    return words((header, at, *place, *args, last))


def gauge(name: int, number: int, pid: int, at: int, value: float) -> bytes:
    """A sample of a gauge; its counter id is the lane's number."""
    ref = W.thread_ref(number)
    place = () if ref else (pid, W.lane_koid(pid, number))
    size = 5 + len(place)
    header = W.event_header(W.EVENT_COUNTER, size, 1, ref, W.REF["gauge"], name)
    bits = _WORD.unpack(_DOUBLE.pack(value))[0]
    return words((header, at, *place, W.double_arg(W.REF["value"]), bits, number))
