/** The recorder of one thread: remembers what is declared and, once it is attached, sends it to the drain thread. */
import path from 'node:path';
import { cleanKnob, cleanName, cleanQueue, cleanStage } from './clean.js';
import { nowNs } from './clock.js';
import { isRecording } from './control.js';
import { KnobOrders, KnobRecorder } from './knobProbe.js';
import type {
  KnobOptions,
  KnobProbe,
  QueueOptions,
  QueueProbe,
  Recorder,
  StageOptions,
  StageProbe,
} from './probe.js';
import { QueueRecorder } from './queueProbe.js';
import { SpanRecorder } from './spanRecorder.js';
import { StageRecorder } from './stageProbe.js';
import type { ThreadLink } from './threadLink.js';

/** Declarations that one thread remembers; what comes after them works, unrecorded. */
const MAX_REMEMBERED = 10_000;

interface Declared {
  /** Starts recording. */
  attach(link: ThreadLink): void;
}

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

/** Implements `Recorder`. Dormant until `attach`. */
export class ThreadRecorder implements Recorder {
  /** The user's own nested spans. */
  readonly spans = new SpanRecorder();
  readonly #stages = new Map<string, StageRecorder>();
  readonly #queues: QueueRecorder[] = [];
  readonly #remembered: Declared[] = [];
  readonly #notes = new Map<string, string>();
  readonly #pipelines = new Set<string>();
  readonly #orders = new KnobOrders();
  #link: ThreadLink | undefined;
  /** The process's shared words; before `attach` some of our own that say no. */
  #words: Int32Array = new Int32Array(1);

  get active(): boolean {
    return isRecording(this.#words);
  }

  /** The connection to the drain thread; undefined while dormant. */
  get link(): ThreadLink | undefined {
    return this.#link;
  }

  /** Starts recording, and declares what was declared so far. Once. */
  attach(link: ThreadLink): void {
    if (this.#link !== undefined) return;
    this.#link = link;
    this.#words = link.control.words;
    this.spans.attach(link);
    for (const name of this.#pipelines) link.declare({ kind: 'pipeline', name });
    for (const declared of this.#remembered) declared.attach(link);
    for (const [code, message] of this.#notes) link.note(code, message);
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
    const stage = new StageRecorder(name, clean);
    if (this.#remember(stage)) this.#stages.set(key(name), stage);
    return stage;
  }

  queue(options: QueueOptions): QueueProbe {
    const queue = new QueueRecorder(cleanQueue(options, this.#takeNote));
    if (this.#remember(queue)) this.#queues.push(queue);
    return queue;
  }

  knob(options: KnobOptions): KnobProbe {
    const clean = cleanKnob(options, this.#takeNote);
    const knob = new KnobRecorder(clean ?? options, this.#orders);
    if (clean !== undefined) this.#remember(knob);
    return knob;
  }

  note(code: string, message: string): void {
    if (this.#link !== undefined) this.#link.note(code, message);
    else if (this.#notes.size < MAX_REMEMBERED) this.#notes.set(code, message);
  }

  /** Writes the queue depths that were held back. */
  flush(): void {
    for (const queue of this.#queues) queue.flush();
  }

  readonly #takeNote = (code: string, message: string): void => {
    this.note(code, message);
  };

  #remember(declared: Declared): boolean {
    if (this.#remembered.length >= MAX_REMEMBERED) {
      this.note(
        'limit:declarations',
        `one thread declared more than ${MAX_REMEMBERED} stages, queues and knobs; later ones are not recorded`,
      );
      return false;
    }
    this.#remembered.push(declared);
    if (this.#link !== undefined) declared.attach(this.#link);
    return true;
  }
}
