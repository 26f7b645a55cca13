/**
 * sharp: its images as a stage, and `sharp.concurrency()` as a live knob.
 *
 * Images run in libuv's thread pool, so as many at once as the pool has threads, and each with `sharp.concurrency()`
 * threads of its own. Output as a stream is not seen here.
 */
import os from 'node:os';
import type { KnobProbe } from '../src/probe.js';
import type { SourcePosition } from '../wire/manifest.js';
import { asClass, type Adapter, type AdapterContext } from './adapter.js';
import { disguise, isCallable, patchMethod, type Callable } from './construct.js';
import { followed } from './followed.js';
import { ThreadPoolStage } from './threadPool.js';

const VIA = 'sharp';
/** libvips takes no more. */
const MAX_THREADS = 1024;

type Pipeline = (this: object, callback: unknown, ...rest: unknown[]) => unknown;

function remark(perImage: number, images: number): string {
  const cores = os.availableParallelism();
  const product = perImage * images;
  const sum = `Threads for each image, and the libuv pool runs ${images} images at once: ${perImage} x ${images} = ${product} threads`;
  const judgement =
    product > cores
      ? `more than the ${cores} cores, so they get in each other's way`
      : `for ${cores} cores`;
  return `${sum}, ${judgement}. For many images at once, more images with one thread each are better.`;
}

/** The knob of one copy of sharp; they all turn the same setting of libvips. */
class ConcurrencyKnob {
  readonly #context: AdapterContext;
  readonly #concurrency: Callable;
  /** Where the program set it last. */
  source: SourcePosition | undefined;
  #probe: KnobProbe | undefined;
  #images = 1;

  constructor(context: AdapterContext, concurrency: Callable) {
    this.#context = context;
    this.#concurrency = concurrency;
  }

  declare(stage: string, images: number): void {
    const value = Number(this.#concurrency());
    this.#images = images;
    this.#probe = this.#context.recorder.knob({
      name: 'concurrency',
      kind: 'parallelism',
      stage,
      value,
      min: 1,
      max: MAX_THREADS,
      apply: (asked) => {
        this.#concurrency(Math.max(1, Math.round(asked)));
        this.noteChange();
      },
      remark: remark(value, images),
      via: VIA,
      source: this.source,
    });
  }

  /** Somebody may have set it. */
  noteChange(): void {
    const value = Number(this.#concurrency());
    this.#probe?.changed(value);
    this.#probe?.remark(remark(value, this.#images));
  }
}

function instrument(original: object, context: AdapterContext): object {
  const { recorder } = context;
  const concurrency: unknown = Reflect.get(original, 'concurrency');
  if (!isCallable(concurrency)) throw new Error('it has no concurrency()');
  const knob = new ConcurrencyKnob(context, concurrency);
  const pool = new ThreadPoolStage(recorder, {
    name: VIA,
    kind: 'cpu',
    via: VIA,
    onDeclared: (stage, images) => {
      knob.declare(stage, images);
    },
  });

  const watched = function (this: unknown, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(concurrency, this, args);
    if (args.length > 0) {
      knob.source = context.callerPosition(watched);
      knob.noteChange();
    }
    return result;
  };
  patchMethod<Pipeline>(asClass(original).prototype as object, '_pipeline', (pipeline) => {
    return function (this: object, callback, ...rest) {
      const isStream =
        Reflect.get(Object(Reflect.get(this, 'options')) as object, 'streamOut') === true;
      if (!recorder.active || (isStream && !isCallable(callback))) {
        return Reflect.apply(pipeline, this, [callback, ...rest]);
      }
      const job = pool.submit(false);
      const done = (isFailed: boolean): void => {
        pool.done(job, isFailed);
      };
      if (!isCallable(callback)) {
        return followed(Reflect.apply(pipeline, this, [callback, ...rest]), done);
      }
      const called = (...results: unknown[]): unknown => {
        done(results[0] !== null && results[0] !== undefined);
        return Reflect.apply(callback, undefined, results);
      };
      return Reflect.apply(pipeline, this, [called, ...rest]);
    };
  });
  Reflect.set(original, 'concurrency', disguise(watched, concurrency));
  return original;
}

/** sharp 0.x, in ES modules and CommonJS; read and tested in 0.35. */
export const sharpAdapter: Adapter = {
  library: 'sharp',
  majors: { from: 0, before: 1 },
  exportNames: ['default'],
  instrument,
};
