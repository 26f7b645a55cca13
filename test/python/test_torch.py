"""torch's DataLoader with the agent in it: the same results, and what is seen."""

import importlib.util
import os
import subprocess
import sys
import unittest

from engine import PROGRAMS, Engine, left_in_memory, until

HAS_TORCH = importlib.util.find_spec("torch") is not None


class Compared(unittest.TestCase):
    """Runs programs without and with the agent."""

    maxDiff = None

    def bare(self, *args):
        done = subprocess.run([sys.executable, os.path.join(PROGRAMS, "loader.py"), *args], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout

    def watched(self, *args):
        with Engine() as engine:
            code, out, err = engine.run("loader.py", *args)
            return (code, out), engine.traces(), err

    def same(self, *args):
        """Runs the program without and with the agent; returns the only trace."""
        bare = self.bare(*args)
        seen, traces, err = self.watched(*args)
        self.assertEqual(seen, bare, err)
        self.assertEqual(len(traces), 1, "workers are lanes of their owner, and no processes of the session")
        trace = traces[0]
        trace.assert_no_overlap()
        self.assertEqual(trace.of("loss"), [])
        self.assertEqual(trace.of("note"), [])
        return trace


@unittest.skipUnless(HAS_TORCH, f"torch is not installed for {sys.executable}")
class Loader(Compared):
    def test_in_the_process(self):
        trace = self.same("--workers", "0")
        self.assertEqual(len(trace.executions("fetch")), 10)
        self.assertEqual(len(trace.executions("step")), 10)
        self.assertEqual({trace.lane(d[2])["thread"] for d in trace.executions("fetch")}, {"main"})
        self.assertEqual(trace.named("knob", "num_workers")["value"], 0)
        self.assertEqual({d[5]["items"] for d in trace.executions("step")}, {8})

    def test_workers(self):
        trace = self.same("--workers", "2")
        fetches = trace.executions("fetch")
        self.assertEqual((len(fetches), len(trace.executions("step"))), (10, 10))
        self.assertEqual(sum(d[5]["items"] for d in fetches), 80)
        self.assertEqual({trace.lane(d[2])["thread"] for d in fetches}, {"fetch worker 0", "fetch worker 1"})
        self.assertEqual(len({d[2] for d in fetches}), 2, "workers of the next epoch have the lanes of the last one's")
        self.assertEqual(len(trace.spans("collate")), 10)
        self.assertEqual({s[2] for s in trace.spans("collate")}, {d[2] for d in fetches})
        self.assertTrue(0 < len(trace.waits("input")) <= 10)
        receives = trace.spans("receive")
        # One that came before its turn has been received already.
        self.assertTrue(0 < len(receives) <= 10, receives)
        starts = {step[3] for step in trace.executions("step")}
        self.assertLessEqual({span[3] for span in receives}, starts, "the program's thread reads what stands ready, which is no waiting")

    def test_queue_and_knobs(self):
        trace = self.same("--workers", "2")
        queue = trace.named("queue", "prefetch")
        self.assertEqual((queue["capacity"], queue["from"], queue["to"]), (4, "fetch", "step"))
        depths = [c[4].get("high", c[4]["depth"]) for c in trace.depths("prefetch")]
        self.assertTrue(0 < max(depths) <= 4, depths)
        self.assertEqual(trace.depths("prefetch")[-1][4]["depth"], 0)
        knobs = {k["name"]: k for k in trace.of("knob")}
        self.assertEqual({name: k["value"] for name, k in knobs.items()}, {"num_workers": 2, "prefetch_factor": 2, "batch_size": 8})
        self.assertEqual((knobs["num_workers"]["stage"], knobs["prefetch_factor"]["queue"]), ("fetch", "prefetch"))
        self.assertEqual(
            {name: k["live"] for name, k in knobs.items()}, {"num_workers": True, "prefetch_factor": True, "batch_size": False}
        )
        with open(os.path.join(PROGRAMS, "loader.py")) as file:
            line = next(n for n, text in enumerate(file, 1) if "DataLoader(" in text)
        self.assertEqual(
            {(k["source"]["file"], k["source"]["line"]) for k in knobs.values()}, {(os.path.join(PROGRAMS, "loader.py"), line)}
        )
        self.assertEqual(trace.named("stage", "fetch")["parallelism"], 2)

    def test_workers_that_stay(self):
        trace = self.same("--workers", "2", "--persistent", "--epochs", "3")
        self.assertEqual(len(trace.executions("fetch")), 15)
        self.assertFalse(trace.named("knob", "num_workers")["live"])

    def test_spawned_workers(self):
        trace = self.same("--workers", "1", "--method", "spawn", "--epochs", "1")
        self.assertEqual(len(trace.executions("fetch")), 5)


@unittest.skipUnless(HAS_TORCH, f"torch is not installed for {sys.executable}")
class Trouble(Compared):
    def test_iterable(self):
        for workers in ("0", "2"):
            trace = self.same("--how", "stream", "--workers", workers)
            self.assertEqual(sum(d[5].get("items", 1) for d in trace.executions("fetch")), 60)
            self.assertEqual(len(trace.executions("step")), len(trace.executions("fetch")))

    def test_batches_that_the_dataset_makes_count_as_one_on_both_sides(self):
        for workers in ("0", "1"):
            trace = self.same("--how", "unbatched", "--workers", workers)
            for stage in ("fetch", "step"):
                self.assertEqual([d[5].get("items", 1) for d in trace.executions(stage)], [1] * 10, stage)

    def test_an_error_in_a_worker(self):
        for workers in ("0", "2"):
            trace = self.same("--how", "fails", "--workers", workers)
            failed = [d for d in trace.executions("fetch") if d[5].get("outcome") == "error"]
            self.assertEqual(len(failed), 1)

    def test_a_worker_that_is_killed(self):
        trace = self.same("--how", "kill", "--workers", "2", "--epochs", "1")
        self.assertGreaterEqual(len(trace.executions("fetch")), len(trace.executions("step")))
        self.assertEqual(left_in_memory(trace), [])

    def test_a_worker_that_hangs(self):
        self.same("--how", "hang", "--workers", "1", "--epochs", "1")

    def test_num_workers_is_live_at_the_next_iteration(self):
        with Engine() as engine:
            process = engine.start("loader.py", "--workers", "1", "--epochs", "8", "--load-ms", "8")
            agent = engine.agent(30)
            until(lambda: any(k["name"] == "num_workers" for k in agent.read().of("knob")))
            knob = agent.read().named("knob", "num_workers")
            self.assertEqual(agent.ask(kind="setKnob", id=1, knob=knob["id"], value=2)["kind"], "reply")
            process.communicate(timeout=60)
            agent.is_closed.wait(10)
            trace = agent.read()
        self.assertEqual({trace.lane(d[2])["thread"] for d in trace.executions("fetch")}, {"fetch worker 0", "fetch worker 1"})
        self.assertEqual(trace.named("stage", "fetch")["parallelism"], 2)
        self.assertEqual(trace.named("queue", "prefetch")["capacity"], 4)


if __name__ == "__main__":
    unittest.main()
