"""Memory that a worker process shares with the one that started it: a ring of frames, one writer, one reader.

Worker processes of pools and loaders live for a moment, must start no threads, and are killed without warning. So they do not talk to
the engine: they write what they record into a file in memory, and the process that owns them passes it on. What a killed worker has
written is not lost.

::

    0  head: bytes written so far        8  tail: bytes read so far
    16 records lost for want of room     24 of them executions
    32 process id of the writer          40 1: it has ended in order

A frame is its size, its kind, and its payload, padded to eight bytes. The head is moved behind a frame once it is written whole.
"""

from __future__ import annotations

import mmap
import os
import struct

_HEAD_BYTES = 64
SIZE = 1 << 20
_ROOM = SIZE - _HEAD_BYTES
_FRAME = struct.Struct("<II")
HEAD, TAIL, LOST_RECORDS, LOST_EXECUTIONS, PID, ENDED = range(6)


def create() -> tuple[str, Ring]:
    """A new file and its ring, for the reader. Raises ``OSError``."""
    folder = "/dev/shm"
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
        folder = os.environ.get("TMPDIR") or os.environ.get("TEMP") or "/tmp"
    path = os.path.join(folder, f"sluice-{os.getpid()}-{os.urandom(8).hex()}")
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.ftruncate(number, SIZE)
        return path, Ring(number)
    finally:
        os.close(number)


def open_writer(path: str) -> Ring:
    """The ring of this file, for the writer, who takes away the name: the memory goes with its last user. Raises ``OSError``."""
    number = os.open(path, os.O_RDWR)
    try:
        ring = Ring(number)
    finally:
        os.close(number)
    try:
        os.unlink(path)
    except OSError:
        pass
    ring.set(PID, os.getpid())
    return ring


class Ring:
    """One side of the memory."""

    def __init__(self, number: int) -> None:
        self._map = mmap.mmap(number, SIZE)
        self._words = memoryview(self._map)[:_HEAD_BYTES].cast("Q")
        self._data = memoryview(self._map)[_HEAD_BYTES:]

    def get(self, field: int) -> int:
        return self._words[field]

    def set(self, field: int, value: int) -> None:
        self._words[field] = value

    def close(self) -> None:
        self._words.release()
        self._data.release()
        self._map.close()

    def write(self, kind: int, payload: bytes) -> bool:
        """Appends a frame; False when there is no room."""
        size = (_FRAME.size + len(payload) + 7) & ~7
        head = self._words[HEAD]
        if head + size - self._words[TAIL] > _ROOM:
            return False
        self._put(head, _FRAME.pack(_FRAME.size + len(payload), kind) + payload)
        self._words[HEAD] = head + size
        return True

    def _put(self, head: int, data: bytes) -> None:
        at = head % _ROOM
        first = min(len(data), _ROOM - at)
        self._data[at : at + first] = data[:first]
        if first < len(data):
            self._data[: len(data) - first] = data[first:]

    def _get(self, tail: int, size: int) -> bytes:
        at = tail % _ROOM
        first = min(size, _ROOM - at)
        return bytes(self._data[at : at + first]) + bytes(self._data[: size - first])

    def read(self) -> list[tuple[int, bytes]]:
        """Frames that were written since the last time. Stops at one that cannot be."""
        out = []
        head, tail = self._words[HEAD], self._words[TAIL]
        while tail < head:
            size, kind = _FRAME.unpack(self._get(tail, _FRAME.size))
            if size < _FRAME.size or tail + size > head:
                tail = head
                break
            out.append((kind, self._get(tail, size)[_FRAME.size :]))
            tail += (size + 7) & ~7
        self._words[TAIL] = tail
        return out
