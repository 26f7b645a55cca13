import asyncio
import sys
import threading
import time

from sluice_agent import pipeline

p = pipeline("counts")


@p.stage("plain", kind="cpu", parallelism=2)
def plain(x, *, fails=False):
    """Doc."""
    with p.span("inner"):
        if fails:
            raise ValueError("wanted")
    return x * 2


@p.stage("coroutine", kind="io")
async def coroutine(x):
    with p.span("outside"):
        await asyncio.sleep(0.002)
    return x


@p.stage("generator", kind="source")
def generator(n):
    got = []
    for i in range(n):
        got.append((yield i))
    return got


@p.stage("agen", kind="source")
async def agen(n):
    for i in range(n):
        yield i


@p.stage("batch", item=lambda items: items[0], items=len, arrived=lambda items: time.perf_counter() - 0.001)
def batch(items):
    return sum(items)


class Thing:
    @p.stage("method")
    def method(self):
        return self


assert plain.__name__ == "plain" and plain.__doc__ == "Doc."
assert asyncio.iscoroutinefunction(coroutine)
for i in range(100):
    assert plain(i) == 2 * i
for i in range(7):
    try:
        plain(i, fails=True)
    except ValueError as error:
        assert str(error) == "wanted"
    else:
        sys.exit("the error is gone")


async def main():
    assert await asyncio.gather(*[coroutine(i) for i in range(20)]) == list(range(20))
    assert [i async for i in agen(5)] == list(range(5))


asyncio.run(main())
made = generator(3)
assert next(made) == 0 and made.send("a") == 1 and made.send("b") == 2
try:
    made.send("c")
except StopIteration as stop:
    assert stop.value == ["a", "b", "c"]
closed = generator(3)
next(closed)
closed.close()
assert batch([4, 5, 6]) == 15
thing = Thing()
assert thing.method() is thing


def work():
    for i in range(1000):
        plain(i)


threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
for _ in range(5):
    with p.stage("block", kind="io"):
        time.sleep(0.001)
try:
    with p.stage("broken"):
        raise KeyError("x")
except KeyError:
    pass
with p.stage("sized").execution(items=12, item=3):
    pass
q = p.queue("q", capacity=8, from_="generator", to="plain")
for n in (1, 2, 3):
    q.enter(n)
    time.sleep(0.001)
q.leave(6)
value = []
k = p.knob("size", kind="batchSize", stage="batch", value=4, min=1, max=64, apply=value.append)
k.set(1000)
assert k.value == 64 and value == [64]
print("threads", threading.active_count(), len(threading.enumerate()))
