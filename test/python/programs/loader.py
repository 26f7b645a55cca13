import argparse
import os
import random
import signal
import sys
import time

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

parser = argparse.ArgumentParser()
parser.add_argument("--workers", type=int, default=0)
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--how", default="plain")
parser.add_argument("--method", default=None)
parser.add_argument("--persistent", action="store_true")
parser.add_argument("--load-ms", type=float, default=1)
parser.add_argument("--samples", type=int, default=40)
options = parser.parse_args()


class Samples(Dataset):
    def __len__(self):
        return options.samples

    def __getitem__(self, index):
        time.sleep(options.load_ms / 1000)
        if index == 17 and options.how == "fails":
            raise ValueError("sample 17")
        if index == 17 and options.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if index == 17 and options.how == "hang":
            time.sleep(30)
        info = get_worker_info()
        seed = 0 if info is None else info.seed
        return torch.rand(4) + index, seed % 1000, random.random(), np.random.rand()


class Stream(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(torch.arange(first, 30, step))


class Chunks(IterableDataset):
    """A dataset that makes its batches itself."""

    def __iter__(self):
        return iter(torch.arange(30).reshape(5, 6))


def main():
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)
    streams = {"stream": Stream, "unbatched": Chunks}
    dataset = streams.get(options.how, Samples)()
    loader = DataLoader(
        dataset,
        batch_size=None if options.how == "unbatched" else 8,
        num_workers=options.workers,
        shuffle=None if options.how in streams else True,
        persistent_workers=options.persistent,
        multiprocessing_context=options.method,
        timeout=2 if options.how == "hang" else 0,
    )
    total = 0.0
    for _ in range(options.epochs):
        for batch in loader:
            if options.how in streams:
                total += float(batch.sum())
                continue
            total += float((batch[0] * torch.rand(1)).sum()) + float(batch[1].sum()) + float(batch[2].sum()) + float(batch[3].sum())
            time.sleep(0.001)
    print(f"{total:.6f} {torch.rand(1).item():.6f} {random.random():.6f} {np.random.rand():.6f}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, RuntimeError, OSError, EOFError) as error:
        said = f"{type(error).__name__} {(str(error) or '?').splitlines()[0][:40]}"
        if options.how == "kill":
            # How torch fails then depends on whether it was just taking something from the worker.
            said = "a worker is gone"
        print("".join(c for c in said if not c.isdigit()))
        sys.exit(3)
