/** What the trace of another tool says by name: stretches that the program gave a name to, and work on GPUs. */
import { kindOf, SPAN_ANNOTATION, SPAN_GPU, type Lane, type Stage } from '../model/entities.js';
import { settleSpans } from '../view/spans.js';
import type { CommonTime, Sum } from './commonTime.js';

/** What PyTorch calls each request to a DataLoader, whatever its class; and each step of its profiler, which are numbered. */
const LOADER = /^enumerate\(DataLoader\)#.*\.__next__$/;
const PROFILER_STEP = /^ProfilerStep#\d+$/;

/** The name that stretches of a kind have in common. */
export const LOADER_NAME = 'enumerate(DataLoader)';
const STEP_NAME = 'ProfilerStep';

/** Sums by name. */
export type SumsByName = Map<string, Sum>;

/** Which names count, besides those that the program gave. */
export interface NamesWanted {
  readonly nameOf: (id: number) => string;
  /** Names of stages: a tool that does not tell who gave a name may have recorded the same functions. */
  readonly stages: ReadonlySet<string>;
  /** Whether a request to a loader brought something; what it did not bring nobody waited for. */
  readonly isRequest: (startNs: number, endNs: number) => boolean;
}

/** The stretches and the GPU's work of a process's stages, by name. */
export class TracedNames {
  readonly stretches: SumsByName = new Map();
  readonly deviceWork: SumsByName = new Map();
  readonly #time: CommonTime;
  readonly #wanted: NamesWanted;
  readonly #folded = new Map<number, string>();
  readonly #hasAnnotations: boolean;

  constructor(stages: readonly Stage[], time: CommonTime, wanted: NamesWanted) {
    this.#time = time;
    this.#wanted = wanted;
    const lanes = stages.flatMap((stage) => stage.lanes);
    for (const lane of lanes) settleSpans(lane);
    this.#hasAnnotations = lanes.some(hasAnnotations);
    for (const stage of stages) {
      for (const lane of stage.lanes) {
        // Names on a GPU say when its work for them began and ended, and are no work.
        if (kindOf(stage) === 'gpu') this.#addWork(lane);
        else this.#addStretches(lane);
      }
    }
  }

  #addWork({ spans }: Lane): void {
    const [from, to] = this.#time.rows(spans);
    for (let row = from; row < to; row++) {
      const durationNs = spans.durationNs.at(row);
      if ((spans.second.at(row) & SPAN_GPU) === 0) continue;
      if (!this.#time.holds(spans.startNs.at(row), durationNs)) continue;
      addTo(this.deviceWork, this.#nameOf(spans.first.at(row)), durationNs);
    }
  }

  #addStretches({ spans }: Lane): void {
    /** End of the last stretch of a name: one that lies in another of its name is part of that. */
    const endsNs = new Map<string, number>();
    const [from, to] = this.#time.rows(spans);
    for (let row = from; row < to; row++) {
      const name = this.#nameOf(spans.first.at(row));
      if (!this.#isWanted(name, spans.second.at(row))) continue;
      const startNs = spans.startNs.at(row);
      const durationNs = spans.durationNs.at(row);
      const endNs = startNs + durationNs;
      if (startNs < (endsNs.get(name) ?? -Infinity)) continue;
      if (!this.#time.holds(startNs, durationNs)) continue;
      endsNs.set(name, endNs);
      if (name === LOADER_NAME && !this.#wanted.isRequest(startNs, endNs)) continue;
      addTo(this.stretches, name, durationNs);
    }
  }

  #isWanted(name: string, word: number): boolean {
    if (this.#hasAnnotations) return (word & SPAN_ANNOTATION) !== 0;
    return name === LOADER_NAME || name === STEP_NAME || this.#wanted.stages.has(name);
  }

  #nameOf(id: number): string {
    let name = this.#folded.get(id);
    if (name === undefined) {
      name = folded(this.#wanted.nameOf(id));
      this.#folded.set(id, name);
    }
    return name;
  }
}

function folded(name: string): string {
  if (LOADER.test(name)) return LOADER_NAME;
  return PROFILER_STEP.test(name) ? STEP_NAME : name;
}

function hasAnnotations({ spans }: Lane): boolean {
  for (let row = 0; row < spans.length; row++) {
    if ((spans.second.at(row) & SPAN_ANNOTATION) !== 0) return true;
  }
  return false;
}

function addTo(sums: SumsByName, name: string, durationNs: number): void {
  const sum = sums.get(name);
  if (sum === undefined) sums.set(name, { count: 1, totalNs: durationNs });
  else {
    sum.count++;
    sum.totalNs += durationNs;
  }
}
