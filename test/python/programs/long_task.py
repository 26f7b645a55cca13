import multiprocessing
import time

from sluice_agent import pipeline

p = pipeline("long")


@p.stage("inner")
def inner():
    return 1


def task(seconds):
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        for _ in range(100):
            count += inner()
        time.sleep(0.002)
    return count


if __name__ == "__main__":
    with multiprocessing.Pool(1) as pool:
        print(pool.apply(task, (4,)))
