// Has never heard of Sluice: one construction of each library that has a knob, each with a number of its own.
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline as flow } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import async from 'async';
import Bottleneck from 'bottleneck';
import fastq from 'fastq';
import pLimit from 'p-limit';
import pMap, { pMapIterable } from 'p-map';
import PQueue from 'p-queue';
import { Piscina } from 'piscina';
import { from, lastValueFrom, mergeMap } from 'rxjs';
import sharp from 'sharp';

const concurrency = 3;
const größe = '😀';
const queue = new PQueue({ concurrency, timeout: 10_000 });
for (let i = 0; i < 5; i++) void queue.add(() => sleep(3, größe));
await queue.onSizeLessThan(4);
await queue.onIdle();

const limit = pLimit(Number(process.env.SLUICE_NEVER_SET ?? 5));
await Promise.all([1, 2, 3].map(() => limit(() => sleep(3))));
await pMap([1, 2, 3], () => sleep(3), { concurrency: 6 });
const slow = pMapIterable([1, 2, 3], (n) => sleep(2, n), { concurrency: 7, backpressure: 8 });
for await (const n of slow) if (n > 3) break;

const hooked = fastq.promise(() => sleep(3), 9);
await hooked.push(1);
const options = { least: 10, most: 11 };
const tasks = async.queue(async () => sleep(3), options.least);
await tasks.push(1);
const cargo = async.cargo(async () => sleep(3), options.most);
await cargo.push(1);
await async.mapLimit([1, 2], 12, async () => sleep(2));

const limiter = new Bottleneck({
  maxConcurrent: 13,
  highWater: 14,
});
await limiter.schedule(() => sleep(3));
await lastValueFrom(from([1, 2, 3]).pipe(mergeMap(() => sleep(3), 15)));

sharp.concurrency(2);
const background = 'red';
await sharp({ create: { width: 8, height: 8, channels: 3, background } })
  .png()
  .toBuffer();

const doubled = new Transform({
  objectMode: true,
  highWaterMark: 17,
  transform: (n, _, done) => setTimeout(done, 1, null, 2 * n),
});
const sink = new Writable({
  objectMode: true,
  highWaterMark: 18,
  write: (n, _, done) => setTimeout(done, 1),
});
await flow(Readable.from([1, 2, 3, 4], { highWaterMark: 19 }), doubled, sink);
await Readable.from([1, 2, 3], { highWaterMark: 20 })
  .map((n) => sleep(1, n), { concurrency: 21 })
  .toArray();

const filename = fileURLToPath(new URL('sum.mjs', import.meta.url));
const pool = new Piscina({ filename, minThreads: 1, maxThreads: 2, maxQueue: 22 });
await pool.run(3);
await pool.close();
