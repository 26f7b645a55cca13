// Items pass three stages: one of the API, one of the library that the argument names, one of the API.
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const p = pipeline('three');
const write = p.stage('write', async (n) => sleep(1, n));
const read = p.stage('read', async (n) => sleep(n % 3, n));
const count = Array.from({ length: 20 }, (_, n) => n);
const double = async (n) => sleep(1, n * 2);
const work = async (n) => double(n);

/** Each makes a function that hands an item to the library. */
const byItem = {
  async 'p-queue'() {
    const { default: PQueue } = await import('p-queue');
    const work = new PQueue({ concurrency: 3 });
    return (n) => work.add(() => double(n));
  },
  async 'p-limit'() {
    const { default: pLimit } = await import('p-limit');
    const work = pLimit(3);
    return (n) => work(double, n);
  },
  async limitFunction() {
    const { limitFunction } = await import('p-limit');
    const work = limitFunction(double, { concurrency: 3 });
    return work;
  },
  async fastq() {
    const { default: fastq } = await import('fastq');
    const work = fastq.promise(double, 3);
    return (n) => work.push(n);
  },
  async 'fastq with callbacks'() {
    const { default: fastq } = await import('fastq');
    const work = fastq((n, done) => setTimeout(done, 1, null, n * 2), 3);
    return (n) => new Promise((resolve) => work.push(n, (_, result) => resolve(result)));
  },
  async async() {
    const { queue } = await import('async');
    const work = queue(double, 3);
    return (n) => work.pushAsync(n);
  },
  async 'async with priorities'() {
    const { priorityQueue } = await import('async');
    const work = priorityQueue(double, 3);
    return (n) => work.pushAsync(n, -n);
  },
  async bottleneck() {
    const { default: Bottleneck } = await import('bottleneck');
    const work = new Bottleneck({ maxConcurrent: 3 });
    return (n) => work.schedule(double, n);
  },
  async workerpool() {
    const { default: workerpool } = await import('workerpool');
    const work = workerpool.pool({ maxWorkers: 2 });
    end = () => work.terminate();
    return (n) => work.exec((value) => value * 2, [n]);
  },
  async tinypool() {
    const { default: Tinypool } = await import('tinypool');
    const filename = new URL('work.mjs', import.meta.url).href;
    const work = new Tinypool({ filename, minThreads: 2, maxThreads: 2 });
    end = () => work.destroy();
    return (n) => work.run(n);
  },
};
/** Each takes all items at once. */
const atOnce = {
  async 'p-map'() {
    const { default: pMap } = await import('p-map');
    return async (items) => {
      return pMap(items, work, { concurrency: 3 });
    };
  },
  async 'p-limit map'() {
    const { default: pLimit } = await import('p-limit');
    const work = pLimit(3);
    return (items) => work.map(items, double);
  },
  async mapLimit() {
    const { mapLimit } = await import('async');
    return async (items) => {
      return mapLimit(items, 3, work);
    };
  },
};
let end = () => undefined;
const [, , name] = process.argv;
if (name in byItem) {
  const hand = await byItem[name]();
  const one = async (n) => write(await hand(await read(n)));
  console.log((await Promise.all(count.map(one))).length);
} else {
  const hand = await atOnce[name]();
  for (let turn = 0; turn < 3; turn++) {
    const text = await read(turn);
    await hand(count);
    await write(text);
  }
}
await end();
