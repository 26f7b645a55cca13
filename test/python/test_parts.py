"""The agent's parts by themselves."""

import base64
import os
import random
import struct
import sys
import types
import unittest
import zlib
from array import array
from unittest import mock

from engine import AGENT, Trace

for name in [n for n in os.environ if n.startswith("SLUICE_")]:
    del os.environ[name]
sys.path.insert(0, AGENT)

from sluice_agent import _fxt as fxt  # noqa: E402
from sluice_agent import _shared as shared  # noqa: E402
from sluice_agent import _websocket as ws  # noqa: E402
from sluice_agent import _words as W  # noqa: E402
from sluice_agent._clean import count_of, knob_of  # noqa: E402
from sluice_agent._places import assigned_name, short_name  # noqa: E402
from sluice_agent._totals import Histogram  # noqa: E402


class Frames(unittest.TestCase):
    def test_any_cut(self):
        rng = random.Random(1)
        payloads = [bytes(rng.randrange(256) for _ in range(n)) for n in (0, 1, 125, 126, 65535, 65536)]
        stream = b""
        for payload in payloads:
            size = len(payload)
            head = (
                bytes([0x82, size])
                if size < 126
                else bytes([0x82, 126]) + struct.pack(">H", size)
                if size < 65536
                else bytes([0x82, 127]) + struct.pack(">Q", size)
            )
            stream += head + payload
        reader, got, at = ws.FrameReader(), [], 0
        while at < len(stream):
            step = rng.randrange(1, 5000)
            got += reader.feed(stream[at : at + step])
            at += step
        self.assertEqual(got, [(ws.BINARY, p) for p in payloads])

    def test_pieces_and_what_comes_between(self):
        reader = ws.FrameReader()
        got = reader.feed(bytes([0x01, 1]) + b"a" + bytes([0x89, 1]) + b"p" + bytes([0x80, 1]) + b"b")
        self.assertEqual(got, [(ws.PING, b"p"), (ws.TEXT, b"ab")])

    def test_what_is_no_frame(self):
        for wrong in (b"\xf1\x00", b"\x81\x80", bytes([0x82, 127]) + struct.pack(">Q", 1 << 40)):
            with self.assertRaises(ws.WebSocketError):
                ws.FrameReader().feed(wrong)

    def test_addresses(self):
        self.assertEqual(ws.address_of("ws://127.0.0.1:8/agent"), ("127.0.0.1", 8, "/agent"))
        self.assertEqual(ws.address_of("ws://127.0.0.1:8"), ("127.0.0.1", 8, W.AGENT_PATH))
        for wrong in ("", "http://x", "ws://", "ws://x:y"):
            with self.assertRaises(ws.WebSocketError):
                ws.address_of(wrong)
        with self.assertRaises(ws.WebSocketError):
            ws.request("ws://127.0.0.1:8", "a\r\nb: c")


class Records(unittest.TestCase):
    def read(self, *records):
        return Trace(b"".join(records))

    def tables(self, number):
        out = [fxt.string(index, text) for text, index in W.REF.items()] + [fxt.string(99, "söme name")]
        return out + ([fxt.thread(number, 7, W.lane_koid(7, number))] if W.thread_ref(number) else [])

    def test_executions(self):
        for number in (1, 255, 256, 9000):
            times = array("q", [5, 7, 10, 1 << 62])
            trace = self.read(*self.tables(number), fxt.plain_executions(times, 99, number, 7))
            koid = W.lane_koid(7, number)
            self.assertEqual(trace.durations, [("stage", "söme name", koid, 5, 7, {}), ("stage", "söme name", koid, 10, 1 << 62, {})])
            args = [W.uint32_arg(W.REF["items"], 1 << 31), W.string_arg(W.REF["outcome"], W.REF["error"])]
            trace = self.read(*self.tables(number), fxt.event(W.EVENT_DURATION, W.REF["wait"], W.REF["input"], number, 7, 3, args, 4))
            self.assertEqual(trace.durations, [("wait", "input", koid, 3, 4, {"items": 1 << 31, "outcome": "error"})])
            trace = self.read(*self.tables(number), fxt.gauge(W.REF["rssBytes"], number, 7, 3, 1.5))
            self.assertEqual(trace.counters, [("gauge", "rssBytes", koid, 3, {"value": 1.5}, number)])

    def test_texts_and_blobs(self):
        for text in ("", "a", "x" * 70_000, "é" * 20_000, "\ud800"):
            trace = self.read(fxt.string(5, text))
            self.assertTrue(text.encode("utf-8", "replace").decode().startswith(trace.strings[5]))
        rows = [{"kind": "note", "code": str(n), "message": "x" * 300} for n in range(500)]
        self.assertEqual(self.read(fxt.lines(W.MANIFEST, rows)).lines, rows)
        self.assertEqual(self.read(fxt.large_blob("cpuprofile/3", b'{"a":1}')).blobs, {"cpuprofile/3": [{"a": 1}]})
        self.read(fxt.kernel_object(1, 7, "näme"), fxt.kernel_object(2, 8, "", 7), fxt.initialization())


class Histograms(unittest.TestCase):
    def decode(self, text):
        packed = base64.b64decode(text)
        cookie, size = struct.unpack_from(">ii", packed)
        self.assertEqual((cookie, size), (0x1C849304 | 0x10, len(packed) - 8))
        body = zlib.decompress(packed[8:])
        counts, index, at = {}, 0, 40
        while at < len(body):
            value = shift = 0
            while True:
                byte = body[at]
                at += 1
                value |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            value = (value >> 1) ^ -(value & 1)
            if value < 0:
                index -= value
            else:
                counts[index] = value
                index += 1
        return counts

    def test_counts(self):
        histogram, rng = Histogram(), random.Random(2)
        for _ in range(2000):
            histogram.add(int(10 ** rng.uniform(0, 15)))
        self.assertEqual(self.decode(histogram.encode()), histogram.counts)
        self.assertEqual(sum(histogram.counts.values()), 2000)
        self.assertEqual(self.decode(Histogram().encode()), {})

    def test_values_fall_where_they_belong(self):
        for value, index in ((0, 0), (1, 1), (255, 255), (256, 256), (257, 256), (511, 383), (512, 384)):
            histogram = Histogram()
            histogram.add(value)
            self.assertEqual(histogram.counts, {index: 1}, value)


class Memory(unittest.TestCase):
    def test_frames_come_as_they_went(self):
        path, reader = shared.create()
        writer = shared.open_writer(path)
        self.assertFalse(os.path.exists(path))
        self.assertEqual(reader.get(shared.PID), os.getpid())
        rng = random.Random(3)
        for _ in range(50):
            sent = []
            while True:
                frame = (rng.randrange(9), bytes(rng.randrange(256) for _ in range(8)) * rng.randrange(4000))
                if not writer.write(*frame):
                    break
                sent.append(frame)
            self.assertEqual(reader.read(), sent)
        self.assertEqual(reader.read(), [])
        writer.close()
        reader.close()


class FakeGpu:
    """CUDA as far as the timer needs it. Work on the stream takes ``work_ns`` and begins when the GPU is free."""

    def __init__(self, clock):
        self.clock, self.free_at, self.drift = clock, 0, 0.0
        gpu = self

        class Event:
            def __init__(self, enable_timing=False):
                assert enable_timing
                self.at = None

            def record(self, stream):
                self.at = max(gpu.clock(), gpu.free_at)

            def query(self):
                return self.at <= gpu.clock()

            def elapsed_time(self, other):
                assert self.query() and other.query(), "reading an event that has not come waits for it"
                return (other.at - self.at) * (1 + gpu.drift) / 1e6

        self.Event = Event
        self.stream = types.SimpleNamespace(device_index=0)

    @staticmethod
    def is_initialized():
        return True

    def is_current_stream_capturing(self):
        return False

    def current_stream(self):
        return self.stream

    @staticmethod
    def get_device_name(_):
        return "Made-up GPU"

    def launch(self, work_ns):
        self.free_at = max(self.clock(), self.free_at) + work_ns


class Gpu(unittest.TestCase):
    def setUp(self):
        from sluice_agent.adapters import torch_cuda

        self.cuda = torch_cuda
        self.now = [1_000_000_000]
        self.gpu = FakeGpu(lambda: self.now[0])
        torch_cuda._devices.clear()
        self.recorder.notes.clear()
        for patch in (
            mock.patch.dict(sys.modules, torch=types.SimpleNamespace(cuda=self.gpu)),
            mock.patch.object(torch_cuda, "now_ns", lambda: self.now[0]),
            mock.patch.object(self.recorder.state, "on", True),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    @property
    def recorder(self):
        from sluice_agent._recorder import RECORDER

        return RECORDER

    def step(self, timer, host_ns=1_000_000, gpu_ns=5_000_000, items=1):
        """The program launches work and goes on: nobody waits for it."""
        mark = timer.begins()
        self.gpu.launch(gpu_ns)
        self.now[0] += host_ns
        timer.ends(mark, items)

    def device(self):
        """The stage of the device, its executions and the depths of its queue."""
        stage = next(stage for stage in self.recorder.stages.values() if stage.options["via"] == "cuda")
        queue = next(queue for queue in reversed(self.recorder.queues) if queue.options["to"] == stage.name)
        lane = next(lane for lane in reversed(self.recorder.lanes) if lane.stage is stage)
        return stage, list(lane.rare), queue.times

    def test_time_on_the_gpu_is_placed_without_waiting(self):
        timer = self.cuda.GpuTimer(self.recorder.stage("gpu step", kind="gpu"))
        for _ in range(10):
            # 5 ms of work every 4 ms: the GPU falls behind.
            self.step(timer, items=16)
            self.now[0] += 3_000_000
        stage, rows, depths = self.device()
        self.assertEqual((stage.name, stage.options["kind"]), ("Made-up GPU (cuda:0)", "gpu"))
        self.assertTrue(0 < len(rows) < 10, "what has not ended is left for later")
        self.assertEqual(max(depths[1::2]), 3, "what is submitted and not done is the queue")
        # The program is over; the drain asks a last time.
        self.now[0] += 1_000_000_000
        self.cuda.collect()
        _, rows, depths = self.device()
        self.assertEqual((len(rows), depths[-1]), (10, 0))
        for n, (start, end, _, items, failed, waited) in enumerate(rows):
            self.assertAlmostEqual(start, 1_000_000_000 + 5_000_000 * n, delta=2000)
            self.assertAlmostEqual(end - start, 5_000_000, delta=2000)
            self.assertAlmostEqual(waited, 1_000_000 * n, delta=2000)
            self.assertEqual((items, failed), (16, False))

    def test_clocks_that_drift(self):
        timer = self.cuda.GpuTimer(self.recorder.stage("drifting step", kind="gpu"))
        self.gpu.drift = 20e-6
        for _ in range(6000):
            self.step(timer)
            self.now[0] += 9_000_000
        _, rows, _ = self.device()
        self.assertEqual(len(rows), 5999)
        for n, row in enumerate(rows):
            self.assertAlmostEqual(row[0], 1_000_000_000 + 10_000_000 * n, delta=200_000, msg="for a minute")

    def test_steps_of_two_loaders_do_not_overlap(self):
        outer, inner = (self.cuda.GpuTimer(self.recorder.stage(name, kind="gpu")) for name in ("train", "validate"))
        mark = outer.begins()
        for _ in range(3):
            self.step(inner, 6_000_000)
        outer.ends(mark)
        self.now[0] += 1_000_000
        self.cuda.collect()
        _, rows, _ = self.device()
        self.assertEqual(len(rows), 4)
        self.assertTrue(all(a[1] <= b[0] for a, b in zip(rows, rows[1:])), rows)

    def test_a_cuda_that_fails_is_left_alone(self):
        sys.modules["torch"].cuda = None
        timer = self.cuda.GpuTimer(self.recorder.stage("broken step", kind="gpu"))
        self.assertIsNone(timer.begins())
        timer.ends(None)
        self.assertIn("adapter:cuda", self.recorder.notes)

    def test_a_stage_may_use_several_streams(self):
        timer = self.cuda.GpuTimer(self.recorder.stage("two streams", kind="gpu"))
        streams = [self.gpu.stream, types.SimpleNamespace(device_index=0)]
        for n in range(6):
            self.gpu.stream = streams[n % 2]
            self.step(timer)
        self.now[0] += 100_000_000
        self.cuda.collect()
        self.assertEqual(len(self.device()[1]), 6)

    def stages(self):
        """The GPU as stages of the program's own see it: functions, batches, generators, and one that does not work on it."""
        from sluice_agent import pipeline

        p = pipeline(f"gpu {self.id()}")

        def work(*_):
            self.gpu.launch(5_000_000)
            self.now[0] += 1_000_000

        def each(count):
            for _ in range(count):
                yield work()

        return p, work, each

    def test_stages_of_the_programs_own(self):
        p, work, each = self.stages()
        p.stage("plain", kind="gpu")(work)()
        p.stage("sized", kind="gpu", items=len)(work)([1, 2, 3])
        with p.stage("batch", kind="gpu").execution(items=7):
            work()
        with p.stage("block", kind="gpu"):
            work()
        self.assertEqual(list(p.stage("each", kind="gpu")(each)(2)), [None, None])
        p.stage("elsewhere", kind="cpu")(work)()
        self.now[0] += 100_000_000
        self.cuda.collect()
        _, rows, depths = self.device()
        self.assertEqual([row[3] for row in rows], [1, 3, 7, 1, 1, 1])
        self.assertEqual([row[1] - row[0] for row in rows], [5_000_000] * 6)
        self.assertEqual(depths[-1], 0)

    def test_a_stage_that_fails_has_used_the_gpu(self):
        p, work, _ = self.stages()

        def fails():
            work()
            raise ValueError("wanted")

        with self.assertRaises(ValueError):
            p.stage("fails", kind="gpu")(fails)()
        self.now[0] += 100_000_000
        self.cuda.collect()
        self.assertEqual(len(self.device()[1]), 1)
        stage = self.recorder.stages[(p.name, "fails")]
        lane = next(lane for lane in self.recorder.lanes if lane.stage is stage)
        self.assertTrue(lane.rare[0][4])

    def test_what_a_thread_submitted_is_recorded_when_it_is_gone(self):
        import threading

        p, work, _ = self.stages()
        thread = threading.Thread(target=p.stage("threads", kind="gpu")(work))
        thread.start()
        thread.join()
        self.now[0] += 100_000_000
        self.cuda.collect()
        self.assertEqual(len(self.device()[1]), 1)

    def test_without_a_gpu_there_is_nothing_to_time(self):
        p, work, each = self.stages()
        for torch in (types.SimpleNamespace(), types.SimpleNamespace(cuda=types.SimpleNamespace(is_initialized=lambda: False))):
            sys.modules["torch"] = torch
            p.stage("plain", kind="gpu")(work)()
            with p.stage("block", kind="gpu"):
                work()
            list(p.stage("each", kind="gpu")(each)(2))
        self.assertEqual(self.cuda._devices, {})
        self.assertNotIn("adapter:cuda", self.recorder.notes)


class Nested(unittest.TestCase):
    """Which stages are said to run inside of which."""

    def setUp(self):
        from sluice_agent import pipeline
        from sluice_agent._nesting import Nesting
        from sluice_agent._recorder import RECORDER

        self.recorder, self.nesting = RECORDER, Nesting()
        patch = mock.patch.object(RECORDER.state, "on", True)
        patch.start()
        self.addCleanup(patch.stop)
        RECORDER.posts.clear()
        self.p = pipeline(f"nested {self.id()}")

    def round(self):
        """What the drain does ten times a second."""
        posts = self.recorder.posts
        for _ in range(len(posts)):
            kind, *rest = posts.popleft()
            if kind == "inside":
                self.nesting.saw(*rest)
        self.nesting.sample({key: stage for key, stage in self.recorder.stages.items() if stage.pipeline == self.p.name})

    def links(self):
        self.round()
        return {(link["from"], link["to"], link["inside"] > link["seen"] / 2) for link in self.nesting.links()}

    def lanes(self, name):
        return self.recorder.stages[(self.p.name, name)].lanes

    def test_calls(self):
        inner = self.p.stage("inner")(lambda: None)
        middle = self.p.stage("middle")(lambda: [inner() for _ in range(3)])

        def calls():
            with self.p.stage("outer"):
                middle()

        for _ in range(10):
            calls()
            self.round()
        self.assertEqual(self.links(), {("outer", "middle", True), ("middle", "inner", True)})
        self.assertEqual([self.lanes(name) for name in ("outer", "middle", "inner")], [1, 1, 1], "looking costs no lane")
        self.assertEqual(self.links(), set(), "once is enough")

    def test_one_behind_the_other(self):
        for _ in range(10):
            with self.p.stage("first"):
                pass
            with self.p.stage("second"):
                pass
            self.round()
        self.assertEqual(self.links(), set())

    def test_a_stage_is_inside_when_most_of_its_calls_are(self):
        inner = self.p.stage("inner")(lambda: None)
        outer = self.p.stage("outer")(inner)
        outer()
        self.assertEqual(self.links(), {("outer", "inner", True)}, "as far as is known")
        for _ in range(9):
            inner()
            self.round()
        self.assertEqual(self.links(), {("outer", "inner", False)}, "and not any more")
        self.assertEqual(self.links(), set())

    def test_recursion(self):
        def down(n):
            return n and again(n - 1)

        again = self.p.stage("again")(down)
        again(5)
        self.assertEqual((self.links(), self.lanes("again")), (set(), 6))

    def test_generators(self):
        inner = self.p.stage("inner")(lambda: None)

        @self.p.stage("made")
        def made():
            for _ in range(20):
                inner()
                yield

        use = self.p.stage("use")(lambda: None)
        for _ in made():
            use()
            self.round()
        self.assertEqual(self.links(), {("made", "inner", True)}, "what the caller does with an item is not inside")

    def test_tasks_of_an_executor(self):
        import threading

        from sluice_agent.adapters._calls import timed

        inner = self.p.stage("inner")(lambda: None)
        pool = self.recorder.stage("pool", pipeline=self.p.name)
        for _ in range(3):
            thread = threading.Thread(target=timed(pool, inner))
            thread.start()
            thread.join()
        self.assertEqual(self.links(), {("pool", "inner", True)})

    def test_tasks_that_take_turns(self):
        import asyncio

        @self.p.stage("inner")
        async def inner():
            await asyncio.sleep(0)

        @self.p.stage("outer")
        async def outer():
            await inner()
            await asyncio.sleep(0)

        @self.p.stage("beside")
        async def beside():
            await asyncio.sleep(0)
            self.round()

        async def main():
            for _ in range(5):
                await asyncio.gather(outer(), beside(), outer())

        asyncio.run(main())
        self.assertEqual(self.links(), {("outer", "inner", True)})

    def test_where_a_semaphore_is_held(self):
        import asyncio

        from sluice_agent.adapters import asyncio_locks

        class Semaphore(asyncio.Semaphore):
            pass

        asyncio_locks.adapt(types.SimpleNamespace(Semaphore=Semaphore))
        inner, beside = self.p.stage("inner"), self.p.stage("beside")

        async def holds(limit):
            async with limit:
                await asyncio.sleep(0)
                with inner:
                    pass
            with beside:
                pass

        async def main():
            limit = Semaphore(2)
            for _ in range(3):
                await asyncio.gather(*[holds(limit) for _ in range(4)])
                self.round()

        asyncio.run(main())
        from sluice_agent._nesting import HELD

        self.assertEqual(self.links(), {("limit", "inner", True)})
        self.assertEqual(HELD, {})

    def test_steps_end_with_their_iterator(self):
        step = self.recorder.stage("step", pipeline=self.p.name)
        _, home = step.keep()
        inner = self.p.stage("inner")(lambda: None)
        is_open = [True]
        home.asks = lambda: is_open[0]
        inner()
        self.assertEqual(self.links(), {("step", "inner", True)})
        is_open[0] = False
        for _ in range(5):
            inner()
            self.round()
        self.assertEqual(self.links(), {("step", "inner", False)})


class FakeNvml:
    """NVML as far as the agent needs it: two devices."""

    @staticmethod
    def nvmlInit_v2():
        return 0

    @staticmethod
    def nvmlDeviceGetHandleByUUID(name, handle):
        handle._obj.value = {b"GPU-aa": 1, b"GPU-bb": 2}.get(name, 0)
        return 0 if handle._obj.value else 6

    @staticmethod
    def nvmlDeviceGetHandleByIndex_v2(number, handle):
        handle._obj.value = number + 1
        return 0 if number < 2 else 2

    @staticmethod
    def nvmlDeviceGetUtilizationRates(handle, out):
        out._obj.gpu = 10 * handle.value
        return 0

    @staticmethod
    def nvmlDeviceGetMemoryInfo(handle, out):
        out._obj.total, out._obj.used = 1 << 34, handle.value << 30
        return 0


class Driver(unittest.TestCase):
    def sample(self, device, uuid=None, visible=None):
        from sluice_agent import _nvml

        with mock.patch.object(_nvml.ctypes, "CDLL", lambda _: FakeNvml):
            with mock.patch.dict(os.environ, {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}):
                sample = _nvml.Nvml().sample(device, uuid)
        return sample and (sample.utilization, sample.memory_bytes >> 30, sample.limit_bytes >> 30)

    def test_the_device_is_the_one_that_torch_means(self):
        self.assertEqual(self.sample(0, "bb"), (0.2, 2, 16))
        self.assertEqual(self.sample(1), (0.2, 2, 16))
        self.assertEqual(self.sample(0, visible="1"), (0.2, 2, 16))
        self.assertEqual(self.sample(1, visible="1, 0"), (0.1, 1, 16))

    def test_what_is_not_known_is_not_told(self):
        self.assertIsNone(self.sample(0, "cc"))
        self.assertIsNone(self.sample(0, visible="GPU-bb"))
        self.assertIsNone(self.sample(2))
        from sluice_agent._nvml import Nvml

        self.assertIsNone(Nvml("libno-such-library.so.1").sample(0, None))


class Words(unittest.TestCase):
    def test_names(self):
        for text, name in (
            ("jobs = queue.Queue(4)", "jobs"),
            ("    self.pool = Pool(2)", "pool"),
            ("x: Queue = Queue()", "x"),
            ("with Pool(2) as pool:", "pool"),
            ("if a == Queue():", None),
            ("run(Queue())", None),
        ):
            import linecache

            linecache.cache["made.py"] = (len(text), None, [text + "\n"], "made.py")
            self.assertEqual(assigned_name({"file": "made.py", "line": 1, "column": 1}), name, text)
        for name, short in (("decode_queue", "decode"), ("readPool", "read"), ("queue", "queue"), ("pool", "pool"), ("jobs", "jobs")):
            self.assertEqual(short_name(name), short)

    def test_services_of_libraries_are_known(self):
        from sluice_agent import _program

        site = "/venv/lib/python3.12/site-packages/ray"
        for script, is_service in (
            (f"{site}/_private/workers/default_worker.py", False),
            (f"{site}/_private/log_monitor.py", True),
            (f"{site}/_private/runtime_env/agent/main.py", True),
            (f"{site}/dashboard/agent.py", True),
            (f"{site}/autoscaler/_private/monitor.py", True),
            ("/home/me/ray/train.py", False),
            ("/home/me/stingray/dashboard/main.py", False),
        ):
            with mock.patch.object(sys, "orig_argv", ["python", "-u", script, "--port=1"], create=True):
                self.assertEqual(_program.is_service(), is_service, script)

    def test_wrong_options_are_left_out_and_told(self):
        notes = []
        note = lambda code, message: notes.append(message)  # noqa: E731
        for wrong in (-1, "a", True, float("nan")):
            self.assertIsNone(count_of(wrong, "x", note))
        self.assertEqual(len(notes), 4)
        common = {"name": "k", "kind": "batchSize", "stage": "s", "queue": None, "value": 1, "min": 9, "max": 2}
        self.assertEqual((knob_of(common, note)["min"], knob_of(common, note)["max"]), (2, 9))
        for wrong in ({"stage": None}, {"queue": "q"}, {"kind": "x"}, {"value": -1}, {"value": None}):
            self.assertIsNone(knob_of({**common, **wrong}, note))


if __name__ == "__main__":
    unittest.main()
