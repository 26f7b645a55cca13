// A node process that runs a stage in its main thread and in a worker thread, and then itself as a child of a shell.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker } from 'node:worker_threads';
import { pipeline } from 'sluice';

const level = Number(process.argv[2]);
const self = fileURLToPath(import.meta.url);
const work = pipeline('tree').stage(
  isMainThread ? `main ${level}` : `worker ${level}`,
  () => undefined,
);
for (let i = 0; i < 10 * (level + 1); i++) work();
if (isMainThread) {
  const worker = new Worker(self, { argv: [String(level)] });
  await new Promise((resolve) => worker.once('exit', resolve));
  if (level > 0) {
    const { status } = spawnSync('sh', ['-c', `"${process.execPath}" "${self}" ${level - 1}`], {
      stdio: 'inherit',
    });
    process.exitCode = status;
  }
}
