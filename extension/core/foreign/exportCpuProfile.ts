/** The CPU samples of one thread as a .cpuprofile of V8's, which DevTools, VS Code and speedscope open. */
import type { CallFrame } from '../model/cpuProfile.js';
import type { ThreadSamples } from '../model/cpuSamples.js';
import type { TraceStore } from '../model/store.js';
import { nodesOf, runsOf, sampleNs, type RunNode, type SampleRun } from './exportProfiles.js';
import { microText, TextPieces, type ExportRange } from './exportText.js';

const ROOT_ID = 1;
const idleFrame: CallFrame = {
  functionName: '(idle)',
  url: '',
  lineNumber: -1,
  columnNumber: -1,
};

/** Does the thread have samples in the range? */
export function hasSamples(samples: ThreadSamples, range: ExportRange): boolean {
  return runsOf(samples, range).next().done !== true;
}

/** The text of the profile, piece by piece. Where two profiles follow on each other with a gap, the thread counts as idle. */
export function* cpuProfileOf(
  store: TraceStore,
  samples: ThreadSamples,
  range: ExportRange,
): Generator<string> {
  const runs = [...runsOf(samples, range)];
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined) return;
  const { nodes, idOf } = nodesOf(store, samples, { ...first, to: last.to });
  const all = [...nodes, { id: nodes.length + 1, parent: ROOT_ID, frame: idleFrame }];
  const baseNs = Math.min(store.oldestNs, first.startNs);
  const toTime = (ns: number): number => Math.round(ns - baseNs);
  const times = samplesOf(samples, { runs, idOf, idleId: all.length, toTime });
  const out = new TextPieces();
  out.add('{"nodes":[');
  yield* nodeTexts(all, times.ids, out);
  const [startTime, endTime] = [microText(toTime(first.startNs)), microText(toTime(last.endNs))];
  out.add(`\n],"startTime":${startTime},"endTime":${endTime},"samples":[`);
  yield* listed(times.ids, String, out);
  out.add('],"timeDeltas":[');
  yield* listed(times.deltasNs, microText, out);
  out.add(']}\n');
  yield out.take();
}

interface Placing {
  readonly runs: readonly SampleRun[];
  readonly idOf: ReadonlyMap<number, number>;
  readonly idleId: number;
  readonly toTime: (ns: number) => number;
}

/** The stack of each sample, and the time since the one before. */
function samplesOf(
  samples: ThreadSamples,
  { runs, idOf, idleId, toTime }: Placing,
): { readonly ids: readonly number[]; readonly deltasNs: readonly number[] } {
  const ids: number[] = [];
  const deltasNs: number[] = [];
  let lastNs = toTime(runs[0]?.startNs ?? 0);
  const add = (id: number, atNs: number): void => {
    ids.push(id);
    deltasNs.push(atNs - lastNs);
    lastNs = atNs;
  };
  for (const [i, run] of runs.entries()) {
    for (let at = run.from; at < run.to; at++) {
      add(idOf.get(samples.node.at(at)) ?? ROOT_ID, toTime(sampleNs(samples, run, at)));
    }
    const next = runs[i + 1];
    if (next !== undefined && next.startNs > run.endNs) add(idleId, toTime(run.endNs));
  }
  return { ids, deltasNs };
}

function* nodeTexts(
  nodes: readonly RunNode[],
  ids: readonly number[],
  out: TextPieces,
): Generator<string> {
  const hits = new Uint32Array(nodes.length + 1);
  for (const id of ids) hits[id] = (hits[id] ?? 0) + 1;
  const children = nodes.map((): number[] => []);
  for (const { id, parent } of nodes) if (parent !== null) children[parent - 1]?.push(id);
  for (const { id, frame } of nodes) {
    const callFrame = { scriptId: '0', ...frame };
    const node = { id, callFrame, hitCount: hits[id] ?? 0, children: children[id - 1] };
    out.add(`${id === ROOT_ID ? '' : ','}\n${JSON.stringify(node)}`);
    if (out.isFull) yield out.take();
  }
}

function* listed(
  values: readonly number[],
  textOf: (value: number) => string,
  out: TextPieces,
): Generator<string> {
  for (const [i, value] of values.entries()) {
    out.add(i === 0 ? textOf(value) : `,${textOf(value)}`);
    if (out.isFull) yield out.take();
  }
}
