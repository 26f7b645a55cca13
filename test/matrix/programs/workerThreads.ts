// Two workers that get sixteen messages in each half and answer them all. The file is the workers' script, too.
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { finish, firstHalfDone } from './support/halves.js';

const counts = { answers: 0, sum: 0 };

async function half(workers: readonly Worker[]): Promise<void> {
  const wanted = counts.answers + 16 * workers.length;
  await new Promise<void>((resolve) => {
    for (const worker of workers) {
      const take = (doubled: number): void => {
        counts.sum += doubled;
        if (++counts.answers === wanted) resolve();
      };
      worker.removeAllListeners('message').on('message', take);
      for (let n = 0; n < 16; n++) worker.postMessage(n);
    }
  });
}

async function main(): Promise<void> {
  const workers: Worker[] = [];
  for (let i = 0; i < 2; i++) {
    workers.push(new Worker(new URL(import.meta.url))); // @worker
  }
  await half(workers);
  await firstHalfDone();
  await half(workers);
  // The last answers are here, but the listeners that sent them may not have returned: terminated now, they would be cut off.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await Promise.all(workers.map((worker) => worker.terminate()));
  finish(counts);
}

if (isMainThread) void main();
else {
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- that the agent waits for it is what is tested
  parentPort?.on('message', async (n: number) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    parentPort?.postMessage(2 * n);
  });
}
