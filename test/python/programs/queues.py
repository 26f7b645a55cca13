import asyncio
import queue
import threading
import time

jobs = queue.Queue(maxsize=4)


def consume():
    while jobs.get() is not None:
        time.sleep(0.002)


thread = threading.Thread(target=consume)
thread.start()
for i in range(30):
    jobs.put(i)
jobs.put(None)
thread.join()


async def main():
    inbox = asyncio.Queue(3)
    limit = asyncio.Semaphore(2)

    async def work(i):
        async with limit:
            await asyncio.sleep(0.002)

    async def take():
        for _ in range(10):
            await inbox.get()
            await asyncio.sleep(0.001)

    taking = asyncio.ensure_future(take())
    for i in range(10):
        await inbox.put(i)
    await asyncio.gather(taking, *[work(i) for i in range(8)])


asyncio.run(main())
