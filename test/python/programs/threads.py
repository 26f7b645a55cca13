import threading
import time

from sluice_agent import pipeline

p = pipeline("threads")


@p.stage("work")
def work():
    time.sleep(0.001)


def run():
    with p.span("outside"):
        work()


end = time.monotonic() + 2.5
count = 0
while time.monotonic() < end:
    threads = [threading.Thread(target=run) for _ in range(10)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    count += 10
print(count)
