// Passes on a device with the timestamps as Dawn rounds them, several submissions at once, and an end in order.
import { create } from 'webgpu';

const gpu = create([]);
const adapter = await gpu.requestAdapter({});
const device = await adapter.requestDevice({ label: 'of the program' });
const module = device.createShaderModule({
  code: `@group(0) @binding(0) var<storage, read_write> data: array<f32>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
      var x = data[id.x];
      for (var i = 0u; i < 2000u; i++) { x = x * 0.999 + 0.001; }
      data[id.x] = x;
    }`,
});
const work = device.createComputePipeline({
  label: 'work',
  layout: 'auto',
  compute: { module, entryPoint: 'main' },
});
const buffer = device.createBuffer({ size: 64 * 64 * 4, usage: 0x80 });
const bindings = device.createBindGroup({
  layout: work.getBindGroupLayout(0),
  entries: [{ binding: 0, resource: { buffer } }],
});

function submit(label) {
  const encoder = device.createCommandEncoder();
  for (let i = 0; i < 2; i++) {
    const pass = encoder.beginComputePass(label === undefined ? undefined : { label });
    pass.setPipeline(work);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(64);
    pass.end();
  }
  device.queue.submit([encoder.finish()]);
}

for (let round = 0; round < 12; round++) {
  submit('named');
  submit(undefined);
  submit('named');
  await device.queue.onSubmittedWorkDone();
  // An encoder that is never submitted, and a pass that the program times itself.
  device.createCommandEncoder().finish();
}
const own = device.features.has('timestamp-query')
  ? device.createQuerySet({ type: 'timestamp', count: 2 })
  : undefined;
if (own !== undefined) {
  const encoder = device.createCommandEncoder();
  encoder
    .beginComputePass({
      timestampWrites: { querySet: own, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    })
    .end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
}
let refused = '';
device.addEventListener('uncapturederror', (event) => (refused = event.error.constructor.name));
device.createBuffer({ size: 16, usage: 0 });
await device.queue.onSubmittedWorkDone();
// The first piece of work that ends after an error carries it.
submit('named');
await device.queue.onSubmittedWorkDone();
await new Promise((resolve) => setTimeout(resolve, 100));
device.destroy();
console.log((await device.lost).reason, refused);
