/**
 * What an import collects, in the terms of a trace store: processes with tracks of slices, stages that run on slots, gauges
 * and CPU samples. Written as FXT when the file has ended (`fxtTrace.ts`).
 */
import type { StageKind } from '../../../agent/wire/manifest.js';
import { formatCount } from '../format.js';
import { counted } from '../counted.js';
import { SampleTable } from './sampleTable.js';
import { SliceTable } from './sliceTable.js';
import { cutName, Texts } from './texts.js';

/** What one import may hold; the rest is counted and told. */
export interface ImportLimits {
  /** Slices, samples of gauges and CPU samples together. */
  readonly rows: number;
  readonly processes: number;
  /** Tracks and stages of a process. */
  readonly tracks: number;
  readonly gauges: number;
}

export const IMPORT_LIMITS: ImportLimits = {
  rows: 20_000_000,
  processes: 500,
  tracks: 1000,
  gauges: 64,
};

/** The slices of a thread or of a GPU stream. Those that lie in no other are executions of the stage. */
export interface ThreadTrack {
  /** Name of the stage; tracks of one name in a process are lanes of one stage. */
  stage: string;
  stageKind: StageKind;
  /** Name of the thread, different for each track of a process. */
  thread: string;
  /** Drawn as work on a GPU; the extra word of its slices is the item + 1, 0 without one. Else it is 0 or EXTRA_ANNOTATION. */
  readonly isGpu: boolean;
  /** The executions have parts with names of their own, which are drawn below them. */
  readonly hasSpans: boolean;
  readonly slices: SliceTable;
}

/** Executions of a stage that may run at the same time, and the slices inside of them. */
export interface SlotTrack {
  readonly stage: string;
  readonly stageKind: StageKind;
  /** The extra word is what `meaning` says. */
  readonly executions: SliceTable;
  /** `item`: the item + 1, with EXTRA_FAILED for failures. `group`: the number that ties the slices within to the execution. */
  readonly meaning: 'item' | 'group';
  readonly inner: SliceTable;
}

/** The extra word of a slice on a thread: the program gave it its name. */
export const EXTRA_ANNOTATION = 1;

/** In the extra word of an execution: it failed. */
export const EXTRA_FAILED = 0x8000_0000;

/** Values over time, each holding until the next. */
export interface GaugeTrack {
  readonly name: string;
  readonly atNs: number[];
  readonly values: number[];
}

/** CPU samples of a thread. */
export interface SampleTrack {
  readonly thread: string;
  readonly samples: SampleTable;
}

/** A process of the file, or whatever else owns threads there. */
export class ForeignProcess {
  /** null: it has none, and gets a free one. */
  pid: number | null;
  title: string;
  runtime: string;
  readonly threads: ThreadTrack[] = [];
  readonly slots: SlotTrack[] = [];
  readonly gauges = new Map<string, GaugeTrack>();
  readonly samples: SampleTrack[] = [];

  constructor(pid: number | null, title: string, runtime: string) {
    this.pid = pid;
    this.title = title;
    this.runtime = runtime;
  }

  /** Whether it has anything to show. */
  get isEmpty(): boolean {
    const { threads, slots, gauges, samples } = this;
    return threads.length + slots.length + gauges.size + samples.length === 0;
  }
}

/** Collects one file. */
export class ForeignTrace {
  readonly texts = new Texts();
  readonly processes: ForeignProcess[] = [];
  readonly notes: string[] = [];
  /** Unix time of time 0, in nanoseconds; null: not known. */
  unixNsAtZero: bigint | null = null;
  readonly #limits: ImportLimits;
  #rows = 0;
  #leftOut = 0;
  readonly #full = new Set<string>();

  constructor(limits: ImportLimits = IMPORT_LIMITS) {
    this.#limits = limits;
  }

  /** Tells the user something. */
  note(text: string): void {
    if (this.notes.length < 100) this.notes.push(text);
  }

  /** Whether one more row may be kept. */
  admit(): boolean {
    if (this.#rows < this.#limits.rows) {
      this.#rows++;
      return true;
    }
    this.#leftOut++;
    return false;
  }

  /** A new process; the last one again when there are too many. */
  addProcess(pid: number | null, title: string, runtime: string): ForeignProcess {
    const last = this.processes.at(-1);
    if (last !== undefined && this.#isFull('processes', this.processes.length)) return last;
    const process = new ForeignProcess(pid, title, runtime);
    this.processes.push(process);
    return process;
  }

  /** A new track of a thread; the last one again when there are too many. */
  addThread(process: ForeignProcess, track: Omit<ThreadTrack, 'slices'>): ThreadTrack {
    const last = process.threads.at(-1);
    if (last !== undefined && this.#isFull('tracks', process.threads.length)) return last;
    const made: ThreadTrack = { slices: new SliceTable(), ...track };
    process.threads.push(made);
    return made;
  }

  /** A new stage with slots; undefined when there are too many. */
  addSlots(
    process: ForeignProcess,
    track: Pick<SlotTrack, 'stage' | 'stageKind' | 'meaning'>,
  ): SlotTrack | undefined {
    if (this.#isFull('tracks', process.slots.length)) return undefined;
    const tables = { executions: new SliceTable(), inner: new SliceTable() };
    const made: SlotTrack = { ...tables, ...track, stage: cutName(track.stage) };
    process.slots.push(made);
    return made;
  }

  /** Adds a value of a gauge. */
  addValue(process: ForeignProcess, name: string, atNs: number, value: number): void {
    let gauge = process.gauges.get(name);
    if (gauge === undefined) {
      if (this.#isFull('gauges', process.gauges.size)) return;
      gauge = { name: cutName(name), atNs: [], values: [] };
      process.gauges.set(name, gauge);
    }
    if (!Number.isFinite(atNs) || !this.admit()) return;
    gauge.atNs.push(atNs);
    gauge.values.push(value);
  }

  /** The samples of a thread. */
  samplesOf(process: ForeignProcess, thread: string): SampleTable {
    const known = process.samples.find((track) => track.thread === thread);
    if (known !== undefined) return known.samples;
    const samples = new SampleTable();
    process.samples.push({ thread, samples });
    return samples;
  }

  /** What was left out, as notes; once, at the end. */
  noteLimits(): void {
    if (this.#leftOut > 0) {
      this.note(
        `The file holds more than can be shown. Left out: ${counted(this.#leftOut, 'event')}, the last ones.`,
      );
    }
    const limits: Readonly<Record<string, number>> = { ...this.#limits };
    for (const what of this.#full) {
      const of = what === 'processes' ? '' : ' in one process';
      this.note(
        `More than ${formatCount(limits[what] ?? 0)} ${what}${of}: the rest stands together.`,
      );
    }
  }

  #isFull(what: 'processes' | 'tracks' | 'gauges', count: number): boolean {
    if (count < this.#limits[what]) return false;
    this.#full.add(what);
    return true;
  }
}
