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
        self.clock, self.free_at, self.epoch, self.synchronised = clock, 0, 123_456_789, 0
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
                return (other.at - self.at) / 1e6

        self.Event = Event

    def is_current_stream_capturing(self):
        return False

    def current_stream(self):
        return types.SimpleNamespace(device_index=0)

    def launch(self, work_ns):
        self.free_at = max(self.clock(), self.free_at) + work_ns


class Gpu(unittest.TestCase):
    def test_time_on_the_gpu_is_placed_without_waiting(self):
        from sluice_agent._recorder import RECORDER
        from sluice_agent.adapters import torch_cuda

        now = [1_000_000_000]
        gpu = FakeGpu(lambda: now[0])
        stage = RECORDER.stage("gpu step", kind="gpu")
        row = RECORDER.own_row(0, "cuda:0")
        with mock.patch.dict(sys.modules, torch=types.SimpleNamespace(cuda=gpu)), mock.patch.object(torch_cuda, "now_ns", lambda: now[0]):
            timer = torch_cuda.GpuTimer(stage)
            for _ in range(10):
                # The program launches 5 ms of work within 1 ms and goes on: the GPU falls behind, and nobody waits for it.
                timer.begins(now[0])
                gpu.launch(5_000_000)
                now[0] += 1_000_000
                timer.ends()
                now[0] += 3_000_000
            seen = len(row.rare)
            self.assertTrue(0 < seen < 10, "what has not ended is left for later")
            now[0] += 1_000_000_000
            timer.begins(now[0])
            timer.ends()
        rows = list(row.rare)
        self.assertGreaterEqual(len(rows), 10)
        for n, (start, end, category, name) in enumerate(rows[:10]):
            self.assertEqual((category, name), (W.REF["gpu"], stage.name_ref))
            self.assertAlmostEqual(start, 1_000_000_000 + 5_000_000 * n, delta=2000)
            self.assertAlmostEqual(end - start, 5_000_000, delta=2000)

    def test_a_cuda_that_fails_is_left_alone(self):
        from sluice_agent._recorder import RECORDER
        from sluice_agent.adapters import torch_cuda

        with mock.patch.dict(sys.modules, torch=types.SimpleNamespace(cuda=None)):
            timer = torch_cuda.GpuTimer(RECORDER.stage("broken step", kind="gpu"))
            timer.begins(1)
            timer.ends()
        self.assertIn("adapter:cuda", RECORDER.notes)


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
