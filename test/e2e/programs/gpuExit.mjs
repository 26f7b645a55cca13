// Ends with work on the device: at once, or as soon as nothing is left to do; in this thread or in a worker.
import { isMainThread, Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const [how = 'leave', where = 'main'] = process.argv.slice(2);

let kept;
async function work() {
  const { create } = await import('webgpu');
  const gpu = create([]);
  const device = await (await gpu.requestAdapter({})).requestDevice();
  for (let i = 0; i < 20; i++) {
    const encoder = device.createCommandEncoder();
    encoder.beginComputePass().end();
    device.queue.submit([encoder.finish()]);
    if (i < 10) await device.queue.onSubmittedWorkDone();
  }
  if (how === 'destroy') device.destroy();
  else kept = [gpu, device];
  console.log('worked', kept?.length ?? 0);
  if (how === 'exit' && isMainThread) process.exit(3);
}

if (where === 'main' || !isMainThread) await work();
else {
  const started = [0, 1].map(
    () => new Worker(fileURLToPath(import.meta.url), { argv: [how, where] }),
  );
  await Promise.all(started.map((worker) => new Promise((resolve) => worker.on('exit', resolve))));
}
