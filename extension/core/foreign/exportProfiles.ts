/** CPU samples of a session for exports: runs of samples without a gap, as V8 writes profiles. */
import type { CallFrame } from '../model/cpuProfile.js';
import type { ThreadSamples } from '../model/cpuSamples.js';
import type { TraceStore } from '../model/store.js';
import type { ExportRange } from './exportText.js';

/** Samples of one run: what is written at once stays small. */
const MAX_RUN = 20_000;
/** Samples hold until the next one, but for rounding. */
const GAP_NS = 1;

/** Samples [from, to) of a thread, each holding until the next, the last until `endNs`. Session times. */
export interface SampleRun {
  readonly from: number;
  readonly to: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** A stack of a run: its function, and the stack that called it; null: the root. */
export interface RunNode {
  readonly id: number;
  readonly parent: number | null;
  readonly frame: CallFrame;
}

/** The runs of a thread within the range, of at most `max` samples each. */
export function* runsOf(
  samples: ThreadSamples,
  { fromNs, toNs }: ExportRange,
  max = MAX_RUN,
): Generator<SampleRun> {
  const { length } = samples;
  let from = firstIn(samples, fromNs);
  while (from < length && samples.atNs.at(from) < toNs) {
    let to = from + 1;
    while (to < length && to - from < max && samples.atNs.at(to) < toNs) {
      if (samples.atNs.at(to) - samples.untilNs.at(to - 1) > GAP_NS) break;
      to++;
    }
    const startNs = Math.max(samples.atNs.at(from), fromNs);
    const lastNs = samples.untilNs.at(to - 1);
    const nextNs = to < length ? samples.atNs.at(to) : Infinity;
    yield { from, to, startNs, endNs: Math.max(Math.min(lastNs, nextNs, toNs), startNs) };
    from = to;
  }
}

/** Start of a run's sample; the first one starts with the run. */
export function sampleNs(samples: ThreadSamples, run: SampleRun, sample: number): number {
  return sample === run.from ? run.startNs : samples.atNs.at(sample);
}

/** The stacks that occur in a run, parents first. Ids count from 1; the root has 1. */
export function nodesOf(
  store: TraceStore,
  samples: ThreadSamples,
  run: SampleRun,
): { readonly nodes: readonly RunNode[]; readonly idOf: ReadonlyMap<number, number> } {
  const nodes: RunNode[] = [{ id: 1, parent: null, frame: rootFrame }];
  const idOf = new Map<number, number>([[0, 1]]);
  for (let i = run.from; i < run.to; i++) {
    const path: number[] = [];
    for (let at = samples.node.at(i); !idOf.has(at); at = samples.parent.at(at)) path.push(at);
    for (const at of path.reverse()) {
      const f = store.cpu.table.functions[samples.function.at(at)];
      const parent = idOf.get(samples.parent.at(at)) ?? 1;
      idOf.set(at, nodes.length + 1);
      nodes.push({ id: nodes.length + 1, parent, frame: f?.frame ?? rootFrame });
    }
  }
  return { nodes, idOf };
}

const rootFrame: CallFrame = {
  functionName: '(root)',
  url: '',
  lineNumber: -1,
  columnNumber: -1,
};

function firstIn({ atNs, untilNs }: ThreadSamples, fromNs: number): number {
  const first = atNs.upperBound(fromNs) - 1;
  if (first < 0) return 0;
  return untilNs.at(first) > fromNs ? first : first + 1;
}
