"""The part of a WebSocket client (RFC 6455) that the agent needs: handshake, masked frames out, frames in, ping and close.

The mask is four zero bytes. That is a legal mask; the random one protects proxies from scripts in browsers, and there is neither here.
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Optional
from urllib.parse import urlsplit

from . import _words as W

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_MESSAGE_BYTES = 1024 * 1024
_MAX_HEAD_BYTES = 16 * 1024


class WebSocketError(Exception):
    """The other side is no engine, or broke the protocol."""


class Refused(WebSocketError):
    """The other side answered, and not with an upgrade: it will not do so the next time either."""


def address_of(url: str) -> tuple[str, int, str]:
    """Host, port and path of a ``ws:`` URL. Raises ``WebSocketError`` for anything else."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise WebSocketError(f"the URL is none: {error}") from None
    if parts.scheme != "ws" or not host:
        raise WebSocketError("expected a URL that begins with ws://")
    path = parts.path if parts.path not in ("", "/") else W.AGENT_PATH
    return host, port or 80, path


def request(url: str, token: str) -> tuple[bytes, str]:
    """The upgrade request, and the accept key that must come back."""
    host, port, path = address_of(url)
    key = base64.b64encode(os.urandom(16))
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode("ascii")
    head = (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key.decode('ascii')}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {W.SUBPROTOCOL}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    if any(ord(c) < 32 and c not in "\r\n" for c in head) or "\n" in token or "\r" in token:
        raise WebSocketError("the address or the token holds control characters")
    return head.encode("latin-1", "replace"), accept


def accepted(head: bytes, accept: str) -> None:
    """Checks the answer to ``request``. Raises ``Refused``."""
    rows = head.decode("latin-1").split("\r\n")
    status = rows[0].split(" ")
    if len(status) < 2 or status[1] != "101":
        raise Refused(f"answered {rows[0][:100]!r}")
    fields = {}
    for row in rows[1:]:
        name, _, value = row.partition(":")
        fields[name.strip().lower()] = value.strip()
    if fields.get("sec-websocket-accept") != accept:
        raise Refused("answered with a wrong key")
    if fields.get("sec-websocket-protocol") != W.SUBPROTOCOL:
        raise Refused("speaks another subprotocol")


def head_end(received: bytes) -> int:
    """Where the answer's head ends; -1: not yet. Raises when it is too long."""
    end = received.find(b"\r\n\r\n")
    if end < 0 and len(received) > _MAX_HEAD_BYTES:
        raise Refused("answered with an endless head")
    return end


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole frame, masked with zeros."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65_536:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | opcode, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


class FrameReader:
    """Puts frames together from whatever pieces arrive."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._message = bytearray()
        self._opcode = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Whole messages and control frames that are complete now. Raises ``WebSocketError``."""
        self._bytes += data
        out: list[tuple[int, bytes]] = []
        while True:
            taken = self._frame()
            if taken is None:
                return out
            message = self._joined(*taken)
            if message is not None:
                out.append(message)

    def _frame(self) -> Optional[tuple[bool, int, bytes]]:
        held = self._bytes
        if len(held) < 2:
            return None
        first, second = held[0], held[1]
        if first & 0x70 or second & 0x80:
            raise WebSocketError("a frame has bits set that nobody agreed on")
        size, at = second & 0x7F, 2
        if size == 126:
            at = 4
            size = int.from_bytes(held[2:4], "big")
        elif size == 127:
            at = 10
            size = int.from_bytes(held[2:10], "big")
        if len(held) < at:
            return None
        if size > MAX_MESSAGE_BYTES:
            raise WebSocketError(f"a frame of {size} bytes")
        if len(held) < at + size:
            return None
        payload = bytes(held[at : at + size])
        del held[: at + size]
        return bool(first & 0x80), first & 0xF, payload

    def _joined(self, is_last: bool, opcode: int, payload: bytes) -> Optional[tuple[int, bytes]]:
        if opcode >= 8:
            return opcode, payload
        if opcode:
            self._opcode = opcode
            self._message.clear()
        self._message += payload
        if len(self._message) > MAX_MESSAGE_BYTES:
            raise WebSocketError("a message that is too long")
        if not is_last:
            return None
        return self._opcode, bytes(self._message)
