"""What one recorded execution costs as a decorator, against two readings of the clock in the same run.

``python test/python/bench_cost.py`` prints one line of JSON. ``recordedNs`` is the call through the decorator less the plain call.
The agent records for an engine in a process of its own, with its drain at work.
"""

import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import AGENT, TOKEN  # noqa: E402

CALLS = 20_000
ROUNDS = 25


def timed(fn) -> float:
    """Nanoseconds that a call takes, in a loop whose own time is part of all rows alike."""
    clock = time.perf_counter_ns
    start = clock()
    for _ in range(CALLS):
        fn()
    return (clock() - start) / CALLS


def main() -> None:
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "engine.py")
    engine = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    os.environ.update(SLUICE_URL=engine.stdout.readline().strip(), SLUICE_TOKEN=TOKEN)
    sys.path.insert(0, AGENT)
    from sluice_agent import pipeline

    p = pipeline("bench")

    def work():
        return None

    def clocks(clock=time.perf_counter_ns):
        clock()
        clock()

    recorded = p.stage("work")(work)
    rows = {"plain": work, "clocks": clocks, "recorded": recorded}
    for fn in rows.values():
        timed(fn)
    times = {name: [] for name in rows}
    for _ in range(ROUNDS):
        for name, fn in rows.items():
            times[name].append(timed(fn))
    plain = statistics.median(times["plain"])
    clocks_ns = statistics.median(times["clocks"]) - plain
    recorded_ns = statistics.median(times["recorded"]) - plain
    print(
        json.dumps(
            {
                "python": sys.version.split()[0],
                "plainNs": round(plain, 1),
                "clocksNs": round(clocks_ns, 1),
                "recordedNs": round(recorded_ns, 1),
                "recordedBestNs": round(min(times["recorded"]) - min(times["plain"]), 1),
                "ratio": round(recorded_ns / clocks_ns, 2),
            }
        ),
        flush=True,
    )
    engine.stdin.close()
    os._exit(0)


if __name__ == "__main__":
    main()
