/**
 * webgpu (Dawn for Node.js): devices as stages of kind `gpu`, with their passes timed on the device.
 *
 * Methods are patched on the prototypes of `globals`, so `create()`, adapters and devices stay what they are. While somebody
 * records, `requestDevice` asks for timestamp queries too, where the adapter has them. A pass that the program times itself is
 * left alone. What is known of a program's objects is kept in weak maps by these objects.
 */
import type { Adapter, AdapterContext } from './adapter.js';
import { guarded, patchMethod } from './construct.js';
import { DeviceTap, type DeviceContext } from './webgpuDevice.js';
import {
  TIMESTAMPS,
  type GpuAdapter,
  type GpuDevice,
  type GpuEncoder,
  type GpuNatives,
  type GpuQueue,
} from './webgpuShapes.js';
import { DeviceStages } from './webgpuStage.js';
import type { NamedPass, TimingSlot } from './webgpuTiming.js';

const VIA = 'webgpu';

/** An encoder of a device that is followed. */
interface EncoderState {
  readonly tap: DeviceTap;
  /** As soon as a pass is timed. */
  slot: TimingSlot | undefined;
}

/** What is known of the program's objects. */
interface Known {
  readonly context: AdapterContext;
  readonly queues: WeakMap<object, DeviceTap>;
  readonly devices: WeakMap<object, DeviceTap>;
  readonly encoders: WeakMap<object, EncoderState>;
  readonly passes: WeakMap<object, NamedPass>;
  readonly buffers: WeakMap<object, { readonly tap: DeviceTap; readonly slot: TimingSlot }>;
  /** Pipelines that have run, by their names. */
  readonly pipelines: WeakMap<object, string>;
}

function prototypeOf(globals: object, name: string): object {
  const made: unknown = Reflect.get(globals, name);
  const prototype: unknown = typeof made === 'function' ? made.prototype : undefined;
  if (typeof prototype !== 'object' || prototype === null) throw new Error(`it has no ${name}`);
  return prototype;
}

function textOf(object: object | undefined, key: string): string {
  const value: unknown = object === undefined ? undefined : Reflect.get(object, key);
  return typeof value === 'string' ? value : '';
}

/** What an adapter's devices are called. */
function nameOf({ info }: GpuAdapter): string {
  const { device, description, architecture, vendor } = info;
  // The description is the driver's; the specification has the device's name in lower case, with dashes.
  const name = [device, description, architecture, vendor].find(
    (text) => text !== undefined && text !== '',
  );
  return name === undefined ? 'GPU' : `GPU ${name.replaceAll('-', ' ')}`.slice(0, 100).trim();
}

/** The options of the program, and timestamp queries. */
function withTimestamps(options: object | undefined): object {
  const asked: unknown = options === undefined ? [] : Reflect.get(options, 'requiredFeatures');
  const features = new Set<unknown>((asked ?? []) as Iterable<unknown>);
  features.add(TIMESTAMPS);
  const requiredFeatures = { value: [...features], enumerable: true };
  return Object.create(options ?? Object.prototype, { requiredFeatures }) as object;
}

type RequestDevice = (this: GpuAdapter, options?: object) => Promise<GpuDevice>;

function patchAdapter(globals: object, known: Known, devices: DeviceContext): void {
  const { recorder } = known.context;
  patchMethod<RequestDevice>(prototypeOf(globals, 'GPUAdapter'), 'requestDevice', (request) => {
    return function (this: GpuAdapter, options) {
      const canTime = recorder.active && this.features.has(TIMESTAMPS);
      const asked = canTime ? withTimestamps(options) : options;
      const name = nameOf(this);
      return request.call(this, asked).then((device) =>
        guarded(known.context, VIA, {
          watch: () => {
            const tap = new DeviceTap(devices, device, name);
            known.devices.set(device, tap);
            known.queues.set(device.queue, tap);
            return device;
          },
          otherwise: device,
        }),
      );
    };
  });
}

function patchDevice(globals: object, known: Known): GpuNatives['createCommandEncoder'] {
  const prototype = prototypeOf(globals, 'GPUDevice');
  let native: GpuNatives['createCommandEncoder'] | undefined;
  patchMethod<GpuNatives['createCommandEncoder']>(prototype, 'createCommandEncoder', (create) => {
    native = create;
    return function (this: GpuDevice, options) {
      const encoder = create.call(this, options);
      const tap = known.context.recorder.active ? known.devices.get(this) : undefined;
      if (tap !== undefined) known.encoders.set(encoder, { tap, slot: undefined });
      return encoder;
    };
  });
  patchMethod<(this: object) => unknown>(prototype, 'destroy', (destroy) => {
    return function (this: object) {
      known.devices.get(this)?.close();
      return destroy.call(this);
    };
  });
  if (native === undefined) throw new Error('its devices make no encoders');
  return native;
}

type BeginPass = (this: GpuEncoder, options?: object) => object;

/** `beginComputePass` and `beginRenderPass`. */
function patchBegin(prototype: object, known: Known, kind: 'Compute' | 'Render'): BeginPass {
  let native: BeginPass | undefined;
  patchMethod<BeginPass>(prototype, `begin${kind}Pass`, (begin) => {
    native = begin;
    return function (this: GpuEncoder, options) {
      const state = known.context.recorder.active ? known.encoders.get(this) : undefined;
      const isOwn = options !== undefined && Reflect.get(options, 'timestampWrites') !== undefined;
      if (state === undefined || isOwn) return begin.call(this, options);
      state.slot ??= guarded(known.context, VIA, {
        watch: () => state.tap.slotFor(this),
        otherwise: undefined,
      });
      const named: NamedPass = { name: textOf(options, 'label'), isFirst: false };
      const timed = state.slot?.timed(options, named);
      const pass = begin.call(this, timed ?? options);
      if (timed !== undefined) known.passes.set(pass, named);
      return pass;
    };
  });
  if (native === undefined) throw new Error('its encoders begin no passes');
  return native;
}

function patchEncoder(
  globals: object,
  known: Known,
): Pick<GpuNatives, 'beginComputePass' | 'finish'> {
  const prototype = prototypeOf(globals, 'GPUCommandEncoder');
  const beginComputePass = patchBegin(prototype, known, 'Compute');
  patchBegin(prototype, known, 'Render');
  let native: GpuNatives['finish'] | undefined;
  patchMethod<GpuNatives['finish']>(prototype, 'finish', (finish) => {
    native = finish;
    return function (this: GpuEncoder, options) {
      const state = known.encoders.get(this);
      if (state?.slot === undefined) return finish.call(this, options);
      const { tap, slot } = state;
      state.slot = undefined;
      let buffer: object | undefined;
      try {
        slot.encodeCopy(this);
        buffer = finish.call(this, options);
        known.buffers.set(buffer, { tap, slot });
        return buffer;
      } finally {
        tap.finished(slot, buffer);
      }
    };
  });
  if (native === undefined) throw new Error('its encoders cannot be finished');
  return { beginComputePass, finish: native };
}

type SetPipeline = (this: object, pipeline: object) => unknown;

/** Learns from `setPipeline` what a pass without a name runs, and whether for the first time. */
function patchPass(globals: object, known: Known, kind: 'Compute' | 'Render'): GpuNatives['end'] {
  const prototype = prototypeOf(globals, `GPU${kind}PassEncoder`);
  const unnamed = `${kind.toLowerCase()} pass`;
  patchMethod<SetPipeline>(prototype, 'setPipeline', (set) => {
    return function (this: object, pipeline) {
      const pass = known.context.recorder.active ? known.passes.get(this) : undefined;
      if (pass !== undefined) {
        let label = known.pipelines.get(pipeline);
        if (label === undefined) {
          label = textOf(pipeline, 'label');
          known.pipelines.set(pipeline, label);
          pass.isFirst = true;
        }
        if (pass.name === '') pass.name = label === '' ? unnamed : label;
      }
      return set.call(this, pipeline);
    };
  });
  const end: unknown = Reflect.get(prototype, 'end');
  if (typeof end !== 'function') throw new Error('its passes do not end');
  return end as GpuNatives['end'];
}

function patchQueue(globals: object, known: Known): GpuNatives['submit'] {
  const { recorder } = known.context;
  let native: GpuNatives['submit'] | undefined;
  const prototype = prototypeOf(globals, 'GPUQueue');
  patchMethod<GpuNatives['submit']>(prototype, 'submit', (submit) => {
    native = submit;
    return function (this: GpuQueue, buffers) {
      const tap = recorder.active ? known.queues.get(this) : undefined;
      if (tap === undefined || !Array.isArray(buffers)) return submit.call(this, buffers);
      const submittedNs = recorder.now();
      const result = submit.call(this, buffers);
      const slots = buffers.flatMap((buffer: object) => {
        const timed = known.buffers.get(buffer);
        if (timed === undefined) return [];
        known.buffers.delete(buffer);
        return [timed.slot];
      });
      guarded(known.context, VIA, {
        watch: () => {
          tap.submitted(this, submittedNs, slots);
        },
        otherwise: undefined,
      });
      return result;
    };
  });
  if (native === undefined) throw new Error('its queues take nothing');
  return native;
}

function instrument(globals: object, context: AdapterContext): object {
  const known: Known = {
    context,
    queues: new WeakMap(),
    devices: new WeakMap(),
    encoders: new WeakMap(),
    passes: new WeakMap(),
    buffers: new WeakMap(),
    pipelines: new WeakMap(),
  };
  const createCommandEncoder = patchDevice(globals, known);
  const end = patchPass(globals, known, 'Compute');
  patchPass(globals, known, 'Render');
  const natives: GpuNatives = {
    createCommandEncoder,
    end,
    ...patchEncoder(globals, known),
    submit: patchQueue(globals, known),
  };
  const devices: DeviceContext = {
    recorder: context.recorder,
    natives,
    stages: new DeviceStages(context.recorder),
  };
  patchAdapter(globals, known, devices);
  return globals;
}

/** webgpu 0.x, an ES module; read and tested in 0.6.2. */
export const webgpuAdapter: Adapter = {
  library: 'webgpu',
  majors: { from: 0, before: 1 },
  exportNames: ['globals'],
  instrument,
};
