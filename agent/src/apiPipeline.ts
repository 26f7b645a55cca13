/** What `pipeline()` returns. */
import { ApiKnob } from './apiKnob.js';
import { ApiQueue } from './apiQueue.js';
import { watchStage } from './apiStage.js';
import { spanned } from './apiSpan.js';
import type {
  Knob,
  KnobSettings,
  Pipeline,
  Queue,
  QueueSettings,
  StageFunction,
  StageSettings,
} from './index.js';
import type { ThreadRecorder } from './recorder.js';
import type { SourcePosition } from '../wire/manifest.js';
import { callerPosition } from './sourcePosition.js';

const VIA = 'api';
/** Queues and knobs that one pipeline remembers by name. */
const MAX_NAMES = 10_000;

/** The user's line; frames of our own are skipped. */
function declaredAt(): SourcePosition | undefined {
  return callerPosition(callerPosition);
}

/** Implements `Pipeline` on a thread's recorder. */
export class ApiPipeline implements Pipeline {
  readonly name: string;
  readonly #recorder: ThreadRecorder;
  readonly #queues = new Map<string, Queue>();
  readonly #knobs = new Map<string, Knob>();

  constructor(name: string, recorder: ThreadRecorder) {
    this.name = recorder.pipeline(name);
    this.#recorder = recorder;
  }

  stage<F extends StageFunction>(name: string, settingsOrFn: StageSettings<F> | F, fn?: F): F {
    const isShort = typeof settingsOrFn === 'function';
    const settings: StageSettings<F> = isShort ? {} : settingsOrFn;
    const run = isShort ? settingsOrFn : fn;
    if (typeof run !== 'function') {
      this.#recorder.note('api:stage', `stage "${name}" was declared without a function`);
      // What was passed comes back; calling it fails in the program's own place, as it would without us.
      return run as unknown as F;
    }
    const stage = this.#recorder.stageRecorder({
      name,
      pipeline: this.name,
      kind: settings.kind ?? 'cpu',
      parallelism: settings.parallelism,
      via: VIA,
      source: declaredAt(),
    });
    return watchStage({ recorder: this.#recorder, stage, settings, fn: run });
  }

  queue(name: string, settings: QueueSettings = {}): Queue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const probe = this.#recorder.queue({
      name,
      pipeline: this.name,
      capacity: settings.capacity,
      from: settings.from,
      to: settings.to,
      via: VIA,
      source: declaredAt(),
    });
    const queue = new ApiQueue(probe);
    if (this.#queues.size < MAX_NAMES) this.#queues.set(name, queue);
    return queue;
  }

  knob(name: string, settings: KnobSettings): Knob {
    const known = this.#knobs.get(name);
    if (known !== undefined) return known;
    const source = declaredAt();
    const declaration = { ...settings, name, pipeline: this.name, via: VIA, source };
    const knob = new ApiKnob(this.#recorder, declaration);
    if (this.#knobs.size < MAX_NAMES) this.#knobs.set(name, knob);
    return knob;
  }

  span<T>(name: string, fn: () => T): T {
    return this.#recorder.active ? spanned(this.#recorder, name, fn) : fn();
  }
}
