import asyncio
import multiprocessing
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from sluice_agent import pipeline

p = pipeline("nested")
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 500


async def waits(n):
    await asyncio.sleep(0.004)


def sleeps(n):
    time.sleep(0.004)
    return n


# What is declared is shown, so each way declares what it uses.
if sys.argv[1] in ("threads", "pool"):
    parse = p.stage("parse", kind="io")(sleeps)
else:
    fetch = p.stage("fetch", kind="io")(waits)


def job(n):
    time.sleep(0.001)
    return parse(n)


def threads():
    with ThreadPoolExecutor(2) as workers:
        for task in [workers.submit(job, n) for n in range(COUNT)]:
            task.result()


def pool():
    with multiprocessing.get_context("fork").Pool(2) as workers:
        assert workers.map(job, range(COUNT), chunksize=1) == list(range(COUNT))
        workers.close()
        workers.join()


def loop():
    async def one(limit, n):
        async with limit:
            await asyncio.sleep(0.001)
            await fetch(n)

    async def main():
        limit = asyncio.Semaphore(4)
        await asyncio.gather(*[one(limit, n) for n in range(COUNT)])

    asyncio.run(main())


def apart():
    # One behind the other, and in the same thread at the same time.
    async def reader(queue):
        for n in range(COUNT):
            await fetch(n)
            await queue.put(n)

    async def writer(queue):
        for _ in range(COUNT):
            with p.stage("write", kind="io"):
                await queue.get()

    async def main():
        queue = asyncio.Queue(4)
        await asyncio.gather(reader(queue), writer(queue))

    asyncio.run(main())


if __name__ == "__main__":
    {"threads": threads, "pool": pool, "loop": loop, "apart": apart}[sys.argv[1]]()
