// Three children that answer four messages each, in each half, and one command that fails. The file is the child's script.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { finish, firstHalfDone } from './support/halves.js';

const counts = { answers: 0, sum: 0, codes: [] as (number | null)[] };

async function child(): Promise<void> {
  const started = fork(fileURLToPath(import.meta.url), ['child']); // @fork
  let open = 4;
  started.on('message', (doubled: number) => {
    counts.sum += doubled;
    counts.answers++;
    if (--open === 0) started.disconnect();
  });
  for (let n = 0; n < 4; n++) started.send(n);
  const [code] = (await once(started, 'exit')) as [number | null];
  counts.codes.push(code);
}

async function half(): Promise<void> {
  await Promise.all([child(), child(), child()]);
  counts.codes.push(spawnSync(process.execPath, ['--eval', 'process.exit(3)']).status); // @failing
}

async function main(): Promise<void> {
  await half();
  await firstHalfDone();
  await half();
  finish(counts);
}

if (process.argv[2] === 'child') {
  // On a busy machine the agent takes its time to connect, and a process that is gone before has said nothing.
  process.once('disconnect', () => setTimeout(() => undefined, 1000));
  // eslint-disable-next-line @typescript-eslint/no-misused-promises -- that the agent waits for it is what is tested
  process.on('message', async (n: number) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    process.send?.(2 * n);
  });
} else void main();
