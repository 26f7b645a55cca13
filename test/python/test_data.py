"""Datasets of Ray Data and of tf.data: against stand-ins that are built as the real ones, and against these where they are installed."""

import gc
import importlib.util
import os
import sys
import types
import unittest
import weakref
from unittest import mock

from engine import AGENT, Engine

for name in [n for n in os.environ if n.startswith("SLUICE_")]:
    del os.environ[name]
sys.path.insert(0, AGENT)

from sluice_agent._recorder import RECORDER  # noqa: E402
from sluice_agent.adapters import ray_data, ray_places, tf_data  # noqa: E402

MS = 1_000_000


class Stats:
    """``BlockExecStats``: seconds of the clock that ``time.perf_counter`` reads, on whatever machine."""

    def __init__(self, start, end, cpu=0, written=0, node="here"):
        self.start_time_s, self.end_time_s, self.wall_time_s = start / 1e9, end / 1e9, (end - start) / 1e9
        self.cpu_time_s, self.block_ser_time_s, self.node_id = cpu / 1e9, written / 1e9, node


class Bundle:
    def __init__(self, *blocks):
        self.metadata = [types.SimpleNamespace(num_rows=rows, exec_stats=stats) for rows, stats in blocks]

    def num_rows(self):
        rows = [meta.num_rows for meta in self.metadata]
        return None if None in rows else sum(rows)


def fake_ray():
    """The parts of Ray that the adapter touches, new for each test."""

    class OpRuntimeMetrics:
        def __init__(self):
            self.calls = []

        def on_task_submitted(self, task_index, inputs, task_id=None):
            self.calls.append("submitted")

        def on_task_output_generated(self, task_index, output):
            self.calls.append("generated")

        def on_task_finished(self, task_index, exception, task_exec_stats=None, task_exec_driver_stats=None):
            self.calls.append("finished")

    class PhysicalOperator:
        def __init__(self, name, *inputs, logical=(), limit=None, args=None):
            self.name, self.input_dependencies, self.metrics = name, list(inputs), OpRuntimeMetrics()
            self._logical_operators, self._limit, self._ray_remote_args = list(logical), limit, args or {}

        def get_max_concurrency_limit(self):
            return self._limit

    class InputDataBuffer(PhysicalOperator):
        pass

    class LimitOperator(PhysicalOperator):
        pass

    class MapOperator(PhysicalOperator):
        pass

    class OpState:
        def __init__(self, op):
            self.op, self.output = op, []

        def get_output_blocking(self, output_split_idx):
            return self.output.pop(0)

    class StreamingExecutor:
        def execute(self, ops):
            self._topology = streaming.build_streaming_topology(ops[-1], None, ops)
            return self._topology

        def shutdown(self, force, exception=None):
            return "down"

    class Dataset:
        def __init__(self, fn=None):
            self.fn = fn

        def map_batches(self, fn, **options):
            return Dataset(fn)

    streaming = types.SimpleNamespace(
        StreamingExecutor=StreamingExecutor, build_streaming_topology=lambda dag, options, ops: {op: OpState(op) for op in ops}
    )
    ray_data.adapt(streaming)
    ray_data.adapt_state(types.SimpleNamespace(OpState=OpState))
    ray_data.adapt_metrics(types.SimpleNamespace(OpRuntimeMetrics=OpRuntimeMetrics))
    ray_places.adapt(types.SimpleNamespace(Dataset=Dataset))
    runtime = types.SimpleNamespace(get_runtime_context=lambda: types.SimpleNamespace(get_node_id=lambda: "here"))
    return types.SimpleNamespace(**{k: v for k, v in locals().items()})


class Recorded(unittest.TestCase):
    def setUp(self):
        self.now = [1000 * MS]
        patches = [mock.patch.object(RECORDER.state, "on", True)]
        for patch in patches:
            patch.start()
            self.addCleanup(patch.stop)
        RECORDER.forked()
        RECORDER.notes.clear()

    def rows(self, stage):
        """Executions and waits of a stage as the drain finds them, by lane."""
        return [list(lane.rare) for lane in RECORDER.lanes if lane.stage is not None and lane.stage.name == stage]

    def steps(self, name):
        queue = next(queue for queue in reversed(RECORDER.queues) if queue.options["name"] == name)
        return [change for _, change in queue.steps if change is not None]

    def knobs(self):
        return {(knob.options["name"], knob.options["stage"]): knob for knob in RECORDER.knobs.values()}


class RayData(Recorded):
    def setUp(self):
        super().setUp()
        ray_data._chains.clear()
        self.ray = fake_ray()
        for patch in (
            mock.patch.dict(sys.modules, ray=self.ray.runtime),
            mock.patch.object(ray_data, "now_ns", lambda: self.now[0]),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def execute(self, *ops):
        executor = self.ray.StreamingExecutor()
        return executor, executor.execute(ops)

    def chain(self, **options):
        """A source, a map with a function of the program's, and what feeds them."""
        source = self.ray.InputDataBuffer("Input")
        read = self.ray.MapOperator("ReadRange", source)
        decode = self.ray.MapOperator("MapBatches(decode)", read, **options)
        return source, read, decode

    def task(self, op, index, start, rows=10, inputs=None, **stats):
        """A task of 20 ms that is submitted 5 ms before it begins."""
        op.metrics.on_task_submitted(index, inputs or Bundle((rows, None)))
        self.now[0] = max(self.now[0], start + 25 * MS)
        op.metrics.on_task_output_generated(index, Bundle((rows, Stats(start, start + 20 * MS, **stats))))
        op.metrics.on_task_finished(index, None, None, None)

    def test_tasks_are_executions(self):
        _, read, decode = ops = self.chain(limit=2)
        self.execute(*ops)
        start = self.now[0]
        decode.metrics.on_task_submitted(0, Bundle((10, None)))
        self.task(decode, 1, start + 5 * MS, rows=7, cpu=5 * MS)
        self.task(decode, 2, start + 30 * MS)
        decode.metrics.on_task_output_generated(0, Bundle((10, Stats(start + 4 * MS, start + 50 * MS))))
        decode.metrics.on_task_finished(0, None)
        stage = RECORDER.stages[("Ray Data", "MapBatches(decode)")]
        self.assertEqual((stage.options["kind"], stage.options["parallelism"]), ("cpu", 2))
        self.assertEqual(RECORDER.stages[("Ray Data", "ReadRange")].options["kind"], "source")
        first, second = self.rows("MapBatches(decode)")
        self.assertEqual([(r[0] - start, r[1] - start, r[3], r[4], r[5]) for r in first], [
            (5 * MS, 25 * MS, 7, False, 5 * MS), (30 * MS, 50 * MS, 10, False, 0)
        ])  # fmt: skip
        self.assertEqual([(r[0] - start, r[1] - start) for r in second], [(4 * MS, 50 * MS)])
        self.assertEqual(RECORDER.cpu_times[0][1:], (start + 5 * MS, start + 25 * MS, 5 * MS))
        self.assertEqual(decode.metrics.calls.count("finished"), 3, "Ray counts as always")

    def test_waiting_between_blocks_is_no_work(self):
        *_, decode = ops = self.chain()
        self.execute(*ops)
        start = self.now[0]
        decode.metrics.on_task_submitted(0, Bundle((20, None)))
        self.now[0] += 100 * MS
        decode.metrics.on_task_output_generated(0, Bundle((10, Stats(start, start + 10 * MS, written=2 * MS))))
        decode.metrics.on_task_output_generated(0, Bundle((10, Stats(start + 50 * MS, start + 60 * MS))))
        decode.metrics.on_task_finished(0, None)
        ((execution, wait),) = self.rows("MapBatches(decode)")
        self.assertEqual((execution[0] - start, execution[1] - start, execution[3]), (0, 60 * MS, 20))
        self.assertEqual((wait[0] - start, wait[1] - start), (12 * MS, 50 * MS))

    def test_queues_count_rows(self):
        _, read, decode = ops = self.chain()
        executor, topology = self.execute(*ops)
        self.task(read, 0, self.now[0], rows=30)
        self.task(decode, 0, self.now[0], rows=12, inputs=Bundle((30, None)))
        topology[decode].output.append(Bundle((12, None)))
        topology[decode].get_output_blocking(None)
        self.assertEqual(self.steps("MapBatches(decode) queue"), [30, -30])
        self.assertEqual(self.steps("MapBatches(decode) output"), [12, -12])
        queue = RECORDER.queues[0]
        self.assertEqual((queue.options["from"], queue.options["to"]), ("ReadRange", "MapBatches(decode)"))
        self.task(read, 1, self.now[0], rows=30)
        self.assertEqual(executor.shutdown(True), "down")
        self.assertEqual(queue.steps[-1], (self.now[0], None), "what nobody took is gone")
        self.task(read, 2, self.now[0], rows=30)
        self.assertEqual(queue.steps[-1][1], None, "and nothing comes behind it")

    def test_where_rows_get_lost_there_is_no_queue(self):
        source, read, _ = self.chain()
        limit = self.ray.LimitOperator("limit=5", read)
        decode = self.ray.MapOperator("Map(decode)", limit)
        self.execute(source, read, limit, decode)
        self.assertEqual([queue.options["name"] for queue in RECORDER.queues], ["Map(decode) output"])
        self.assertEqual(sorted(name for _, name in RECORDER.stages), ["Map(decode)", "ReadRange"])

    def test_other_machines_have_other_clocks(self):
        *_, decode = ops = self.chain()
        self.execute(*ops)
        self.task(decode, 0, self.now[0], node="there")
        self.task(decode, 1, self.now[0] + 7_000_000 * MS)
        rows = [row for lane in self.rows("MapBatches(decode)") for row in lane]
        self.assertEqual([row[1] - row[0] for row in rows], [20 * MS, 20 * MS])
        self.assertEqual(rows[0][1], 1025 * MS, "it ends when that was heard")
        self.assertIn("ray:clocks", RECORDER.notes)

    def test_failures(self):
        *_, decode = ops = self.chain()
        self.execute(*ops)
        decode.metrics.on_task_submitted(0, Bundle((10, None)))
        decode.metrics.on_task_finished(0, ValueError("wanted"))
        decode.metrics.on_task_finished(99, None)
        ((row,),) = self.rows("MapBatches(decode)")
        self.assertEqual((row[0], row[1], row[3], row[4]), (self.now[0], self.now[0], 0, True))

    def test_the_same_dataset_again_is_the_same_stages(self):
        for _ in range(3):
            *_, decode = ops = self.chain()
            executor, _ = self.execute(*ops)
            self.task(decode, 0, self.now[0])
            executor.shutdown(False)
        self.assertEqual(len(RECORDER.stages), 2)
        self.assertEqual(len(RECORDER.queues), 2)
        self.assertEqual([len(rows) for rows in self.rows("MapBatches(decode)")], [3])
        other = self.ray.MapOperator("Map(other)", ops[0])
        self.execute(ops[0], other)
        self.assertIn(("Ray Data 2", "Map(other)"), RECORDER.stages)

    def test_knobs_and_their_places(self):
        def decode(batch):
            return batch

        dataset = self.ray.Dataset().map_batches(decode, batch_size=16)
        line = sys._getframe().f_lineno - 1
        pool = types.SimpleNamespace(min_size=2, max_size=2)
        logical = types.SimpleNamespace(fn=dataset.fn, compute=pool, batch_size=16)
        *_, op = ops = self.chain(logical=[logical])
        self.execute(*ops)
        for n in range(5):
            self.task(op, n, self.now[0], rows=16)
        knobs = self.knobs()
        concurrency = knobs[("concurrency", "MapBatches(decode)")]
        self.assertEqual((concurrency.value, concurrency.is_live, concurrency.options["source"]["line"]), (2, False, line))
        self.assertEqual(knobs[("batch_size", "MapBatches(decode)")].value, 16)
        pool.min_size = pool.max_size = 5
        self.execute(*ops)
        self.assertEqual(concurrency.value, 5)

    def test_a_strategy_has_a_place_of_its_own(self):
        class ActorPoolStrategy:
            def __init__(self, min_size, max_size):
                self.min_size, self.max_size = min_size, max_size

        ray_places.adapt_compute(types.SimpleNamespace(ActorPoolStrategy=ActorPoolStrategy, TaskPoolStrategy=type("Other", (), {})))
        pool = ActorPoolStrategy(1, 3)
        line = sys._getframe().f_lineno - 1
        *_, op = ops = self.chain(logical=[types.SimpleNamespace(fn=len, compute=pool)])
        self.execute(*ops)
        knob = self.knobs()[("max_size", "MapBatches(decode)")]
        self.assertEqual((knob.value, knob.options["source"]["line"]), (3, line))
        self.assertIn("between 1 and 3", knob.options["remark"])

    def test_a_task_that_is_no_batch_has_no_batch_size(self):
        logical = types.SimpleNamespace(_fn=len, _compute=types.SimpleNamespace(size=None), _batch_size=16)
        *_, op = ops = self.chain(logical=[logical])
        self.execute(*ops)
        for n in range(6):
            self.task(op, n, self.now[0], rows=200)
        self.assertEqual(self.knobs(), {})

    def test_a_ray_that_is_another_one_is_left_alone(self):
        *_, decode = ops = self.chain()
        self.execute(*ops)
        decode.metrics.on_task_submitted(0, None)
        decode.metrics.on_task_finished(0, None)
        self.assertEqual(decode.metrics.calls, ["submitted", "finished"])
        self.assertIn("adapter:ray", RECORDER.notes)


@unittest.skipUnless(importlib.util.find_spec("ray"), f"ray is not installed for {sys.executable}")
class RealRay(unittest.TestCase):
    def test_what_it_says_of_itself(self):
        with Engine() as engine:
            code, out, err = engine.run("dataset.py", env=engine.env(RAY_USAGE_STATS_ENABLED="0"))
            self.assertEqual(code, 0, err)
            trace = next(t for t in engine.traces() if t.of("stage"))
            titles = {t.of("process")[0]["title"] for t in engine.traces()}
        self.assertTrue(titles <= {"dataset.py", "default_worker.py"}, titles)
        *counts, stats = out.split("\n")[:3]
        self.assertEqual(counts, ["200", "200"])
        trace.assert_no_overlap()
        self.assertEqual(trace.of("note"), [])
        decode = trace.executions("MapBatches(decode)")
        self.assertEqual(sum(d[5].get("items", 1) for d in decode), 800)
        self.assertEqual(sum(d[5].get("items", 1) for d in trace.executions("Filter(even)")), 400)
        # Of the second time, as Ray prints it.
        half = sum(d[4] - d[3] for d in decode[len(decode) // 2 :]) / 1e6
        unit = {"ms": 1, "s": 1000}[stats.split()[1].lstrip("0123456789.")]
        self.assertAlmostEqual(half, float(stats.split()[1].rstrip("ms")) * unit, delta=0.05 * half)
        self.assertLessEqual(len({d[2] for d in decode}), 3)
        knob = trace.named("knob", "size")
        self.assertEqual((knob["value"], knob["stage"], knob["source"]["line"]), (2, "MapBatches(decode)", 18))
        self.assertEqual(trace.named("queue", "Filter(even) queue")["from"], "MapBatches(decode)")
        depths = [c[4]["depth"] for c in trace.depths("Filter(even) queue")]
        self.assertEqual((max(depths) > 0, depths[-1]), (True, 0))


def fake_tf():
    """The parts of tf.data that the adapter touches, new for each test; its model is what a test says."""

    class DatasetV2:
        def __init__(self, source=None, **numbers):
            self._input_dataset, self.elements = source, source.elements if source else []
            self.__dict__.update(numbers)

        def map(self, fn, num_parallel_calls=None):
            return _ParallelMapDataset(self, _num_parallel_calls=num_parallel_calls)

        def interleave(self, fn, num_parallel_calls=None):
            return _ParallelMapDataset(self, _num_parallel_calls=num_parallel_calls)

        def batch(self, batch_size):
            return _BatchDataset(self, _batch_size=batch_size)

        padded_batch = batch

        def prefetch(self, buffer_size):
            return _PrefetchDataset(self, _buffer_size=buffer_size)

        def __iter__(self):
            return OwnedIterator(self)

    class _ParallelMapDataset(DatasetV2):
        pass

    class _BatchDataset(DatasetV2):
        pass

    class _PrefetchDataset(DatasetV2):
        pass

    class OwnedIterator:
        def __init__(self, dataset=None, components=None):
            self.left = list(dataset.elements)

        def __next__(self):
            if not self.left:
                raise StopIteration
            return self.left.pop(0)

        def __iter__(self):
            return self

    tf_data.adapt(types.SimpleNamespace(OwnedIterator=OwnedIterator))
    tf_data.adapt_datasets(types.SimpleNamespace(DatasetV2=DatasetV2))
    return types.SimpleNamespace(**{k: v for k, v in locals().items()})


def node(name, inputs=(), elements=0, took_ms=0, buffered=0, **parameters):
    """A node of tf.data's model."""
    return types.SimpleNamespace(
        name=name,
        inputs=list(inputs),
        num_elements=elements,
        processing_time=took_ms * MS,
        buffered_elements=buffered,
        parameters=[types.SimpleNamespace(name=key, value=value, state_value=value) for key, value in parameters.items()],
    )


class TfData(Recorded):
    def setUp(self):
        super().setUp()
        tf_data._watches.clear()
        self.tf = fake_tf()
        self.model = types.SimpleNamespace(nodes={1: node("Root", [2])}, output=1)
        for patch in (
            mock.patch.object(tf_data, "now_ns", lambda: self.now[0]),
            mock.patch.object(tf_data, "_read", lambda iterator: self.model),
            # This file stands where programs of the user's do.
            mock.patch.object(tf_data, "called_from_user", lambda: True),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def dataset(self, elements=20, rows=8, calls=2, buffer=4):
        source = self.tf.DatasetV2()
        source.elements = [types.SimpleNamespace(shape=(rows, 3)) for _ in range(elements)]
        self.line = sys._getframe().f_lineno + 1
        return source.map(len, num_parallel_calls=calls).batch(rows).prefetch(buffer)

    def tell(self, buffered=0, **parameters):
        self.model.nodes = {
            1: node("Root", [2], 10),
            2: node("Prefetch", [3], 10, buffered=buffered, buffer_size=4),
            3: node("MapAndBatch", [4], 10, 200, **{"parallelism": 2, **parameters}),
            4: node("Range", [], 80, 8),
        }

    def loop(self, dataset, ms=100):
        for _ in dataset:
            self.now[0] += ms * MS

    def steps_of(self):
        return [row for lane in RECORDER.lanes if lane.stage is not None and lane.stage.name == "step" for row in lane.rare]

    def test_steps_and_waits(self):
        self.tell()
        dataset = self.dataset()
        for _ in range(2):
            self.loop(dataset)
        rows = self.steps_of()
        self.assertEqual([row[1] - row[0] for row in rows if len(row) == 6], [100 * MS] * 40)
        self.assertEqual({row[3] for row in rows if len(row) == 6}, {8})
        self.assertEqual([stage.options["via"] for stage in RECORDER.stages.values()], ["tf.data"])

    def test_an_element_that_is_no_batch_is_one_item(self):
        source = self.tf.DatasetV2()
        source.elements = [types.SimpleNamespace(shape=(224, 224))] * 3
        self.loop(source)
        self.assertEqual([row[3] for row in self.steps_of() if len(row) == 6], [1, 1, 1])

    def test_the_buffer_and_the_knobs(self):
        self.tell(buffered=3)
        self.loop(self.dataset())
        (queue,) = RECORDER.queues
        self.assertEqual((queue.options["name"], queue.options["capacity"], queue.options["to"]), ("prefetch", 4, "step"))
        self.assertEqual(set(queue.times[1:-1:2]), {3})
        self.assertEqual(queue.times[-1], 0, "the loop is over")
        self.assertTrue(3 < len(queue.times) / 2 < 12, "not with every element")
        knobs = {
            knob.options["name"]: (knob.value, knob.options["stage"], knob.options["queue"], knob.options["source"]["line"])
            for knob in RECORDER.knobs.values()
        }
        self.assertEqual(
            knobs,
            {
                "num_parallel_calls": (2, None, "prefetch", self.line),
                "buffer_size": (4, None, "prefetch", self.line),
                "batch_size": (8, "step", None, self.line),
            },
        )

    def test_what_tunes_itself(self):
        self.tell(parallelism=5)
        dataset = self.dataset(calls=-1, buffer=-1)
        self.loop(dataset)
        knobs = {knob.options["name"]: knob for knob in RECORDER.knobs.values()}
        self.assertEqual({name: knob.value for name, knob in knobs.items()}, {"num_parallel_calls": 5, "buffer_size": 4, "batch_size": 8})
        self.assertIn("AUTOTUNE", knobs["num_parallel_calls"].options["remark"])
        self.tell(parallelism=7)
        self.loop(dataset)
        self.assertEqual(knobs["num_parallel_calls"].value, 7)

    def test_a_value_that_may_be_anothers_is_not_told(self):
        self.tell(parallelism=5)
        dataset = self.dataset(calls=-1).map(len, num_parallel_calls=-1)
        self.loop(dataset)
        self.assertNotIn("num_parallel_calls", {knob.options["name"] for knob in RECORDER.knobs.values()})

    def test_totals_are_told_once_and_make_no_executions(self):
        self.tell()
        dataset = self.dataset()
        for _ in range(3):
            self.loop(dataset)
        ((code, message),) = [(code, text) for code, text in RECORDER.notes.items() if code.startswith("tf:")]
        self.assertIn("MapAndBatch 20 ms an element (10 elements, 2 at once); Range 0.1 ms an element (80 elements)", message)
        self.assertNotIn("Root", message)
        self.assertEqual([name for _, name in RECORDER.stages], ["step"])

    def test_without_a_model_there_are_steps(self):
        def fails(_):
            raise RuntimeError("no model")

        with mock.patch.object(tf_data, "_read", fails):
            self.loop(self.dataset())
        self.assertEqual(len([row for row in self.steps_of() if len(row) == 6]), 20)
        self.assertEqual(list(RECORDER.notes), ["tf:model"])
        self.assertEqual(RECORDER.queues, [])

    def test_no_dataset_is_kept_alive(self):
        self.tell()
        dataset = self.dataset()
        self.loop(dataset)
        gone = weakref.ref(dataset)
        del dataset
        gc.collect()
        self.assertIsNone(gone())

    def test_what_nobody_iterates_over_is_no_stage(self):
        self.tf.OwnedIterator(self.dataset())
        self.assertEqual(RECORDER.stages, {})


@unittest.skipUnless(importlib.util.find_spec("tensorflow"), f"tensorflow is not installed for {sys.executable}")
class RealTf(unittest.TestCase):
    def test_a_loop(self):
        with Engine() as engine:
            code, out, err = engine.run("tfdata.py")
            (trace,) = engine.traces()
        self.assertEqual((code, out), (0, "102080\n"), err)
        trace.assert_no_overlap()
        (first, second) = {stage["name"] for stage in trace.of("stage")}
        steps = [d for name in (first, second) for d in trace.executions(name)]
        self.assertEqual(sorted(d[5].get("items", 1) for d in steps), [1] * 3 + [8] * 80)
        self.assertEqual(trace.named("queue", "prefetch")["capacity"], 4)
        self.assertEqual({k["name"]: k["value"] for k in trace.of("knob")}, {"num_parallel_calls": 2, "batch_size": 8, "buffer_size": 4})
        (note,) = trace.of("note")
        self.assertRegex(note["message"], r"MapAndBatch [0-9.]+ ms an element \([0-9]+ elements, 2 at once\)")


if __name__ == "__main__":
    unittest.main()
