import time

from sluice_agent import pipeline

p = pipeline("live")
size = [4.0]


def apply(value):
    if value == 13:
        raise ValueError("unlucky")
    size[0] = value


knob = p.knob("size", kind="batchSize", stage="work", value=4, min=1, max=64, apply=apply)
work = p.stage("work")(lambda: time.sleep(0.002))
end = time.monotonic() + 30
while time.monotonic() < end and size[0] != 60:
    work()
print(size[0])
