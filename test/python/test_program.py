"""Whole programs with the agent in them, against an engine of the test's own."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

from engine import AGENT, PROGRAMS, Engine, left_in_memory, until


class Counts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with Engine() as engine:
            cls.code, cls.out, cls.err = engine.run("counts.py")
            cls.traces = engine.traces()
            cls.trace = cls.traces[0]

    def test_nothing_changes(self):
        self.assertEqual((self.code, self.out, self.err), (0, "threads 1 1\n", ""))

    def test_every_execution_arrives(self):
        counts = {
            "plain": 4107,
            "coroutine": 20,
            "generator": 4,
            "agen": 5,
            "batch": 1,
            "method": 1,
            "block": 5,
            "broken": 1,
            "sized": 1,
        }
        self.assertEqual({stage: len(self.trace.executions(stage)) for stage in counts}, counts)
        totals = {}
        for line in self.trace.summaries:
            self.assertEqual(line["pipeline"], "counts")
            totals[line["stage"]] = totals.get(line["stage"], 0) + line["executions"]
        self.assertEqual(totals, counts)
        (end,) = self.trace.of("end")
        self.assertEqual(end["executions"], sum(counts.values()))
        self.assertEqual(self.trace.of("loss"), [])

    def test_errors(self):
        failed = [d for d in self.trace.executions("plain") if d[5].get("outcome") == "error"]
        self.assertEqual(len(failed), 7)
        self.assertEqual(self.trace.executions("broken")[0][5], {"outcome": "error"})

    def test_details(self):
        args = self.trace.executions("batch")[0][5]
        self.assertEqual((args["item"], args["items"]), (4, 3))
        self.assertGreaterEqual(args["waitUs"], 1000)
        self.assertEqual(self.trace.executions("sized")[0][5], {"item": 3, "items": 12})

    def test_lanes(self):
        self.trace.assert_no_overlap()
        self.assertEqual(len({d[2] for d in self.trace.executions("coroutine")}), 20)
        threads = {self.trace.lane(d[2])["thread"] for d in self.trace.executions("plain")}
        self.assertIn("main", threads)

    def test_spans_stand_under_their_execution(self):
        executions = self.trace.executions("plain")
        spans = self.trace.spans("inner")
        self.assertEqual(len(spans), 4107)
        lanes = {d[2] for d in executions}
        self.assertTrue(all(span[2] in lanes for span in spans))
        of_tasks = self.trace.spans("outside")
        self.assertEqual({s[2] for s in of_tasks}, {d[2] for d in self.trace.executions("coroutine")})

    def test_queue(self):
        declared = self.trace.named("queue", "q")
        self.assertEqual((declared["capacity"], declared["from"], declared["to"]), (8, "generator", "plain"))
        depths = [c[4]["depth"] for c in self.trace.depths("q")]
        self.assertEqual(depths, [1, 3, 6, 0])

    def test_declarations(self):
        stage = self.trace.named("stage", "plain")
        self.assertEqual((stage["stageKind"], stage["parallelism"], stage["pipeline"]), ("cpu", 2, "counts"))
        self.assertEqual(stage["source"]["file"], os.path.join(PROGRAMS, "counts.py"))
        self.assertEqual(stage["source"]["line"], 11)
        knob = self.trace.named("knob", "size")
        self.assertEqual((knob["value"], knob["min"], knob["max"], knob["live"]), (64, 1, 64, True))
        (process,) = self.trace.of("process")
        self.assertEqual(process["title"], "counts.py")
        self.assertTrue(process["runtime"].startswith("python 3."))
        self.assertTrue(self.trace.of("environment") and self.trace.of("cost"))


class Ends(unittest.TestCase):
    def end(self, how):
        with Engine() as engine:
            code, out, err = engine.run("ends.py", how)
            return code, err, engine.traces()[0]

    def test_codes_and_counts(self):
        plain = subprocess.run(
            [sys.executable, os.path.join(PROGRAMS, "ends.py"), "raise"],
            capture_output=True,
            text=True,
            env={**{k: v for k, v in os.environ.items() if k != "FORCE_COLOR"}, "PYTHONPATH": AGENT},
        )
        for how, expected, executions in (("nothing", 0, 10), ("exit", 7, 10), ("_exit", 9, 10), ("raise", 1, 11)):
            code, err, trace = self.end(how)
            self.assertEqual(code, expected, err)
            self.assertEqual(len(trace.executions("work")), executions, how)
            self.assertEqual(len(trace.of("end")), 1)
            if how == "raise":
                self.assertEqual(err.splitlines()[-1], plain.stderr.splitlines()[-1])

    def test_interrupt(self):
        code, err, trace = self.end("interrupt")
        self.assertEqual(code, -signal.SIGINT)
        self.assertTrue(err.rstrip().endswith("KeyboardInterrupt"), err)
        self.assertEqual(len(trace.executions("work")), 11)
        self.assertEqual(trace.executions("work")[-1][5], {"outcome": "error"})

    def test_a_signal_that_kills_loses_at_most_a_moment(self):
        with Engine() as engine, engine.start("ends.py", "kill") as process:
            agent = engine.agent()
            # Nothing but the agent's own thread sends them.
            until(lambda: len(agent.read().executions("work")) == 10)
            process.terminate()
            process.communicate(timeout=20)
            agent.is_closed.wait(10)
            trace = agent.read()
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual(len(trace.executions("work")), 10)
        self.assertEqual(trace.of("end"), [])


class Processes(unittest.TestCase):
    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_fork(self):
        with Engine() as engine:
            code, _, err = engine.run("forks.py")
            self.assertEqual((code, err), (4, ""))
            traces = {len(t.executions("work")): t for t in engine.traces()}
            self.assertEqual(sorted(traces), [3, 7])
            self.assertEqual(traces[3].of("process")[0]["ppid"], traces[7].of("process")[0]["pid"])

    def check(self, method):
        with Engine() as engine:
            code, out, err = engine.run("processes.py", method)
            self.assertEqual((code, out, err), (0, "children 0\n", ""))
            by_size = sorted(engine.traces(), key=lambda t: len(t.durations))
            self.assertEqual(len(by_size), 2, [t.of("process")[0]["title"] for t in by_size])
            child, main = by_size
            self.assertEqual(len(child.executions("own")), 6)
            # 20 in chunks of five, two single ones
            self.assertEqual(sum(d[5].get("items", 1) for d in main.executions("pool")), 22)
            self.assertEqual(len([d for d in main.executions("pool") if d[5].get("outcome")]), 1)
            self.assertEqual(len(main.executions("executor")), 10)
            self.assertEqual(len(main.executions("threads")), 30)
            self.assertEqual(len(main.executions("own")), 20 + 1 + 10 + 30)
            for stage in ("pool", "executor"):
                for lane in {d[2] for d in main.executions(stage)}:
                    self.assertRegex(main.lane(lane)["thread"], f"^{stage} worker [0-9]+")
            main.assert_no_overlap()
            self.assertEqual(main.named("knob", "processes")["value"], 2)
            self.assertEqual(main.named("knob", "max_workers")["kind"], "knob")
            self.assertEqual(main.of("loss"), [])
            self.assertEqual(left_in_memory(main, child), [])

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forked_workers(self):
        self.check("fork")

    def test_spawned_workers(self):
        self.check("spawn")

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_workers_of_a_server(self):
        self.check("forkserver")

    def test_threads_that_come_and_go(self):
        with Engine() as engine:
            code, out, err = engine.run("threads.py")
            self.assertEqual((code, err), (0, ""))
            (trace,) = engine.traces()
        made = int(out)
        self.assertEqual((len(trace.executions("work")), len(trace.spans("outside"))), (made, made))
        self.assertLessEqual(len({d[2] for d in trace.executions("work")}), 10)
        self.assertLess(len({line["lane"] for line in trace.of("lane")}), made / 2, "rows of threads are used again")
        trace.assert_no_overlap()

    def test_a_task_that_lasts(self):
        with Engine() as engine, engine.start("long_task.py") as process:
            agent = engine.agent()
            until(lambda: agent.read().executions("inner"))
            self.assertIsNone(process.poll(), "it is seen while the task runs")
            out, _ = process.communicate(timeout=60)
            agent.is_closed.wait(10)
            self.assertEqual(len(agent.read().executions("inner")), int(out))


class Queues(unittest.TestCase):
    def test_depths_and_sizes(self):
        with Engine() as engine:
            code, _, err = engine.run("queues.py")
            self.assertEqual((code, err), (0, ""))
            (trace,) = engine.traces()
        for name, capacity in (("jobs", 4), ("inbox", 3)):
            self.assertEqual(trace.named("queue", name)["capacity"], capacity)
            depths = [c[4].get("high", c[4]["depth"]) for c in trace.depths(name)]
            self.assertTrue(0 < max(depths) <= capacity, depths)
            self.assertEqual(trace.depths(name)[-1][4]["depth"], 0)
        self.assertTrue(trace.of("knob")[0]["live"])
        self.assertEqual(len(trace.executions("limit")), 8)
        self.assertEqual(trace.named("stage", "limit")["parallelism"], 2)


class Nested(unittest.TestCase):
    def links(self, how):
        with Engine() as engine:
            code, _, err = engine.run("nested.py", how)
            self.assertEqual((code, err), (0, ""))
            (trace,) = engine.traces()
        trace.assert_no_overlap()
        return trace, [(link["from"], link["to"], link["inside"] == link["seen"]) for link in trace.of("link")]

    def check(self, how, outer, inner, lanes):
        trace, links = self.links(how)
        self.assertEqual(set(links), {(outer, inner, True)})
        self.assertEqual({link["pipeline"] for link in trace.of("link")}, {"nested"})
        self.assertEqual(len(trace.executions(inner)), 500)
        self.assertEqual(len({d[2] for d in trace.executions(inner)}), lanes, "looking costs no lane")

    def test_in_tasks_of_threads(self):
        self.check("threads", "workers", "parse", 2)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_in_tasks_of_processes(self):
        self.check("pool", "workers", "parse", 2)

    def test_where_a_semaphore_is_held(self):
        self.check("loop", "limit", "fetch", 4)

    def test_coroutines_that_take_turns_are_not_nested(self):
        self.assertEqual(self.links("apart")[1], [])


class Engines(unittest.TestCase):
    def test_knobs_and_leases(self):
        with Engine() as engine:
            process = engine.start("live.py")
            agent = engine.agent()
            self.assertEqual(agent.hello["agent"]["can"], ["lease"])
            until(lambda: agent.read().of("knob"))
            self.assertEqual(agent.ask(kind="setKnob", id=1, knob=1, value=8), {"kind": "reply", "id": 1})
            self.assertIn("unlucky", agent.ask(kind="setKnob", id=2, knob=1, value=13)["message"])
            self.assertIn("not between", agent.ask(kind="setKnob", id=3, knob=1, value=100)["message"])
            self.assertIn("knob 9", agent.ask(kind="setKnob", id=4, knob=9, value=1)["message"])
            self.assertEqual(agent.ask(kind="leaseKnob", id=5, knob=1, value=16, restore=8, leaseMs=60000)["kind"], "reply")
            self.assertEqual(agent.ask(kind="holdKnobs", id=6)["kind"], "reply")
            self.assertEqual(agent.ask(kind="releaseKnobs", id=7, keep=False)["kind"], "reply")
            self.assertEqual(agent.ask(kind="holdKnobs", id=8)["kind"], "error")
            self.assertEqual(agent.ask(kind="leaseKnob", id=9, knob=1, value=20, restore=8, leaseMs=200)["kind"], "reply")
            until(lambda: len(agent.read().of("knobChange")) == 5)
            self.assertEqual(agent.ask(kind="startCpuProfile", id=10, durationMs=300, intervalUs=1000)["kind"], "reply")
            self.assertEqual(agent.ask(kind="startCpuProfile", id=11, durationMs=300, intervalUs=1000)["kind"], "error")
            until(lambda: agent.read().blobs)
            self.assertEqual(agent.ask(kind="setKnob", id=12, knob=1, value=60)["kind"], "reply")
            out, err = process.communicate(timeout=20)
            self.assertEqual((out, err), ("60\n", ""))
            agent.is_closed.wait(5)
            trace = agent.read()
        changes = [(c["from"], c["to"], c["by"]) for c in trace.of("knobChange")]
        self.assertEqual(
            changes, [(4, 8, "sluice"), (8, 16, "sluice"), (16, 8, "sluice"), (8, 20, "sluice"), (20, 8, "sluice"), (8, 60, "sluice")]
        )
        ((name, (profile,)),) = trace.blobs.items()
        self.assertEqual(trace.lane(int(name.split("/")[1]))["thread"], "main")
        self.assertEqual(len(profile["samples"]), len(profile["timeDeltas"]))
        names = {n["callFrame"]["functionName"] for n in profile["nodes"]}
        self.assertTrue({"(root)", "(idle)", "<module>"} & names)

    @unittest.skipUnless(os.path.exists("/proc/self/schedstat"), "what sleeps is told from what computes on Linux")
    def test_a_profile_shows_what_computes(self):
        with Engine() as engine, engine.start("computes.py") as process:
            agent = engine.agent()
            self.assertEqual(agent.ask(kind="startCpuProfile", id=1, durationMs=2000, intervalUs=1000)["kind"], "reply")
            process.communicate(timeout=60)
            agent.is_closed.wait(10)
            trace = agent.read()
        ((_, (profile,)),) = trace.blobs.items()
        hits = {}
        for node in profile["nodes"]:
            name = node["callFrame"]["functionName"]
            hits[name] = hits.get(name, 0) + node["hitCount"]
        # How many depends on when the machine lets the sampler run.
        self.assertGreater(hits.get("crunch", 0), 0, hits)
        self.assertGreater(hits["(idle)"], 0, hits)

    def test_detach(self):
        with Engine() as engine, engine.start("live.py") as process:
            agent = engine.agent()
            until(lambda: agent.read().of("knob"))
            self.assertEqual(agent.ask(kind="detach", id=1)["kind"], "reply")
            self.assertTrue(agent.is_closed.wait(5))
            self.assertEqual(len(agent.read().of("end")), 1)
            self.assertIsNone(process.poll())
            process.kill()

    def test_refused_or_absent(self):
        for url, token in ((None, "wrong"), ("ws://127.0.0.1:1/agent", "x"), ("nonsense", "x")):
            with Engine() as engine:
                env = engine.env(SLUICE_TOKEN=token, SLUICE_EXIT_MS="200")
                if url:
                    env["SLUICE_URL"] = url
                started = time.monotonic()
                code, out, err = engine.run("counts.py", env=env)
                self.assertEqual((code, out, err), (0, "threads 1 1\n", ""))
                self.assertLess(time.monotonic() - started, 20)

    def test_a_slow_engine_bounds_the_memory(self):
        with Engine(is_silent=True) as engine:
            code, out, err = engine.run("flood.py", env=engine.env(SLUICE_EXIT_MS="100"))
            self.assertEqual((code, err), (0, ""))
            self.assertLess(int(out), 200)


class Bootstrap(unittest.TestCase):
    def run_with(self, folder, *args, code="print('ran')"):
        with Engine() as engine:
            env = engine.env()
            env["PYTHONPATH"] = os.pathsep.join([AGENT, folder])
            done = subprocess.run([sys.executable, *(args or ("-c", code))], env=env, capture_output=True, text=True)
            return done, engine.traces()

    def test_another_sitecustomize_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "sitecustomize.py"), "w") as file:
                file.write("print('theirs')\nMARK = 1\n")
            done, traces = self.run_with(folder, code="import sitecustomize; print(sitecustomize.MARK)")
            self.assertEqual((done.stdout, done.stderr), ("theirs\n1\n", ""))
            self.assertEqual(len(traces), 1)

    def test_as_a_module(self):
        env = {k: v for k, v in Engine().env().items() if not k.startswith("SLUICE_")}
        program = textwrap.dedent("import sys; print(__name__, sys.argv[1:], sys.path[0])")
        with tempfile.TemporaryDirectory() as folder:
            folder = os.path.realpath(folder)
            with open(os.path.join(folder, "prog.py"), "w") as file:
                file.write(program)
            path = os.path.join(folder, "prog.py")
            done = subprocess.run([sys.executable, "-m", "sluice_agent", path, "a"], env=env, capture_output=True, text=True)
            self.assertEqual((done.stdout, done.stderr), (f"__main__ ['a'] {folder}\n", ""))
            done = subprocess.run([sys.executable, "-m", "sluice_agent"], env=env, capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)

    def test_sub_interpreters_are_left_alone(self):
        code = textwrap.dedent(
            """
            import importlib, sys
            name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
            module = importlib.import_module(name)
            other = module.create()
            run = "import sluice_agent; f = lambda: 1; assert sluice_agent.pipeline('p').stage('s')(f) is f; print('inside', flush=True)"
            module.run_string(other, run)
            module.destroy(other)
            print("done")
            """
        )
        with tempfile.TemporaryDirectory() as folder:
            done, traces = self.run_with(folder, code=code)
        self.assertEqual((done.stdout, done.stderr), ("inside\ndone\n", ""))
        self.assertEqual(len(traces), 1)

    def test_dormant(self):
        env = {k: v for k, v in Engine().env().items() if not k.startswith("SLUICE_")}
        code = (
            "from sluice_agent import pipeline\nf = lambda: 1\nassert pipeline('a').stage('b')(f) is f\nimport sys\n"
            "print('ssl' in sys.modules, 'multiprocessing' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ("False False\n", ""))


if __name__ == "__main__":
    unittest.main()
