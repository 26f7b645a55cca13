// Sixteen tasks on two workers, one of them failing; then as many on three. The file is the pool's worker, too.
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import workerpool from 'workerpool';
import { finish, firstHalfDone } from './support/halves.js';

/** A task, in a worker thread. It lasts until every worker has taken part, however long the machine takes to start one. */
function resize(n: number, workers: number, shared: Int32Array): number {
  if (Atomics.add(shared, 0, 1) + 1 === workers) Atomics.store(shared, 1, 1);
  while (Atomics.load(shared, 1) === 0) Atomics.wait(shared, 1, 0, 2);
  if (n === 7) throw new RangeError('seven');
  return 2 * n;
}

const counts = { sum: 0, failed: 0 };

async function half(pool: workerpool.Pool, workers: number): Promise<void> {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const tasks = Array.from({ length: 16 }, async (_, n) => {
    try {
      const doubled: unknown = await pool.exec('resize', [n, workers, shared]);
      counts.sum += Number(doubled);
    } catch {
      counts.failed++;
    }
  });
  await Promise.all(tasks);
}

async function main(): Promise<void> {
  const script = fileURLToPath(import.meta.url);
  const options = { maxWorkers: 2, maxQueueSize: 100, workerType: 'thread' } as const;
  const pool = workerpool.pool(script, options); // @pool
  await half(pool, 2);
  await firstHalfDone();
  await half(pool, 3);
  const { totalWorkers } = pool.stats();
  await pool.terminate();
  finish({ ...counts, totalWorkers });
}

if (isMainThread) void main();
else workerpool.worker({ resize });
