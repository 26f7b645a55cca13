"""What Sluice says of programs on a real GPU, checked against what is known.

    npm run build && python test/gpu/cuda.py [folder for the captures]

needs CUDA, torch, NumPy and Node.js (``SLUICE_NODE`` names it when it is not on the path). It is part of no test suite: few machines
that run those have such a device. Prints what was measured, and exits with 1 when a check failed. What it said, where and when, stands
in docs/gpu.md.

1. Two planted cases, data-starved and launch-bound, and one in which the device is the limit, are told apart.
2. The time of steps on the GPU, by pairs of CUDA events, against the kernels that torch.profiler saw: within 5 %.
3. examples/torch-train on CUDA: the loader is the bottleneck, the suggestion is applied, and reaches 95 % of the best of a sweep.
4. What recording costs, on runs with and without it by turns.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NODE = os.environ.get("SLUICE_NODE", "node")
CLI = os.path.join(ROOT, "dist", "cli.cjs")
TRAIN = os.path.join(ROOT, "examples", "torch-train", "train.py")
TOLERANCE = 0.05
IMAGES = 24_000

failed = []


def check(what, holds):
    print(f"  {'ok  ' if holds else 'FAIL'} {what}", flush=True)
    if not holds:
        failed.append(what)


def run(*command):
    """The program's own output; an error when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stdout}")
    return done.stdout


def profile(folder, name, *program):
    """Runs a program under Sluice. What it printed, and the report."""
    capture = os.path.join(folder, f"{name}.fxt")
    out = run(NODE, CLI, "run", "--no-report", "--out", capture, "--", sys.executable, *program)
    report = json.loads(run(NODE, CLI, "report", "--format", "json", capture))
    with open(os.path.join(folder, f"{name}.txt"), "w") as file:
        file.write(run(NODE, CLI, "report", capture))
    return out, report


def pipeline_of(report):
    return next(p for p in report["pipelines"] if not p["isShared"])


def stage_of(report, name):
    return next(s for p in report["pipelines"] for s in p["stages"] if s["name"] == name)


def device_of(report):
    """The stage of the device, which stands beside the pipeline."""
    return next(p for p in report["pipelines"] if p["isShared"] and p["name"] == "GPU")["stages"][0]


def findings(report):
    return {f["kind"]: f["text"] for f in pipeline_of(report)["findings"]}


def planted(folder):
    expected = {"starved": "gpuStarved", "launch": "gpuLaunchBound", "compute": None}
    for cause, kind in expected.items():
        out, report = profile(folder, cause, os.path.join(HERE, "planted.py"), cause)
        found = findings(report)
        said = {k: v for k, v in found.items() if k in expected.values()}
        print(f"{out.strip()}\n  {said or 'nothing about the GPU'}")
        print(f"  device: {json.dumps(device_of(report).get('gpu'))}")
        check(f"{cause}: {kind or 'neither starved nor launch-bound'}", set(said) == ({kind} if kind else set()))


def kernels_of(path):
    """What torch.profiler saw: how long at least one kernel or copy ran, and how long steps took on the device. Seconds."""
    with open(path) as file:
        events = [e for e in json.load(file)["traceEvents"] if e.get("ph") == "X"]
    work = sorted((e["ts"], e["ts"] + e["dur"]) for e in events if e.get("cat") in ("kernel", "gpu_memcpy", "gpu_memset"))
    union, until = 0.0, 0.0
    for start, end in work:
        union += max(0.0, end - max(start, until))
        until = max(until, end)
    steps = [e["dur"] for e in events if e.get("cat") == "gpu_user_annotation" and e["name"] == "train step"]
    return union / 1e6, sum(steps) / 1e6, len(steps)


def against_profiler(folder):
    for cause in ("compute", "launch"):
        trace = os.path.join(folder, f"{cause}.json")
        _, report = profile(folder, f"{cause}-profiled", os.path.join(HERE, "planted.py"), cause, "--seconds", "4", "--trace", trace)
        kernels, steps, count = kernels_of(trace)
        device = device_of(report)
        events = device["executions"] * device["serviceNs"]["mean"] / 1e9
        print(f"{cause}: events {events:.3f} s in {device['executions']} steps; torch.profiler: kernels {kernels:.3f} s, {count} steps {steps:.3f} s")
        print(f"  kernels ran {kernels / steps:.0%} of the steps; the driver says {device['gpu']['kernelShare']:.0%} of all the time")
        truth = kernels if cause == "compute" else steps
        check(f"{cause}: events within 5 % of torch.profiler ({events / truth - 1:+.1%})", abs(events / truth - 1) <= TOLERANCE)


def train(folder, name, **settings):
    """A copy of torch-train with other settings in its source, and enough images for machines with many cores."""
    settings = {"IMAGES": IMAGES, **settings}
    with open(TRAIN) as file:
        text = file.read()
    for setting, value in settings.items():
        text, count = re.subn(rf"^{setting} = \d+$", f"{setting} = {value}", text, flags=re.M)
        assert count == 1, setting
    path = os.path.join(folder, f"{name}.py")
    with open(path, "w") as file:
        file.write(text)
    return path


def rate_of(out):
    """Images a second, of the last epoch."""
    return float(re.findall(r"([\d.]+) images/s", out)[-1])


def torch_train(folder):
    out, report = profile(folder, "torch-train", train(folder, "train-draft"), "--epochs", "1")
    print(out.strip())
    pipeline = pipeline_of(report)
    bottleneck = pipeline["bottleneck"]
    print(f"  bottleneck: {bottleneck}\n  {findings(report).get('gpuStarved')}")
    check("torch-train: the loader is the bottleneck", bottleneck.get("stage") == "fetch")
    wanted, knobs = {}, {knob["id"]: knob["name"] for knob in pipeline["knobs"]}
    for suggestion in pipeline["suggestions"]:
        name = knobs[suggestion["knob"]]
        wanted[name] = suggestion["to"]
        print(f"  {name}: {suggestion['from']} -> {suggestion['to']}, {suggestion['predicted']}")
    check("torch-train: num_workers is suggested", "num_workers" in wanted)
    cores = os.cpu_count() or 1
    counts = sorted({n for n in (1, 2, 4, 6, 8, 12, 16, 24) if n <= 2 * cores} | {wanted.get("num_workers", 1)})
    names = {"num_workers": "NUM_WORKERS", "prefetch_factor": "PREFETCH_FACTOR", "batch_size": "BATCH_SIZE"}
    swept = {}
    for count in counts:
        path = train(folder, f"train-{count}", NUM_WORKERS=count)
        # The first epoch of a run is as slow as the others where loading is; few workers take long enough for one.
        swept[count] = rate_of(run(sys.executable, path, "--epochs", "1" if count <= 2 else "2"))
        print(f"  swept: {count} workers, {swept[count]:.0f} images/s", flush=True)
    path = train(folder, "train-applied", **{names[knob]: value for knob, value in wanted.items()})
    applied = max(rate_of(run(sys.executable, path, "--epochs", "2")) for _ in range(2))
    best = max(swept.values())
    check(f"torch-train: applied, {applied:.0f} images/s, best of the sweep {best:.0f} ({applied / best:.0%})", applied >= 0.95 * best)
    return wanted.get("num_workers", 4)


def cost(folder, workers):
    path = train(folder, "train-cost", NUM_WORKERS=workers)
    ratios = []
    for _ in range(5):
        bare = rate_of(run(sys.executable, path, "--epochs", "2"))
        watched = rate_of(profile(folder, "cost", path, "--epochs", "2")[0])
        ratios.append(bare / watched - 1)
    middle = statistics.median(ratios)
    print(f"cost of recording torch-train: {middle:+.1%} (runs: {', '.join(f'{r:+.1%}' for r in ratios)})")
    check("torch-train is slowed by at most 2 %", middle <= 0.02)


def main():
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("torch sees no CUDA device here")
    print(f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}, CUDA {torch.version.cuda}, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    folder = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="sluice-gpu-")
    os.makedirs(folder, exist_ok=True)
    planted(folder)
    against_profiler(folder)
    cost(folder, torch_train(folder))
    print(f"captures: {folder}")
    if failed:
        raise SystemExit(f"failed: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
