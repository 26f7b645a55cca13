import resource
import time

from sluice_agent import pipeline

p = pipeline("flood")
work = p.stage("work")(lambda: None)
end = time.monotonic() + 3
while time.monotonic() < end:
    for _ in range(1000):
        work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
