// Devices that are made, used and dropped without being destroyed: is any of them still there? Needs --expose-gc.
import { create } from 'webgpu';
import { setTimeout as sleep } from 'node:timers/promises';

const gpu = create([]);
const adapter = await gpu.requestAdapter({});
const dropped = [];
for (let i = 0; i < 5; i++) {
  // An adapter makes one device.
  const device = await (i === 0 ? adapter : await gpu.requestAdapter({})).requestDevice();
  const encoder = device.createCommandEncoder();
  encoder.beginComputePass().end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  dropped.push(new WeakRef(device), new WeakRef(encoder), new WeakRef(device.queue));
}
const left = () => dropped.filter((reference) => reference.deref() !== undefined).length;
for (let round = 0; round < 50 && left() > 3; round++) {
  await sleep(20);
  globalThis.gc();
}
// The last one stands in a register or on the stack.
console.log(left() <= 3 ? 'dropped' : `${left()} are left`);
gpu.toString();
