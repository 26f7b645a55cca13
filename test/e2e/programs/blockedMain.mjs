// A worker thread that works, and a main thread that hangs for three seconds and until a file is there.
import { existsSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, Worker } from 'node:worker_threads';
import { pipeline } from 'sluice';

const p = pipeline('blocked');
if (isMainThread) {
  const worker = new Worker(fileURLToPath(import.meta.url));
  await new Promise((resolve) => worker.once('message', resolve));
  writeSync(1, 'blocked\n');
  const until = performance.now() + 3000;
  while (performance.now() < until || !existsSync(process.argv[2]));
  p.stage('freed', () => undefined)();
  await worker.terminate();
} else {
  const { parentPort } = await import('node:worker_threads');
  const work = p.stage('work', () => undefined);
  work();
  parentPort.postMessage('ready');
  for (;;) {
    work();
    await sleep(1);
  }
}
