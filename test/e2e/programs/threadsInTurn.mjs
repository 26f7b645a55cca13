// Worker threads one after the other. Each runs the same stage, queue and knob; the item of an execution is its thread.
import { fileURLToPath } from 'node:url';
import { isMainThread, threadId, Worker, workerData } from 'node:worker_threads';
import { pipeline } from 'sluice';

const [, , threads = '10', executions = '20'] = process.argv;
if (isMainThread) {
  for (let i = 0; i < Number(threads); i++) {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: Number(executions) });
    await new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', resolve);
    });
  }
} else {
  const p = pipeline('threads');
  const work = p.stage('work', { kind: 'cpu', item: () => threadId }, () => undefined);
  const jobs = p.queue('jobs', { to: 'work' });
  p.knob('batch', { kind: 'batchSize', stage: 'work', value: 4, min: 1, apply: () => undefined });
  for (let i = 0; i < workerData; i++) {
    jobs.depth(workerData - i);
    work();
  }
  jobs.depth(0);
}
