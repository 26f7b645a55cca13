// The main thread has never heard of Sluice; two worker threads load it, and each has a stage and a live knob of its own.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

if (isMainThread) {
  const execArgv = process.argv[2] === undefined ? [] : ['--require', process.argv[2]];
  const workers = ['one', 'two'].map(
    (name) => new Worker(fileURLToPath(import.meta.url), { execArgv, workerData: name }),
  );
  const ends = workers.map((worker) => once(worker, 'exit'));
  await once(process.stdin, 'data');
  process.stdin.destroy();
  for (const worker of workers) worker.postMessage('end');
  console.log(JSON.stringify((await Promise.all(ends)).map(([code]) => code)));
} else {
  const { pipeline } = await import('sluice');
  const p = pipeline('workers');
  let size = 1;
  p.knob(`size ${workerData}`, {
    kind: 'batchSize',
    stage: `work ${workerData}`,
    value: size,
    min: 1,
    apply: (value) => {
      size = value;
    },
  });
  const work = p.stage(`work ${workerData}`, () => undefined);
  for (let i = 0; i < 30; i++) work();
  parentPort.once('message', () => {
    for (let i = 0; i < size; i++) work();
  });
}
