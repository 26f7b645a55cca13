/**
 * Exact totals per stage, kept here so that they hold even when executions are dropped on the way to the engine. What was
 * overwritten in a ring counts as well (`ringLosses.ts`), only the histogram cannot know it. Histograms
 * run in WebAssembly: 15 ns a value on a quiet machine, against ten times that in JavaScript.
 */
import {
  build,
  encodeIntoCompressedBase64,
  initWebAssemblySync,
  type Histogram,
} from 'hdr-histogram-js';
import type { StageSummary } from '../../wire/manifest.js';

/** Longest service time that a histogram holds: one day. Longer ones count as this. */
const MAX_SERVICE_NS = 86_400e9;

let useWebAssembly: boolean | undefined;

function canUseWebAssembly(): boolean {
  try {
    initWebAssemblySync();
    return true;
  } catch {
    // `--jitless` and hardened runtimes have no WebAssembly; the other build gives the same histogram.
    return false;
  }
}

function createHistogram(): Histogram {
  useWebAssembly ??= canUseWebAssembly();
  return build({
    useWebAssembly,
    bitBucketSize: 32,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 1e9,
    numberOfSignificantValueDigits: 2,
  });
}

/** One execution as the ring tells it. */
export interface ExecutionRecord {
  durationNs: number;
  items: number;
  failed: boolean;
}

/** Executions of which only the thread's own totals are left. */
export interface LostTotals {
  readonly executions: number;
  readonly items: number;
  readonly errors: number;
  readonly busyNs: number;
}

/** The totals of one stage since the last line. */
export class StageTotals {
  readonly stage: string;
  readonly pipeline: string | null;
  readonly #histogram = createHistogram();
  #executions = 0;
  #items = 0;
  #errors = 0;
  #busyNs = 0;
  /** Executions that were read; the histogram holds these. */
  #covered = 0;

  constructor(stage: string, pipeline: string | null) {
    this.stage = stage;
    this.pipeline = pipeline;
  }

  add(execution: ExecutionRecord): void {
    this.#executions++;
    this.#covered++;
    this.#items += execution.items;
    if (execution.failed) this.#errors++;
    this.#busyNs += execution.durationNs;
    this.#histogram.recordValue(Math.min(execution.durationNs, MAX_SERVICE_NS));
  }

  /** Adds executions that were overwritten before they could be read. */
  addLost(lost: LostTotals): void {
    this.#executions += lost.executions;
    this.#items += lost.items;
    this.#errors += lost.errors;
    this.#busyNs += lost.busyNs;
  }

  /** The line for the time between, and starts over; undefined when nothing ran. */
  take(fromNs: number, toNs: number): StageSummary | undefined {
    if (this.#executions === 0) return undefined;
    const line: StageSummary = {
      stage: this.stage,
      pipeline: this.pipeline,
      fromNs,
      toNs,
      executions: this.#executions,
      items: this.#items,
      errors: this.#errors,
      busyNs: this.#busyNs,
      covered: this.#covered === this.#executions ? null : this.#covered,
      histogram: encodeIntoCompressedBase64(this.#histogram),
    };
    this.#executions = 0;
    this.#items = 0;
    this.#errors = 0;
    this.#busyNs = 0;
    this.#covered = 0;
    this.#histogram.reset();
    return line;
  }
}

/** The totals of all stages of a process. */
export class Totals {
  readonly #byStage = new Map<string, StageTotals>();
  /** Executions read, from the start. */
  executions = 0;

  /** The totals of a stage. */
  of(stage: string, pipeline: string | null): StageTotals {
    const key = `${pipeline ?? ''}\0${stage}`;
    let totals = this.#byStage.get(key);
    if (totals === undefined) {
      totals = new StageTotals(stage, pipeline);
      this.#byStage.set(key, totals);
    }
    return totals;
  }

  /** Lines of the stages that ran, for the time between. */
  take(fromNs: number, toNs: number): StageSummary[] {
    const lines: StageSummary[] = [];
    for (const totals of this.#byStage.values()) {
      const line = totals.take(fromNs, toNs);
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }
}
