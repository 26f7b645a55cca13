"""Numbers and names of the capture format (FXT), as ``agent/wire/format.ts`` has them.

Everything is a little-endian 64-bit word. A record is a header word and its payload::

    bits 0..3 type | 4..15 size in words, header included | 16..63 depends on the type

Nothing here imports anything of the agent, and nothing outside of this file and ``_fxt.py`` spells out a number of the format.
"""

from __future__ import annotations

METADATA, INITIALIZATION, STRING, THREAD, EVENT, BLOB, KERNEL_OBJECT, LARGE = 0, 1, 2, 3, 4, 5, 7, 15
EVENT_COUNTER, EVENT_DURATION = 1, 4
ARG_UINT32, ARG_DOUBLE, ARG_STRING, ARG_KOID = 2, 5, 6, 8
BLOB_DATA = 1
OBJECT_PROCESS, OBJECT_THREAD = 1, 2

MAX_STRING_INDEX = 0x7FFF
MAX_THREAD_INDEX = 0xFF
MAX_STRING_BYTES = 32_000
MAX_RECORD_WORDS = 0xFFF
TICKS_PER_SECOND = 1_000_000_000
MAX_UINT32 = 0xFFFF_FFFF

SUBPROTOCOL = "sluice.v1"
PROTOCOL_VERSION = 1
AGENT_PATH = "/agent"
MANIFEST = "sluice/manifest"
SUMMARY = "sluice/summary"

#: The first strings of the table of every process, so that nobody allocates them; the first has index 1.
WELL_KNOWN = (
    "stage",
    "wait",
    "span",
    "gpu",
    "queue",
    "gauge",
    "runtime",
    "input",
    "output",
    "limit",
    "item",
    "items",
    "waitUs",
    "outcome",
    "error",
    "depth",
    "low",
    "high",
    "value",
    "cpuCores",
    "rssBytes",
    "threadCpu",
    "coreWait",
    "gilDelayNs",
    "gpuUtilization",
    "gpuMemoryBytes",
    "gpuMemoryLimitBytes",
    "gc minor",
    "gc major",
    "gc incremental",
    "process",
)
REF = {text: index + 1 for index, text in enumerate(WELL_KNOWN)}
FIRST_FREE_STRING = len(WELL_KNOWN) + 1

#: Lanes of all processes of a machine have ids of their own: (process id) x 65536 + number.
LANES_PER_PROCESS = 65_536


def lane_koid(pid: int, number: int) -> int:
    """The id of a lane: unique on the machine as long as the process id is."""
    return pid * LANES_PER_PROCESS + number


def thread_ref(number: int) -> int:
    """Index of a lane in the thread table; 0 when the table is full and records name the lane themselves."""
    return number if number <= MAX_THREAD_INDEX else 0


def event_header(kind: int, words: int, args: int, ref: int, category: int, name: int) -> int:
    """Header word of an event whose strings are all in the table."""
    return EVENT | (words << 4) | (kind << 16) | (args << 20) | (ref << 24) | (category << 32) | (name << 48)


def uint32_arg(name: int, value: int) -> int:
    """A whole argument of 32 bits."""
    return ARG_UINT32 | (1 << 4) | (name << 16) | ((value & MAX_UINT32) << 32)


def string_arg(name: int, value: int) -> int:
    """A whole argument that refers to a string of the table."""
    return ARG_STRING | (1 << 4) | (name << 16) | (value << 32)


def double_arg(name: int) -> int:
    """First word of an argument whose second word is a double."""
    return ARG_DOUBLE | (2 << 4) | (name << 16)
