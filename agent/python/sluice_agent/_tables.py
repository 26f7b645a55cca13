"""What records refer to: strings, lanes, declarations. Kept whole, so that a connection that was lost can begin again with all of it."""

from __future__ import annotations

from typing import Any, Optional

from . import _fxt as fxt
from . import _words as W

_MAX_EVENTS = 1000
_EVENTS = {"knobChange", "loss", "gap", "end"}


def _key(d: dict[str, Any]) -> Optional[tuple[Any, ...]]:
    """Identity of a declaration: a later one with the same key replaces it. None: it is an event."""
    kind = d["kind"]
    if kind in _EVENTS:
        return None
    if kind == "stage":
        return (kind, d["pipeline"], d["name"])
    if kind in ("queue", "knob"):
        return (kind, d["id"])
    if kind == "lane":
        return (kind, d["lane"])
    if kind == "note":
        return (kind, d["code"])
    if kind == "pipeline":
        return (kind, d["name"])
    if kind == "link":
        return (kind, d["pipeline"], d["from"], d["to"])
    return (kind,)


class Tables:
    """Everything that this process has declared."""

    def __init__(self, process: dict[str, Any]) -> None:
        self._process = process
        self._strings: dict[int, str] = {index: text for text, index in W.REF.items()}
        self._lanes: dict[int, tuple[Any, ...]] = {}
        self._first: dict[int, str] = {}
        self._declared: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self.reset()
        self.declare({"kind": "process", **process})

    def reset(self) -> None:
        """Everything must be sent again, on a new connection."""
        self._is_begun = False
        self._unsent_strings = dict.fromkeys(self._strings)
        self._unsent_lanes = dict.fromkeys(self._lanes)
        self._unsent = dict.fromkeys(self._declared)

    def add_string(self, index: int, text: str) -> None:
        self._strings[index] = text
        self._unsent_strings[index] = None

    def add_lane(self, number: int, stage: Optional[str], pipeline: Optional[str], thread: str, slot: int) -> None:
        self._lanes[number] = (number, stage, pipeline, thread, slot)
        self._first.setdefault(number, thread)
        self._unsent_lanes[number] = None
        koid = W.lane_koid(self._process["pid"], number)
        self.declare({"kind": "lane", "lane": koid, "stage": stage, "pipeline": pipeline, "thread": thread, "slot": slot})

    def declare(self, declaration: dict[str, Any]) -> None:
        """Adds or replaces a declaration."""
        key = _key(declaration)
        if key is None:
            # Bounded for a program that turns knobs for hours while nobody listens.
            if len(self._events) < _MAX_EVENTS:
                self._events.append(declaration)
            if declaration["kind"] == "knobChange":
                known = self._declared.get(("knob", declaration["knob"]))
                if known is not None:
                    known["value"] = declaration["to"]
            return
        if key[0] == "note" and key in self._declared:
            return
        self._declared[key] = declaration
        self._unsent[key] = None

    def take(self) -> bytes:
        """Records of what has not been sent yet."""
        out: list[bytes] = []
        if not self._is_begun:
            self._is_begun = True
            out.append(fxt.initialization())
            out.append(fxt.kernel_object(W.OBJECT_PROCESS, self._process["pid"], self._process["title"]))
        for index in self._unsent_strings:
            out.append(fxt.string(index, self._strings[index]))
        for number in self._unsent_lanes:
            out.append(self._lane(*self._lanes[number]))
        rows = [self._declared[key] for key in self._unsent] + self._events
        if rows:
            out.append(fxt.lines(W.MANIFEST, rows))
        self._unsent_strings, self._unsent_lanes, self._unsent, self._events = {}, {}, {}, []
        return b"".join(out)

    def _lane(self, number: int, stage: Optional[str], _pipeline: Optional[str], thread: str, slot: int) -> bytes:
        pid = self._process["pid"]
        koid = W.lane_koid(pid, number)
        first = self._first[number]
        who = thread if first == thread else f"{first} ... {thread}"
        title = f"{stage} {slot + 1} ({who})" if stage is not None else who if slot == 0 else f"{who} spans {slot}"
        ref = W.thread_ref(number)
        out = fxt.thread(ref, pid, koid) if ref else b""
        return out + fxt.kernel_object(W.OBJECT_THREAD, koid, title, pid)
