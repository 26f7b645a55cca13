"""The connection to the engine: dials, introduces the process, dials again when it is lost, and tells how far the other side is behind.

All of it runs in the drain's thread. It gives up when it is refused; otherwise it never does, but waits up to five seconds between
tries, which is cheap.
"""

from __future__ import annotations

import json
import select
import socket
from collections import deque
from typing import Any, Callable, Optional

from . import _websocket as ws
from . import _words as W
from ._recorder import now_ns

_FIRST_DELAY_NS = 100_000_000
_MAX_DELAY_NS = 5_000_000_000
_WELCOME_NS = 10_000_000_000
_CLOSE_NS = 200_000_000


class Transport:
    """Owns the socket. ``state`` is ``waiting`` (between two tries), ``connecting``, ``open`` or ``closed`` (has given up)."""

    def __init__(self, url: str, token: str, hello: dict[str, Any]) -> None:
        self._url = url
        self._token = token
        self._hello = hello
        self.state = "waiting"
        self.messages: deque[dict[str, Any]] = deque()
        self.buffered = 0
        self._socket: Optional[socket.socket] = None
        #: What waits to be written, and how many records and executions it holds.
        self._out: deque[tuple[memoryview, int, int]] = deque()
        #: Records and executions that were queued when a connection was lost.
        self.lost_records = self.lost_executions = 0
        self._head = b""
        self._accept = ""
        self._frames: Optional[ws.FrameReader] = None
        self._delay = _FIRST_DELAY_NS
        self._due = 0
        self._since = 0

    def fileno(self) -> int:
        """The socket's number; -1: there is none."""
        return -1 if self._socket is None else self._socket.fileno()

    @property
    def wants_to_write(self) -> bool:
        return bool(self._out) and self._socket is not None

    def step(self) -> None:
        """Goes on with whatever can go on without waiting. Never raises."""
        try:
            if self.state == "waiting" and now_ns() >= self._due:
                self._dial()
            if self._socket is not None:
                self._write()
                self._read()
            if self.state == "connecting" and now_ns() - self._since > _WELCOME_NS:
                self._lost()
        except ws.Refused:
            self.close_now()
        except (OSError, ws.WebSocketError, ValueError):
            self._lost()

    def _dial(self) -> None:
        self._since = now_ns()
        host, port, _ = ws.address_of(self._url)
        head, self._accept = ws.request(self._url, self._token)
        self.state = "connecting"
        self._head, self._frames = b"", None
        # On loopback this is answered at once.
        self._socket = socket.create_connection((host, port), timeout=1.0)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._queue(head)

    def _queue(self, data: bytes, records: int = 0, executions: int = 0) -> None:
        self._out.append((memoryview(data), records, executions))
        self.buffered += len(data)

    def _write(self) -> None:
        out = self._out
        while out and self._socket is not None:
            piece, records, executions = out[0]
            try:
                sent = self._socket.send(piece)
            except (BlockingIOError, InterruptedError):
                return
            self.buffered -= sent
            if sent == len(piece):
                out.popleft()
            else:
                out[0] = (piece[sent:], records, executions)

    def _read(self) -> None:
        while self._socket is not None:
            try:
                data = self._socket.recv(65_536)
            except (BlockingIOError, InterruptedError):
                return
            if not data:
                raise ws.WebSocketError("the connection was closed")
            if self._frames is None:
                data = self._answer(data)
            if self._frames is not None and data:
                for opcode, payload in self._frames.feed(data):
                    self._take(opcode, payload)

    def _answer(self, data: bytes) -> bytes:
        """The answer to the upgrade; what comes behind it."""
        self._head += data
        end = ws.head_end(self._head)
        if end < 0:
            return b""
        ws.accepted(self._head[:end], self._accept)
        self._frames = ws.FrameReader()
        self._queue(ws.frame(ws.TEXT, json.dumps(self._hello).encode("utf-8")))
        self._write()
        return self._head[end + 4 :]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == ws.PING:
            self._queue(ws.frame(ws.PONG, payload))
            self._write()
        elif opcode == ws.CLOSE:
            self._queue(ws.frame(ws.CLOSE, payload[:2]))
            self._write()
            raise ws.WebSocketError("the engine has closed")
        elif opcode == ws.TEXT:
            message = json.loads(payload.decode("utf-8"))
            if isinstance(message, dict) and isinstance(message.get("kind"), str):
                self._hear(message)

    def _hear(self, message: dict[str, Any]) -> None:
        if message["kind"] == "welcome":
            if message.get("protocol") != W.PROTOCOL_VERSION:
                raise ws.Refused("speaks another version of the protocol")
            if self.state == "connecting":
                self.state = "open"
                self._delay = _FIRST_DELAY_NS
        elif message["kind"] == "refused":
            raise ws.Refused(str(message.get("reason")))
        else:
            self.messages.append(message)

    def send(self, data: bytes, records: int = 0, executions: int = 0) -> bool:
        """Queues whole records; False when there is no connection."""
        if self.state != "open" or not data:
            return not data
        self._queue(ws.frame(ws.BINARY, data), records, executions)
        return True

    def reply(self, message: dict[str, Any]) -> None:
        """A control message; one that cannot be sent is dropped."""
        if self.state == "open":
            self._queue(ws.frame(ws.TEXT, json.dumps(message).encode("utf-8")))

    def close_now(self) -> None:
        """Gives up."""
        self._drop()
        self.state = "closed"

    def close(self, until: int) -> None:
        """Closes in order, after what was queued is with the operating system, at most until then."""
        if self.state == "open":
            self._queue(ws.frame(ws.CLOSE, b"\x03\xe8"))
            self._flush(until, lambda: bool(self._out))
            self._flush(min(until, now_ns() + _CLOSE_NS), lambda: self._socket is not None)
        self.close_now()

    def _flush(self, until: int, goes_on: Callable[[], bool]) -> None:
        while self._socket is not None and goes_on():
            left = (until - now_ns()) / 1e9
            if left <= 0:
                return
            self.wait(min(left, 0.05), [])
            try:
                self._write()
                self._read()
            except (OSError, ws.WebSocketError, ValueError):
                self._drop()

    def wait(self, seconds: float, others: list[int]) -> None:
        """Waits until there is something to do, at most so long."""
        reading = list(others)
        number = self.fileno()
        if number >= 0:
            reading.append(number)
        writing = [number] if self.wants_to_write else []
        if not reading and not writing:
            return
        try:
            poll = select.poll()
        except AttributeError:
            select.select(reading, writing, [], seconds)
            return
        for descriptor in reading:
            poll.register(descriptor, select.POLLIN)
        if writing:
            poll.register(number, select.POLLIN | select.POLLOUT)
        poll.poll(max(0, seconds) * 1000)

    def _lost(self) -> None:
        self._drop()
        self.state = "waiting"
        self._due = now_ns() + self._delay
        self._delay = min(self._delay * 2, _MAX_DELAY_NS)

    def _drop(self) -> None:
        held, self._socket = self._socket, None
        for _, records, executions in self._out:
            self.lost_records += records
            self.lost_executions += executions
        self._out.clear()
        self.buffered = 0
        if held is not None:
            try:
                held.close()
            except OSError:
                pass
