"""Makes whatever a program passes into something that can be declared; the agent must not throw for a wrong option."""

from __future__ import annotations

import math
from typing import Any, Callable, Optional

Note = Callable[[str, str], None]

MAX_NAME_CHARS = 200
MAX_VALUE = 1e12
STAGE_KINDS = ("source", "cpu", "io", "gpu", "sink")
KNOB_KINDS = ("parallelism", "queueDepth", "batchSize")


def name_of(name: Any, what: str, note: Note) -> str:
    """A name that can be declared; ``what`` it names is for the note."""
    if isinstance(name, str) and name:
        if len(name) > MAX_NAME_CHARS:
            note(f"name:{what}:{name[:40]}", f'the name of {what} "{name[:40]}..." was cut to {MAX_NAME_CHARS} characters')
        return name[:MAX_NAME_CHARS]
    note(f"name:{what}", f'a {what} has no name; it is shown as "unnamed {what}". Give it a name.')
    return f"unnamed {what}"


def optional_name(name: Any, what: str, note: Note) -> Optional[str]:
    """A name, or None for none."""
    return None if name is None else name_of(name, what, note)


def is_number(value: Any) -> bool:
    """A number that is none of Python's truth values and not NaN."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return value == value


def count_of(value: Any, what: str, note: Note) -> Optional[float]:
    """A count; None where it is missing or unlimited. What is no count is noted and left out."""
    if value is None or value == math.inf:
        return None
    if is_number(value) and value >= 0:
        return value
    note(f"value:{what}"[:64], f"{what} is {value!r}"[:300] + "; expected a number of at least 0")
    return None


def kind_of(kind: Any, name: str, note: Note) -> str:
    """A kind of stage."""
    if kind in STAGE_KINDS:
        return str(kind)
    note(f"kind:{name}"[:64], f'stage "{name}" has kind {kind!r}; expected one of {", ".join(STAGE_KINDS)}')
    return "cpu"


def declared_value(value: Optional[float]) -> Optional[float]:
    """What JSON can say of a value; None: unlimited."""
    if value is None or value > MAX_VALUE:
        return None
    return max(0, value)


def knob_of(options: dict[str, Any], note: Note) -> Optional[dict[str, Any]]:
    """Options of a knob that can be declared; None when they make no knob."""
    name = name_of(options["name"], "knob", note)
    code = f"knob:{name}"[:64]
    if (options["stage"] is None) == (options["queue"] is None):
        note(code, f'knob "{name}" is left out: it must name the stage or the queue that it tunes, exactly one of them')
        return None
    if options["kind"] not in KNOB_KINDS:
        note(code, f'knob "{name}" is left out: its kind is {options["kind"]!r}; expected one of {", ".join(KNOB_KINDS)}')
        return None
    if not is_number(options["value"]) or options["value"] < 0:
        note(code, f'knob "{name}" is left out: its value is {options["value"]!r}'[:400])
        return None
    low = options["min"] if is_number(options["min"]) and options["min"] >= 0 else 0
    high = count_of(options["max"], f'max of knob "{name}"', note)
    if high is not None and high < low:
        note(code, f'knob "{name}" has min {low} above max {high}; they were exchanged')
        low, high = high, low
    stage = optional_name(options["stage"], "stage", note)
    queue = optional_name(options["queue"], "queue", note)
    return {**options, "name": name, "stage": stage, "queue": queue, "min": low, "max": high}
