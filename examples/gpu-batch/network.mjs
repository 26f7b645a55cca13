// A small network for WebGPU with its weights packed to four bits, as models are shipped. Each layer unpacks its weights,
// multiplies, and normalises: three compute passes. Unpacking costs the same for one item as for a hundred.
import { create } from 'webgpu';

/** Numbers that go in and come out for each item. */
export const WIDTH = 64;
const LAYERS = 6;
/** Items that one batch may have. */
export const MAX_BATCH = 256;
const GROUP = 64;

const Usage = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 0x80 };
const READ = 1;

const code = /* wgsl */ `
const W = ${WIDTH}u;
@group(0) @binding(0) var<storage, read_write> packed: array<u32>;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> items: array<f32>;
@group(0) @binding(3) var<storage, read_write> products: array<f32>;

// One thread a word of eight weights. Each weight has four bits; four bits more say how it is scaled.
@compute @workgroup_size(${GROUP}) fn unpack(@builtin(global_invocation_id) id: vec3u) {
  let word = packed[id.x];
  let scales = packed[id.x ^ 1u];
  for (var i = 0u; i < 8u; i++) {
    let level = f32((word >> (i * 4u)) & 15u) - 7.5;
    let scale = exp2(f32((scales >> (i * 4u)) & 15u) * -0.25);
    weights[id.x * 8u + i] = tanh(level * scale * 0.25) * 0.25;
  }
}

// One thread an output of an item.
@compute @workgroup_size(${GROUP}) fn multiply(@builtin(global_invocation_id) id: vec3u) {
  var sum = 0.0;
  for (var k = 0u; k < W; k++) { sum += items[id.y * W + k] * weights[k * W + id.x]; }
  products[id.y * W + id.x] = max(sum, 0.0);
}

// One thread an item.
@compute @workgroup_size(${GROUP}) fn normalise(@builtin(global_invocation_id) id: vec3u) {
  if ((id.x + 1u) * W > arrayLength(&items)) { return; }
  var sum = 0.0;
  for (var k = 0u; k < W; k++) { sum += products[id.x * W + k]; }
  for (var k = 0u; k < W; k++) { items[id.x * W + k] += products[id.x * W + k] - sum / f32(W); }
}
`;

/** Repeatable "random" numbers. */
function* noise(seed) {
  for (let x = seed; ;) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield x;
  }
}

/** The network on the first device that there is. `infer` takes items of WIDTH numbers and gives as many back. */
export class Network {
  /** Kept: devices end with what made them. */
  gpu;
  #device;
  #passes;
  #input;
  #output;

  static async load() {
    // Without this Dawn rounds what timestamps say to 65 microseconds.
    const gpu = create(['disable-dawn-features=timestamp_quantization']);
    const adapter = await gpu.requestAdapter({});
    if (adapter === null)
      throw new Error('There is no device for WebGPU: README.md says how to go without one.');
    const network = new Network();
    network.gpu = gpu;
    network.#prepare(await adapter.requestDevice());
    return network;
  }

  #prepare(device) {
    const { storage, copySource, copyTarget, mapRead } = Usage;
    const buffer = (size, usage) => device.createBuffer({ size, usage });
    const bytes = MAX_BATCH * WIDTH * 4;
    this.#device = device;
    this.#input = buffer(bytes, storage | copySource | copyTarget);
    this.#output = buffer(bytes, mapRead | copyTarget);
    const between = buffer(bytes, storage);
    const weights = buffer(WIDTH * WIDTH * 4, storage);
    const layout = device.createBindGroupLayout({
      entries: [0, 1, 2, 3].map((binding) => ({
        binding,
        visibility: 4,
        buffer: { type: 'storage' },
      })),
    });
    const module = device.createShaderModule({ code });
    const pipelines = ['unpack', 'multiply', 'normalise'].map((entryPoint) =>
      device.createComputePipeline({
        label: entryPoint,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint },
      }),
    );
    const numbers = noise(7);
    this.#passes = Array.from({ length: LAYERS }, () => {
      const words = Uint32Array.from({ length: (WIDTH * WIDTH) / 8 }, () => numbers.next().value);
      const packed = buffer(words.byteLength, storage | copyTarget);
      device.queue.writeBuffer(packed, 0, words);
      const resources = [packed, weights, this.#input, between];
      const entries = resources.map((of, binding) => ({ binding, resource: { buffer: of } }));
      const bindings = device.createBindGroup({ layout, entries });
      const [unpack, multiply, normalise] = pipelines;
      return [
        { pipeline: unpack, bindings, groups: () => [(WIDTH * WIDTH) / 8 / GROUP] },
        { pipeline: multiply, bindings, groups: (items) => [WIDTH / GROUP, items] },
        { pipeline: normalise, bindings, groups: (items) => [Math.ceil(items / GROUP)] },
      ];
    }).flat();
  }

  /** One batch at a time. */
  async infer(items) {
    const device = this.#device;
    const all = new Float32Array(items.length * WIDTH);
    items.forEach((item, i) => all.set(item, i * WIDTH));
    device.queue.writeBuffer(this.#input, 0, all);
    const encoder = device.createCommandEncoder();
    for (const { pipeline, bindings, groups } of this.#passes) {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindings);
      pass.dispatchWorkgroups(...groups(items.length));
      pass.end();
    }
    encoder.copyBufferToBuffer(this.#input, 0, this.#output, 0, all.byteLength);
    device.queue.submit([encoder.finish()]);
    await this.#output.mapAsync(READ, 0, all.byteLength);
    const results = new Float32Array(this.#output.getMappedRange(0, all.byteLength)).slice();
    this.#output.unmap();
    return items.map((_, i) => results.subarray(i * WIDTH, (i + 1) * WIDTH));
  }

  close() {
    this.#device.destroy();
  }
}
