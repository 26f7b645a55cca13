/**
 * onnxruntime-node: a stage for each model, with the items of a batch from the first dimension of its input.
 *
 * The kind follows from the execution providers that the program asks for: `gpu` when one of them is a device. What runs in the
 * session is timed as the program sees it, from `run` to its answer. There is no knob: batches are made by the program, which
 * can declare one with the API.
 */
import path from 'node:path';
import type { StageProbe } from '../src/probe.js';
import type { SourcePosition, StageKind } from '../wire/manifest.js';
import { asClass, type Adapter, type AdapterContext } from './adapter.js';
import { patchMethod } from './construct.js';
import { followed } from './followed.js';
import { nameOfCall, placeName } from './naming.js';

const VIA = 'onnxruntime';
/** Providers that compute on a device of their own; others share the cores. */
const devices: ReadonlySet<string> = new Set([
  ...['cuda', 'tensorrt', 'nvtensorrtrtx', 'rocm', 'migraphx'],
  ...['dml', 'webgpu', 'coreml', 'qnn', 'cann'],
]);

type Create = (this: unknown, model: unknown, ...rest: unknown[]) => unknown;
type Run = (this: object, feeds: unknown, ...rest: unknown[]) => unknown;

/** What is known of a session. */
interface Model {
  readonly name: string;
  readonly kind: StageKind;
  readonly source: SourcePosition | undefined;
  stage: StageProbe | undefined;
}

function field(object: unknown, key: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, key) : undefined;
}

/** `gpu` when the session may run on a device. */
export function kindOfSession(options: unknown): StageKind {
  const providers = field(options, 'executionProviders');
  const names: unknown[] = Array.isArray(providers) ? providers : [];
  const isDevice = (provider: unknown): boolean => {
    const name = typeof provider === 'string' ? provider : field(provider, 'name');
    return typeof name === 'string' && devices.has(name.toLowerCase());
  };
  return names.some(isDevice) ? 'gpu' : 'cpu';
}

/** Items of a run: the first dimension of the first input that has one; 1 without. */
export function itemsOfFeeds(feeds: unknown): number {
  if (typeof feeds !== 'object' || feeds === null) return 1;
  for (const tensor of Object.values(feeds)) {
    const dims = field(tensor, 'dims');
    if (!Array.isArray(dims) || dims.length === 0) continue;
    const first: unknown = dims[0];
    return typeof first === 'number' && Number.isInteger(first) && first > 0 ? first : 1;
  }
  return 1;
}

function nameOfModel(model: unknown, source: SourcePosition | undefined): string {
  const file = typeof model === 'string' ? path.basename(model).replace(/\.(onnx|ort)$/i, '') : '';
  return file !== '' ? file : (nameOfCall(source) ?? placeName(VIA, source));
}

function instrumentSession(original: object, context: AdapterContext): void {
  const { recorder } = context;
  const models = new WeakMap<object, Model>();
  patchMethod<Create>(original, 'create', (create) => {
    return function watched(this: unknown, model, ...rest) {
      const source = context.callerPosition(watched);
      const options = rest.findLast((o) => typeof o === 'object' && o !== null) ?? undefined;
      const made: unknown = Reflect.apply(create, this, [model, ...rest]);
      if (!(made instanceof Promise)) return made;
      return made.then((session: unknown) => {
        if (typeof session === 'object' && session !== null) {
          const name = nameOfModel(model, source);
          models.set(session, { name, kind: kindOfSession(options), source, stage: undefined });
        }
        return session;
      });
    };
  });
  patchMethod<Run>(asClass(original).prototype as object, 'run', (run) => {
    return function (this: object, feeds, ...rest) {
      const model = recorder.active ? models.get(this) : undefined;
      if (model === undefined) return Reflect.apply(run, this, [feeds, ...rest]);
      const { name, kind, source } = model;
      const stage = (model.stage ??= recorder.stage({ name, kind, via: VIA, source }));
      const detail = { item: undefined, items: itemsOfFeeds(feeds), failed: true };
      const arrival = stage.arrive();
      const slot = stage.begin();
      const startNs = recorder.now();
      const end = (isFailed: boolean): void => {
        stage.end(slot, startNs, recorder.now(), { ...detail, failed: isFailed });
        arrival?.end();
      };
      const call = (): unknown => Reflect.apply(run, this, [feeds, ...rest]);
      let result: unknown;
      let hasReturned = false;
      try {
        result = arrival === undefined ? call() : arrival.run(call);
        hasReturned = true;
      } finally {
        if (!hasReturned) end(true);
      }
      return followed(result, end);
    };
  });
}

const seen = new WeakSet();

function instrument(original: object, context: AdapterContext, exportName: string): object {
  const session: unknown =
    exportName === 'default' ? Reflect.get(original, 'InferenceSession') : original;
  if (typeof session !== 'function') throw new Error('it has no InferenceSession');
  if (!seen.has(session)) instrumentSession(session, context);
  seen.add(session);
  return original;
}

/** onnxruntime-node 1.x, CommonJS; read and tested in 1.30. */
export const onnxruntimeAdapter: Adapter = {
  library: 'onnxruntime-node',
  majors: { from: 1, before: 2 },
  exportNames: ['InferenceSession', 'default'],
  instrument,
};
