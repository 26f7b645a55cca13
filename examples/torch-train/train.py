"""Trains a small network on images that are made on the spot.

The loader has the settings that many programs begin with: one worker, two batches ahead. Decoding and augmenting an image takes a few
milliseconds of one core, a step on a batch takes less than its images take to load, so the network waits. Profile it with

    sluice run -- python train.py

and look at what Sluice says about `fetch` and `num_workers`.
"""

import argparse
import time
import zlib

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

NUM_WORKERS = 1
BATCH_SIZE = 16
PREFETCH_FACTOR = 2
IMAGES = 4800
SIZE = 96
CROP = 32
CLASSES = 10


class Images(Dataset):
    """Compressed images. What an image shows depends on its index only; how it is augmented depends on torch's random numbers."""

    def __init__(self):
        rng = np.random.default_rng(0)
        shapes = rng.integers(0, 255, (CLASSES, SIZE, SIZE, 3), dtype=np.uint8)
        noise = rng.integers(0, 60, (16, SIZE, SIZE, 3), dtype=np.uint8)
        self.files = [zlib.compress(((shapes[i % CLASSES] // 2) + noise[i % 16]).tobytes(), 1) for i in range(CLASSES * 16)]

    def __len__(self):
        return IMAGES

    def __getitem__(self, index):
        data = zlib.decompress(self.files[index % len(self.files)])
        image = np.frombuffer(data, dtype=np.uint8).reshape(SIZE, SIZE, 3).astype(np.float32) / 255
        return torch.from_numpy(augment(image)), index % CLASSES


def augment(image):
    """Flips, blurs, changes the contrast, and crops."""
    flip, x, y, contrast = torch.rand(4).tolist()
    if flip < 0.5:
        image = image[:, ::-1]
    for _ in range(3):
        image = (image + np.roll(image, 1, 0) + np.roll(image, -1, 0) + np.roll(image, 1, 1) + np.roll(image, -1, 1)) / 5
    image = (image - image.mean()) * (0.5 + contrast) / (image.std() + 1e-6)
    left, top = int(x * (SIZE - CROP)), int(y * (SIZE - CROP))
    return np.ascontiguousarray(image[top : top + CROP, left : left + CROP].transpose(2, 0, 1))


def network():
    """A small convolutional network."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, CLASSES),
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    # One thread computes: the cores are for the workers.
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = network().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loader = DataLoader(Images(), batch_size=BATCH_SIZE, shuffle=True, num_workers=NUM_WORKERS, prefetch_factor=PREFETCH_FACTOR)

    for epoch in range(options.epochs):
        start, seen, total = time.perf_counter(), 0, 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            seen += len(labels)
            total += loss.item() * len(labels)
        elapsed = time.perf_counter() - start
        print(f"epoch {epoch + 1}: {seen / elapsed:.0f} images/s, loss {total / seen:.6f}", flush=True)


if __name__ == "__main__":
    main()
