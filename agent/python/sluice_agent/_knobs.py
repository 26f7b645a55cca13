"""Knobs: numbers that the user, or Sluice on the user's behalf, can tune."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Optional

from . import _clean as clean
from ._places import Source
from ._recorder import MAX_KNOBS, RECORDER, now_ns


class KnobRecorder:
    """A knob as it was declared, and the way to turn it."""

    def __init__(self, options: dict[str, Any], apply: Optional[Callable[[float], None]], owner: Any) -> None:
        self.options = options
        self.value: Optional[float] = options["value"]
        self.id = 0
        self._apply = apply
        # What the knob belongs to is not kept alive; its setter takes the owner as an argument.
        self._owner = None if owner is None else weakref.ref(owner)
        self._by = "program"
        self._ordered_at: Optional[int] = None

    @property
    def is_live(self) -> bool:
        return self._apply is not None and (self._owner is None or self._owner() is not None)

    def apply(self, value: float, is_back: bool = False) -> None:
        """Turns the knob as Sluice asked. Raises with the reason when it cannot."""
        name, low, high = self.options["name"], self.options["min"], self.options["max"]
        if not is_back and (value < low or (high is not None and value > high)):
            raise ValueError(f"{name}: {value:g} is not between {low:g} and {'unlimited' if high is None else f'{high:g}'}")
        if self._apply is None:
            raise ValueError(f"{name}: the program has no way to set it")
        number: float = int(value) if value == value and abs(value) < 1e15 and value == int(value) else value
        self._by, self._ordered_at = "sluice", now_ns()
        try:
            if self._owner is None:
                self._apply(number)
            else:
                owner = self._owner()
                if owner is None:
                    raise ValueError(f"{name}: the program has dropped what it tunes")
                self._apply(owner, number)  # type: ignore[call-arg]
            self.changed(number)
        finally:
            self._by, self._ordered_at = "program", None

    def changed(self, value: float) -> None:
        """The value is another one now, whoever set it."""
        before, self.value = self.value, value
        if value == before or not self.id or value != value:
            return
        change = {
            "kind": "knobChange",
            "knob": self.id,
            "from": clean.declared_value(before),
            "to": clean.declared_value(value),
            "atNs": self._ordered_at or now_ns(),
            "by": self._by,
        }
        RECORDER.declare(change)

    def dropped(self) -> None:
        """The program has dropped what the knob tunes: it is not live any more."""
        self._apply = None
        if self.id:
            RECORDER.declare(self.declaration())

    def declaration(self) -> dict[str, Any]:
        o = self.options
        return {
            "kind": "knob",
            "id": self.id,
            "name": o["name"],
            "knobKind": o["kind"],
            "pipeline": o["pipeline"],
            "stage": o["stage"],
            "queue": o["queue"],
            "value": clean.declared_value(self.value),
            "min": clean.declared_value(o["min"]) or 0,
            "max": clean.declared_value(o["max"]),
            "live": self.is_live,
            "remark": None if o["remark"] is None else str(o["remark"])[:1024],
            "via": o["via"],
            "source": o["source"],
        }


def declare_knob(
    name: Any,
    *,
    kind: Any,
    value: Any,
    min: Any = 0,
    max: Any = None,
    stage: Any = None,
    queue: Any = None,
    pipeline: Optional[str] = None,
    apply: Optional[Callable[..., None]] = None,
    owner: Any = None,
    remark: Optional[str] = None,
    via: str = "api",
    source: Optional[Source] = None,
) -> Optional[KnobRecorder]:
    """Declares a knob; None when the options make none. With ``owner`` the setter is called as ``apply(owner, value)``."""
    options = clean.knob_of(
        {
            "name": name,
            "kind": kind,
            "value": value,
            "min": min,
            "max": max,
            "stage": stage,
            "queue": queue,
            "pipeline": pipeline,
            "remark": remark,
            "via": via[:64],
            "source": source,
        },
        RECORDER.note,
    )
    if options is None:
        return None
    knob = KnobRecorder(options, apply if callable(apply) else None, owner)
    with RECORDER.lock:
        if len(RECORDER.knobs) >= MAX_KNOBS:
            RECORDER.note("limit:knobs", f"this process has more than {MAX_KNOBS} knobs; the others are not shown")
            return knob
        knob.id = len(RECORDER.knobs) + 1
        RECORDER.knobs[knob.id] = knob
        RECORDER.declare(knob.declaration())
    return knob


class Knob:
    """What ``Pipeline.knob`` returns."""

    def __init__(self, value: float, low: Any, high: Any, apply: Optional[Callable[[float], None]]) -> None:
        self._value = value
        self._low = low if clean.is_number(low) else 0
        self._high = high if clean.is_number(high) else float("inf")
        self._apply = apply
        self._recorder: Optional[KnobRecorder] = None

    @property
    def value(self) -> float:
        """The value now, whoever set it."""
        return self._value

    def set(self, value: float) -> None:
        """The program sets the value: calls ``apply`` with it, within ``min`` and ``max``. Raises what ``apply`` raises."""
        if value != value:
            return
        low, high = min(self._low, self._high), max(self._low, self._high)
        self._turn(min(max(value, low), high))
        if self._recorder is not None:
            self._recorder.changed(self._value)

    def _turn(self, value: float) -> None:
        if self._apply is not None:
            self._apply(value)
        self._value = value
