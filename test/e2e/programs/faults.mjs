// Runs a stage a hundred times, waits for a line from stdin, runs it fifty times more, and ends in the way it is told.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { pipeline } from 'sluice';

const how = isMainThread ? process.argv[2] : workerData.how;
const p = pipeline('faults');
const work = p.stage('work', () => undefined);
const fail = p.stage('fail', () => {
  throw new Error('a fault');
});
const leave = p.stage('leave', () => {
  process.exit(7);
});

function held() {
  // Three changes within one stretch of merging: the last ones are held back.
  const queue = p.queue('held', { to: 'work' });
  for (const depth of [1, 2, 3]) queue.depth(depth);
}

const faults = {
  exit: () => leave(),
  uncaught: () => setImmediate(() => fail()),
  rejection: () => void Promise.resolve().then(() => fail()),
  abort: () => process.abort(),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  terminate: async () => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { how: 'hangs' } });
    await once(worker, 'message');
    await worker.terminate();
  },
  workerThrows: async () => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { how: 'throws' } });
    await once(worker, 'exit');
  },
  childKilled: async () => {
    const script = fileURLToPath(new URL('endless.mjs', import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await once(process.stdin, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
  },
};

if (isMainThread) {
  for (let i = 0; i < 100; i++) work();
  await once(process.stdin, 'data');
  for (let i = 0; i < 50; i++) work();
  await faults[how]();
  process.stdin.destroy();
  if (how === 'uncaught' || how === 'rejection') await sleep(60_000);
} else {
  const { parentPort } = await import('node:worker_threads');
  for (let i = 0; i < 25; i++) work();
  held();
  if (how === 'throws') fail();
  parentPort.postMessage('done');
  for (;;);
}
