/** The recorder of one thread: remembers what is declared and, once it is attached, sends it to the drain thread. */
import path from 'node:path';
import { cleanKnob, cleanName, cleanQueue, cleanStage } from './clean.js';
import { nowNs } from './clock.js';
import { Limit, stateOf } from './control.js';
import { KnobOrders, KnobRecorder } from './knobProbe.js';
import type { Arrival } from './learning/learner.js';
import { Learning } from './learning/learning.js';
import type {
  KnobOptions,
  KnobProbe,
  QueueOptions,
  QueueProbe,
  Recorder,
  StageOptions,
  StageProbe,
} from './probe.js';
import { QueueRecorder, type RecordedQueue } from './queueProbe.js';
import { SpanRecorder } from './spanRecorder.js';
import { StageRecorder } from './stageProbe.js';
import type { ThreadLink } from './threadLink.js';

/** Pipelines that one thread declares, and notes that it remembers while dormant. */
const MAX_REMEMBERED = 1000;
/** Name of the stage that stands for all that come when there are `Limit.stages` already. */
export const OTHER_STAGES = '(other stages)';

function position({ source }: StageOptions): string | undefined {
  return source === undefined ? undefined : `${source.file}:${source.line}:${source.column}`;
}

/** Does this declaration mean the stage that is there already? */
function isSame(known: StageOptions, options: StageOptions): boolean {
  const at = position(options);
  const knownAt = position(known);
  return known.via === options.via && (at === undefined || knownAt === undefined || at === knownAt);
}

/** Names to try for a stage whose name is taken: where it was declared, else who declared it, else a number. */
function* longerNames({ name, source, via }: StageOptions): Generator<string> {
  if (source !== undefined) {
    const place = `${path.basename(source.file)}:${source.line}`;
    yield `${name} (${place})`;
    yield `${name} (${place}:${source.column})`;
  } else {
    yield `${name} (${via})`;
  }
  for (let n = 2; ; n++) yield `${name} (${n})`;
}

/** Many stages in one: what a single one says of itself is not true of all. */
class OtherStages extends StageRecorder {
  constructor() {
    super(OTHER_STAGES, { name: OTHER_STAGES, kind: 'cpu', via: 'sluice' });
  }

  override setParallelism(): void {
    // Nobody knows it.
  }
}

/**
 * Implements `Recorder`. Dormant until `attach`, and again after `detach`. Everything that it remembers is bounded, and queues and knobs are let go
 * with what they belong to.
 */
export class ThreadRecorder implements Recorder {
  /** The user's own nested spans. */
  readonly spans = new SpanRecorder();
  /** Which stage feeds which. */
  readonly learning = new Learning(nowNs);
  readonly #stages = new Map<string, StageRecorder>();
  #otherStages: StageRecorder | undefined;
  readonly #queues = new Set<WeakRef<QueueRecorder>>();
  readonly #knobs = new Set<KnobRecorder>();
  /** What is left of queues and knobs when the program has dropped them. */
  readonly #dropped = new FinalizationRegistry<() => void>((letGo) => {
    letGo();
  });
  readonly #notes = new Map<string, string>();
  readonly #pipelines = new Set<string>();
  readonly #orders = new KnobOrders();
  #link: ThreadLink | undefined;
  /** The process's shared words; until they are known some of our own that say no. (`private`: see stageProbe.ts.) */
  private words: Int32Array = new Int32Array(1);
  /** The state when it was last looked at, and what it means here. */
  private seen = 0;
  private isOn = false;
  #onChange: ((state: number) => void) | undefined;

  get active(): boolean {
    const state = stateOf(this.words);
    return state === this.seen ? this.isOn : this.changed(state);
  }

  /** The connection to the drain thread; undefined while dormant. */
  get link(): ThreadLink | undefined {
    return this.#link;
  }

  /** Is the process's state followed? */
  get follows(): boolean {
    return this.#onChange !== undefined;
  }

  /**
   * Follows the process's state from now on. `onChange` attaches and detaches; it hears of a change at the next look at
   * `active`, because the event loop of a thread may not turn.
   */
  follow(words: Int32Array, onChange: (state: number) => void): void {
    this.words = words;
    this.#onChange = onChange;
  }

  /** Looks whether anything has changed. */
  look(): void {
    const state = stateOf(this.words);
    if (state !== this.seen) this.changed(state);
  }

  private changed(state: number): boolean {
    this.seen = state;
    this.isOn = false;
    try {
      this.#onChange?.(state);
    } catch (error) {
      this.note('agent:start', `a thread is not recorded: ${String(error)}`);
    }
    this.isOn = state > 0 && this.#link?.recording === state;
    return this.isOn;
  }

  /** Starts recording, and declares what was declared so far. Once until `detach`. */
  attach(link: ThreadLink): void {
    if (this.#link !== undefined) return;
    this.#link = link;
    this.words = link.control.words;
    this.spans.attach(link);
    for (const name of this.#pipelines) link.declare({ kind: 'pipeline', name });
    for (const stage of this.#stages.values()) {
      this.#isAdmitted(stage.options.pipeline, stage.name);
      stage.attach(link);
    }
    this.#otherStages?.attach(link);
    for (const reference of [...this.#queues]) this.#attachQueue(reference, link);
    for (const knob of this.#knobs) if (!knob.attach(link)) this.#knobs.delete(knob);
    for (const [code, message] of this.#notes) link.note(code, message);
    this.learning.attach(link);
  }

  /** Ends recording. What was declared is remembered for the next time. */
  detach(): void {
    if (this.#link === undefined) return;
    this.#link = undefined;
    this.isOn = false;
    this.learning.detach();
    for (const stage of this.#stages.values()) stage.detach();
    this.#otherStages?.detach();
    for (const reference of this.#queues) {
      const queue = reference.deref();
      queue?.detach();
      // What would be let go belongs to a link that is over, and would keep its ring.
      if (queue !== undefined) this.#hold(reference, queue, undefined);
    }
    for (const knob of this.#knobs) knob.detach();
    this.spans.detach();
    this.#orders.close();
  }

  now(): number {
    return nowNs();
  }

  /** Declares a pipeline, once; returns its name as it is declared. */
  pipeline(name: string): string {
    const clean = cleanName(name, 'pipeline', this.#takeNote);
    if (this.#pipelines.has(clean) || this.#pipelines.size >= MAX_REMEMBERED) return clean;
    this.#pipelines.add(clean);
    this.#link?.declare({ kind: 'pipeline', name: clean });
    return clean;
  }

  stage(options: StageOptions): StageProbe {
    return this.stageRecorder(options);
  }

  /** `stage`, as what it is. */
  stageRecorder(options: StageOptions): StageRecorder {
    const clean = cleanStage(options, this.#takeNote);
    const key = (name: string): string => `${clean.pipeline ?? ''}\0${name}`;
    let name = clean.name;
    let known = this.#stages.get(key(name));
    const names = longerNames(clean);
    while (known !== undefined && !isSame(known.options, clean)) {
      name = String(names.next().value);
      known = this.#stages.get(key(name));
    }
    if (known !== undefined) return known;
    if (!this.#isAdmitted(clean.pipeline, name)) return this.#other();
    const stage = new StageRecorder(name, clean, this.learning);
    this.#stages.set(key(name), stage);
    this.learning.add(stage);
    if (this.#link !== undefined) stage.attach(this.#link);
    return stage;
  }

  queue(options: QueueOptions): QueueProbe {
    const queue = new QueueRecorder(cleanQueue(options, this.#takeNote));
    const reference = new WeakRef(queue);
    if (this.#link !== undefined) this.#attachQueue(reference, this.#link);
    else if (this.#queues.size < Limit.queues) this.#hold(reference, queue, undefined);
    return queue;
  }

  knob(options: KnobOptions): KnobProbe {
    const clean = cleanKnob(options, this.#takeNote);
    const knob = new KnobRecorder(clean ?? options, this.#orders);
    if (clean === undefined) return knob;
    if (this.#knobs.size >= Limit.knobs) {
      this.#link?.noteLimit('knobs', Limit.knobs);
      return knob;
    }
    if (this.#link !== undefined && !knob.attach(this.#link)) return knob;
    this.#knobs.add(knob);
    if (options.owner !== undefined) {
      this.#dropped.register(options.owner, () => {
        this.#knobs.delete(knob);
        knob.dropped();
      });
    }
    return knob;
  }

  arrivalHere(): Arrival | undefined {
    return this.learning.arrivalHere();
  }

  note(code: string, message: string): void {
    this.#link?.note(code, message);
    // Remembered for a later recording, too.
    if (this.#notes.size < MAX_REMEMBERED && !this.#notes.has(code)) this.#notes.set(code, message);
  }

  /** Writes the queue depths that were held back. */
  flush(): void {
    for (const reference of this.#queues) reference.deref()?.flush();
  }

  readonly #takeNote = (code: string, message: string): void => {
    this.note(code, message);
  };

  /** Is there room for a stage of this name, in this thread and in the process? */
  #isAdmitted(pipeline: string | undefined, name: string): boolean {
    const link = this.#link;
    if (link === undefined) return this.#stages.size < Limit.stages;
    return link.control.stages.shared(`${pipeline ?? ''}\0${name}`) !== undefined;
  }

  /** The stage for all that are one too many: nothing they do is lost, only their names. */
  #other(): StageRecorder {
    this.note(
      'limit:stages',
      `this process has more than ${Limit.stages} stages; later ones are recorded together, as "${OTHER_STAGES}"`,
    );
    const known = this.#otherStages;
    if (known !== undefined) return known;
    const other = new OtherStages();
    this.#otherStages = other;
    if (this.#link !== undefined) other.attach(this.#link);
    return other;
  }

  #attachQueue(reference: WeakRef<QueueRecorder>, link: ThreadLink): void {
    this.#queues.delete(reference);
    const queue = reference.deref();
    const recorded = queue?.attach(link);
    // Without an id there is nothing to flush.
    if (queue !== undefined && recorded !== undefined) this.#hold(reference, queue, recorded);
  }

  #hold(
    reference: WeakRef<QueueRecorder>,
    queue: QueueRecorder,
    recorded: RecordedQueue | undefined,
  ): void {
    this.#queues.add(reference);
    this.#dropped.unregister(reference);
    const letGo = (): void => {
      this.#queues.delete(reference);
      recorded?.dropped();
    };
    this.#dropped.register(queue, letGo, reference);
  }
}
