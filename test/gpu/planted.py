"""Trains on a GPU with a cause that is known: what Sluice says about it is checked by ``cuda.py``.

    starved   loading a batch takes far longer than the step on it
    launch    a step is hundreds of kernels that take the device less time than the program takes to launch them
    compute   a step is a few products of large matrices: the device is the limit
"""

import argparse
import time

import torch
from torch.utils.data import DataLoader, IterableDataset

BATCH = 16
#: Enough for a step of some tens of milliseconds on a large device, and of a second on a small one.
LARGE = 8192
SMALL = 64
LAUNCHES = 500


class Batches(IterableDataset):
    """Batches without end, each after ``seconds`` of computing."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __iter__(self):
        while True:
            until = time.perf_counter() + self.seconds
            while time.perf_counter() < until:
                pass
            yield torch.ones(BATCH, SMALL)


def step_of(cause):
    """What is done with a batch."""
    small = torch.randn(SMALL, SMALL, device="cuda") / SMALL
    if cause == "launch":

        def launch(batch):
            out = batch
            for _ in range(LAUNCHES):
                out = out + 1
            return out.sum()

        return launch
    large = torch.randn(LARGE, LARGE, device="cuda", dtype=torch.bfloat16) / LARGE
    times = 30 if cause == "compute" else 4

    def compute(batch):
        out = large
        for _ in range(times):
            out = out @ large
        return out.sum() + (batch @ small).sum()

    return compute


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cause", choices=("starved", "launch", "compute"))
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--trace", help="profile with torch.profiler as well, and write its trace here")
    options = parser.parse_args()

    step = step_of(options.cause)
    # The first products choose kernels and allocate, which is none of the pipeline's time.
    for _ in range(3):
        step(torch.ones(BATCH, SMALL, device="cuda")).item()
    loader = DataLoader(Batches(0.05 if options.cause == "starved" else 0), batch_size=None, num_workers=1, prefetch_factor=4)

    def train():
        start, steps = time.perf_counter(), 0
        for batch in loader:
            with torch.autograd.profiler.record_function("train step"):
                step(batch.to("cuda")).item()
            steps += 1
            if time.perf_counter() - start > options.seconds:
                break
        print(f"{options.cause}: {steps / (time.perf_counter() - start):.1f} steps/s", flush=True)

    if options.trace is None:
        train()
        return
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        train()
        torch.cuda.synchronize()
    profile.export_chrome_trace(options.trace)


if __name__ == "__main__":
    main()
