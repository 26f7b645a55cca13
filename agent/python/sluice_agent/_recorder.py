"""What the program records, up to the point where the drain takes it.

Each execution is two numbers appended to a list of its lane (an array would take three times as long to append to). A lane belongs to
one thread and one slot of a stage, so nothing is locked, looked up in a dictionary or made on the hot path (``_wrap.py``). The drain
takes what is there a few times a second.

A name is posted before the first record that uses it. The drain notes how far the lists have come, takes what was posted, and then
reads as far as noted; so no record is ever sent before what it refers to.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from time import perf_counter_ns
from typing import Any, Callable, Optional

from . import _clean as clean
from . import _nesting as nesting
from . import _words as W
from ._places import Source, place

now_ns = perf_counter_ns
MAX_STAGES = 1000
MAX_LANES = 16_384
MAX_QUEUES = 4096
MAX_KNOBS = 4096
MAX_NOTES = 200
MAX_SPAN_NAMES = 14_000
MAX_STRINGS = 20_000
MAX_CPU_TIMES = 10_000
OTHER_STAGES = "(other stages)"


class State:
    """Is anybody listening? Looked at on every call."""

    __slots__ = ("on", "worker")

    def __init__(self) -> None:
        self.on = False
        #: Hands this process's records to the one that started it (``_satellite.py``); None: it has a drain of its own.
        self.worker: Any = None


class Lane:
    """A row on which executions never overlap."""

    __slots__ = ("number", "stage", "slot", "thread", "times", "rare", "entry", "_give")

    def __init__(self, number: int, stage: Optional[Stage], slot: int, thread: str) -> None:
        self.number = number
        self.stage = stage
        self.slot = slot
        self.thread = thread
        #: ``start, end, start, end, ...`` of executions without detail; each pair comes in one operation.
        self.times: list[int] = []
        #: ``(start, end, item, items, failed, waited ns)``, and waits and spans as ``(start, end, category, name)``.
        self.rare: deque[tuple[Any, ...]] = deque()
        self.lend_to([])

    def lend_to(self, free: list[Any]) -> None:
        """The lane goes back to this list whenever it is given back. What is in the list holds all that a recorded call needs."""
        self._give: Callable[[Any], None] = free.append
        self.entry = (self.times.extend, self._give, self)

    def free(self) -> None:
        """Gives the lane back."""
        self._give(self.entry)

    def fail(self, start: int) -> None:
        """The function has thrown, now."""
        self.rare.append((start, now_ns(), None, 1, True, None))
        self.free()

    def detail(self, start: int, end: int, item: Optional[int], items: int, failed: bool, waited: Optional[int]) -> None:
        """An execution with more to say than two times. Does not give the lane back."""
        self.rare.append((start, end if end > start else start, item, items, failed, waited))

    def wait(self, name: str, start: int, end: int) -> None:
        """The lane waited: ``input``, ``output`` or ``limit``."""
        if end > start:
            self.rare.append((start, end, W.REF["wait"], W.REF[name]))

    def span(self, name: int, start: int, end: int) -> None:
        """A nested span under this lane's execution."""
        self.rare.append((start, end if end > start else start, W.REF["span"], name))


class Home:
    """The lanes of one stage in one thread. When the thread ends, the next one gets those that are free."""

    __slots__ = ("free", "aside", "lanes", "asks", "lock", "stage", "__weakref__")

    def __init__(self, stage: Stage) -> None:
        self.free: list[Any] = []
        #: Free as well, but out of the hot path's sight: who needs one is looked at (``_nesting.py``).
        self.aside: list[Any] = []
        #: How many lanes it has, those in use included.
        self.lanes = 0
        #: Whether an execution is open, of stages that keep their lane.
        self.asks: Optional[Callable[[], bool]] = None
        #: While the drain has a lane in its hand the thread must not take it for missing. Nobody holds it for longer than that;
        #: a signal handler may come in between, in the same thread.
        self.lock = threading.RLock()
        self.stage = stage

    @property
    def is_open(self) -> bool:
        """Has its thread an execution of the stage that has not ended?"""
        return self.lanes > len(self.free) + len(self.aside) or (self.asks is not None and self.asks())

    def put_aside(self) -> int:
        """The next execution in this thread takes the long way. Returns how many lanes were put aside: one or none."""
        with self.lock:
            if self.aside:
                return 0
            try:
                self.aside.append(self.free.pop())
            except IndexError:
                return 0
        return 1

    def __del__(self) -> None:
        try:
            self.stage.spare.extend(entry[2] for entry in self.free + self.aside)
        except Exception:  # noqa: BLE001 - the interpreter is going
            pass


class Stage:
    """A stage of this process."""

    __slots__ = (
        "recorder",
        "name",
        "pipeline",
        "local",
        "spare",
        "options",
        "name_ref",
        "lanes",
        "homes",
        "worker_lanes",
        "timer",
        "key",
        "__weakref__",
    )

    def __init__(self, recorder: Recorder, name: str, options: dict[str, Any]) -> None:
        self.recorder = recorder
        self.name = name
        self.pipeline: Optional[str] = options["pipeline"]
        self.options = options
        self.local = threading.local()
        self.spare: list[Lane] = []
        self.name_ref = 0
        self.lanes = 0
        self.homes: weakref.WeakSet[Home] = weakref.WeakSet()
        #: Lanes of worker processes that have ended, and until when they were used (``_workers.py``).
        self.worker_lanes: list[tuple[Lane, int]] = []
        #: Of a stage that works on a GPU (``_gpu.py``).
        self.timer: Any = None
        self.key: tuple[Any, ...] = ()

    def lane(self) -> Lane:
        """A lane for the calling thread when it has none that is free. Not on the hot path."""
        local = self.local
        try:
            home = local.home
        except AttributeError:
            home = local.home = Home(self)
            local.take = home.free.pop
            self.homes.add(home)
            self.recorder.homes_here().append(home)
        self.recorder.look_around(self)
        with home.lock:
            if home.aside:
                return home.aside.pop()[2]  # type: ignore[no-any-return]
        home.lanes += 1
        try:
            lane = self.spare.pop()
        except IndexError:
            self.recorder.adopt(self)
            lane = self.recorder.new_lane(self, self.lanes, thread_name())
            self.lanes += 1
        else:
            if lane.thread != thread_name():
                lane.thread = thread_name()
                self.recorder.post_lane(lane)
        lane.lend_to(home.free)
        return lane

    def take(self) -> Lane:
        """A free lane of the calling thread."""
        try:
            return self.local.take()[2]
        except (AttributeError, IndexError):
            return self.lane()

    def keep(self) -> tuple[Lane, Home]:
        """A lane of the calling thread that is never given back, and where it belongs."""
        lane = self.take()
        home: Home = self.local.home
        home.lanes -= 1
        return lane, home

    def put_aside(self, most: int) -> int:
        """Has the next execution in each thread looked at; returns in how many, ``most`` at most."""
        count = 0
        try:
            for home in self.homes:
                if count >= most:
                    break
                count += home.put_aside()
        except RuntimeError:
            # A thread came in between. It will have its turn.
            pass
        return count

    def set_parallelism(self, parallelism: Optional[int]) -> None:
        """Declares the new parallelism when it differs."""
        if parallelism != self.options["parallelism"]:
            self.options["parallelism"] = parallelism
            self.recorder.declare(self.declaration())

    def declaration(self) -> dict[str, Any]:
        o = self.options
        return {
            "kind": "stage",
            "name": self.name,
            "pipeline": self.pipeline,
            "stageKind": o["kind"],
            "parallelism": clean.declared_value(o["parallelism"]),
            "via": o["via"],
            "source": o["source"],
        }


def thread_name() -> str:
    """Name of the calling thread, as people know it. Does not register threads that Python did not start."""
    ident = threading.get_ident()
    known = threading._active.get(ident)  # type: ignore[attr-defined]
    if known is None:
        return f"thread {ident}"
    return "main" if known is threading.main_thread() else str(known.name)[:200]


class Recorder:
    """Everything that one process declares and records. The lock is for declarations only."""

    def __init__(self) -> None:
        self.state = State()
        self.lock = threading.RLock()
        self._here = threading.local()
        self.reset()

    def reset(self) -> None:
        """Forgets what was told to the drain: a new process begins."""
        self.stages: dict[tuple[Optional[str], str], Stage] = {}
        self.stage_keys: dict[tuple[Any, ...], Stage] = {}
        self.strings: dict[str, int] = dict(W.REF)
        self.lanes: list[Lane] = []
        #: Lanes of threads as such: for spans outside of executions, queues, gauges, collections.
        self.own_rows: dict[tuple[str, int], Lane] = {}
        self.row_ends: dict[tuple[str, int], int] = {}
        #: Those that belong to threads, and those that belonged to one that has ended, by slot.
        self.thread_rows: set[tuple[str, int]] = set()
        self.free_rows: dict[int, list[Lane]] = {}
        self.queues: list[Any] = []
        self.knobs: dict[int, Any] = {}
        self.posts: deque[tuple[Any, ...]] = deque()
        #: What others have measured of threads that are not this process's: ``(thread, start, end, CPU time in ns)``.
        self.cpu_times: deque[tuple[str, int, int, int]] = deque(maxlen=MAX_CPU_TIMES)
        self.notes: dict[str, str] = {}
        self.unnamed = 0

    def homes_here(self) -> list[Home]:
        """The homes of the calling thread."""
        try:
            return self._here.homes  # type: ignore[no-any-return]
        except AttributeError:
            homes: list[Home] = []
            self._here.homes = homes
            return homes

    def look_around(self, stage: Stage) -> None:
        """An execution of this stage begins: tells the drain what it is inside of."""
        others = nesting.around(stage, self.homes_here())
        self.post("inside", (stage.pipeline, stage.name), [(other.pipeline, other.name) for other in others])

    def post(self, *message: Any) -> None:
        """Tells the drain."""
        self.posts.append(message)

    def declare(self, declaration: dict[str, Any]) -> None:
        self.posts.append(("declare", declaration))

    def note(self, code: str, message: str) -> None:
        """Tells the user something, once per code."""
        if code in self.notes or len(self.notes) >= MAX_NOTES:
            return
        self.notes[code] = message
        self.declare({"kind": "note", "code": code[:64], "message": message[:2048]})

    def string(self, text: str) -> int:
        """Index of a name in the string table; 0 when the table is full."""
        known = self.strings.get(text)
        if known is not None:
            return known
        with self.lock:
            known = self.strings.get(text)
            if known is not None:
                return known
            index = len(self.strings) + 1
            if index > MAX_STRINGS:
                self.note("limit:names", f"this process has more than {MAX_STRINGS} names; what comes after them is not recorded")
                return 0
            self.post("string", index, text)
            self.strings[text] = index
            return index

    def span_string(self, text: str) -> int:
        """Index of a span's name; when there are too many of those, that of a name for all others."""
        if text not in self.strings and len(self.strings) > MAX_SPAN_NAMES:
            return self.string("(other)")
        return self.string(text)

    def new_lane(self, stage: Optional[Stage], slot: int, thread: str) -> Lane:
        """A lane with a number of its own. When there are too many, one whose records are lost and counted."""
        with self.lock:
            number = len(self.lanes) + 1
            if number > MAX_LANES:
                self.note("limit:lanes", f"this process has more than {MAX_LANES} lanes; what comes after them is not recorded")
                lane = Lane(0, stage, slot, thread)
            else:
                lane = Lane(number, stage, slot, thread)
                self.post_lane(lane)
            self.lanes.append(lane)
            if self.state.worker is not None:
                self.state.worker.lane_added(lane)
            return lane

    def post_lane(self, lane: Lane) -> None:
        stage = lane.stage
        self.post(
            "lane",
            lane.number,
            None if stage is None else stage.name,
            None if stage is None else stage.pipeline,
            lane.thread,
            lane.slot,
        )

    def own_row(self, slot: int = 0, thread: Optional[str] = None, is_thread: bool = False) -> Lane:
        """The lane of the calling thread as such, of the one that is named (``is_thread``), or of something that is none."""
        key = (thread_name() if thread is None else thread, slot)
        lane = self.own_rows.get(key)
        if lane is None:
            with self.lock:
                lane = self.own_rows.get(key)
                if lane is None:
                    lane = self.own_rows[key] = self._new_row(key)
                    if thread is None or is_thread:
                        self.thread_rows.add(key)
        return lane

    def _new_row(self, key: tuple[str, int]) -> Lane:
        free = self.free_rows.get(key[1])
        if not free:
            return self.new_lane(None, key[1], key[0])
        lane = free.pop()
        lane.thread = key[0]
        self.post_lane(lane)
        return lane

    def retire_rows(self, alive: set[str]) -> None:
        """Rows of threads that are no more go to the next ones: programs start threads all day."""
        with self.lock:
            for key in [key for key in self.thread_rows if key[0] not in alive]:
                lane = self.own_rows[key]
                # Threads that Python did not start are in no list of those that run.
                if key[0].startswith("thread ") or lane.rare or lane.number == 0:
                    continue
                del self.own_rows[key]
                self.thread_rows.discard(key)
                self.row_ends.pop(key, None)
                self.free_rows.setdefault(key[1], []).append(lane)

    def stage(
        self,
        name: Any,
        *,
        kind: Any = "cpu",
        parallelism: Any = None,
        pipeline: Optional[str] = None,
        via: str = "api",
        source: Optional[Source] = None,
    ) -> Stage:
        """Declares a stage, or finds the one that was declared from the same place. Names that clash get the place appended."""
        name = clean.name_of(name, "stage", self.note)
        spot = place(source)
        key = (pipeline, name, via, spot)
        with self.lock:
            known = self.stage_keys.get(key)
            if known is not None:
                return known
            if len(self.stages) >= MAX_STAGES:
                self.note("limit:stages", f"this process has more than {MAX_STAGES} stages; the others are one, {OTHER_STAGES!r}")
                name, pipeline, spot = OTHER_STAGES, None, None
                if (pipeline, name) in self.stages:
                    return self.stages[(pipeline, name)]
            name = self._free_name(name, pipeline, spot, via)
            options = {
                "kind": clean.kind_of(kind, name, self.note),
                "parallelism": clean.count_of(parallelism, f'parallelism of stage "{name}"', self.note),
                "pipeline": pipeline,
                "via": via[:64],
                "source": source,
            }
            stage = Stage(self, name, options)
            stage.key = key
            self._enlist(stage)
            return stage

    def _enlist(self, stage: Stage) -> None:
        stage.name_ref = self.string(stage.name)
        self.stages[(stage.pipeline, stage.name)] = self.stage_keys[stage.key] = stage
        if stage.name_ref:
            self.declare(stage.declaration())

    def adopt(self, stage: Stage) -> None:
        """Declares a stage that was declared before this process was forked, when it is first used."""
        with self.lock:
            if self.stages.get((stage.pipeline, stage.name)) is None:
                if stage.pipeline is not None:
                    self.declare({"kind": "pipeline", "name": stage.pipeline})
                self._enlist(stage)

    def forked(self) -> None:
        """This process is a copy of another one: what is declared here is declared when it is used, and nothing is recorded yet."""
        stages, queues, knobs = list(self.stages.values()), self.queues, list(self.knobs.values())
        self.lock = threading.RLock()
        self._here = threading.local()
        nesting.HELD.clear()
        self.reset()
        for stage in stages:
            # Other threads are gone, and their lanes with them; those of executions under way stay with these, unheard.
            stage.local.__dict__.clear()
            stage.spare, stage.worker_lanes, stage.lanes, stage.name_ref = [], [], 0, 0
            stage.homes = weakref.WeakSet()
        for queue in queues:
            queue.forked()
        for knob in knobs:
            knob.id = 0

    def _free_name(self, name: str, pipeline: Optional[str], spot: Optional[tuple[str, int]], via: str) -> str:
        if (pipeline, name) not in self.stages:
            return name
        longer = f"{name} ({via})" if spot is None else f"{name} ({spot[0]}:{spot[1]})"
        number = 2
        while (pipeline, longer) in self.stages:
            longer = f"{name} ({number})"
            number += 1
        return longer


#: The process's only recorder.
RECORDER = Recorder()
