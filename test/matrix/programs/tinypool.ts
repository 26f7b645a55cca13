// Sixteen tasks on two threads, one of them failing; then as many on three. The file is the pool's worker, too.
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { finish, firstHalfDone } from './support/halves.js';

/** `shared`: how many tasks have begun, and whether they may end. */
interface Task {
  readonly n: number;
  readonly threads: number;
  readonly shared: Int32Array;
}

/** A task, in a worker thread. It lasts until every thread has taken part, however long the machine takes to start one. */
export function resize({ n, threads, shared }: Task): number {
  if (Atomics.add(shared, 0, 1) + 1 === threads) Atomics.store(shared, 1, 1);
  while (Atomics.load(shared, 1) === 0) Atomics.wait(shared, 1, 0, 2);
  if (n === 7) throw new RangeError('seven');
  return 2 * n;
}

const counts = { sum: 0, failed: 0 };

async function half(pool: Tinypool): Promise<void> {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const threads = pool.options.maxThreads;
  const tasks = Array.from({ length: 16 }, async (_, n) => {
    try {
      const doubled: unknown = await pool.run({ n, threads, shared }, { name: 'resize' });
      counts.sum += Number(doubled);
    } catch {
      counts.failed++;
    }
  });
  await Promise.all(tasks);
}

async function main(): Promise<void> {
  const filename = fileURLToPath(import.meta.url);
  // Threads stay, so that those of the first half are there in the second.
  const options = { filename, minThreads: 2, maxThreads: 2, idleTimeout: 60_000, maxQueue: 100 };
  const pool = new Tinypool(options); // @pool
  await half(pool);
  await firstHalfDone();
  await half(pool);
  const { maxThreads } = pool.options;
  await pool.destroy();
  finish({ ...counts, maxThreads });
}

if (isMainThread) void main();
