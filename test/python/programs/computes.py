import math
import time


def crunch(n):
    total = 0.0
    for i in range(n):
        total += math.sqrt(i)
    return total


def rests():
    time.sleep(0.002)


end = time.monotonic() + 3
while time.monotonic() < end:
    crunch(20_000)
    rests()
