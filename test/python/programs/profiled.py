"""A training loop that torch.profiler records as well: ranges of it around the very bodies of Sluice's stages.

    python profiled.py TRACE.json WORKERS
"""

import random
import sys
import time

import torch
from sluice_agent import pipeline
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils.data import DataLoader, Dataset

trace, workers = sys.argv[1], int(sys.argv[2])
stages = pipeline("training")
weights = torch.rand(256, 256)
# Work is never regular; by that a trace without the time of day finds its place.
lengths = random.Random(7)


def compute(seconds):
    """Real work for so long, whatever the machine."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        torch.mm(weights, weights)


class Samples(Dataset):
    def __len__(self):
        return 25 * 4

    def __getitem__(self, index):
        time.sleep(0.002)
        return torch.full((8,), float(index))


@stages.stage("decode")
def decode(batch):
    with record_function("decode"):
        compute(0.008 + 0.004 * lengths.random())
        return batch * 2


@stages.stage("train")
def train(batch):
    with record_function("train"):
        compute(0.012)
        return float(batch.sum())


def main():
    torch.set_num_threads(1)
    loader = DataLoader(Samples(), batch_size=4, num_workers=workers)
    # What torch sets up with the first range is in no stage.
    with profile(activities=[ProfilerActivity.CPU]), record_function("warm"):
        compute(0.01)
    # Before and behind the profile there are executions that it does not know.
    train(decode(torch.zeros(8)))
    total = 0.0
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for batch in loader:
            total += train(decode(batch))
    train(decode(torch.zeros(8)))
    profiler.export_chrome_trace(trace)
    print(f"{total:.1f}")


if __name__ == "__main__":
    main()
