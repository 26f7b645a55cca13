/** Where the processor's time in a range went, as one tree of calls over all threads. */
import { SampleFlag, type StageSamples } from '../analysis/cpuAttribution.js';
import type { CpuFunction, ThreadSamples } from '../model/cpuSamples.js';
import type { FlameReply, QueryOf } from '../panel/query.js';
import { CallTree } from './callTree.js';
import type { QuerySource } from './source.js';
import { stageEntries } from './stageRows.js';

/** Samples or stacks that are looked at between two steps. */
const PER_STEP = 8192;

/** Answers `flame`: only time that is counted to a stage (see `cpuAttribution.ts`). */
export function* answerFlame(
  source: QuerySource,
  { seq, fromNs, toNs, row }: QueryOf<'flame'>,
): Generator<undefined, FlameReply> {
  const { store, prepared } = source;
  const { functions } = store.cpu.table;
  const tree = new CallTree();
  let idleNs = 0;
  for (const entry of stageEntries(prepared, row)) {
    for (const stage of entry.target.stages) {
      for (const samples of prepared.cpu.rowsOf(stage)) {
        const nodeNs = yield* timeOfStacks(samples, fromNs, toNs);
        idleNs += yield* addStacks(tree, { samples: samples.samples, functions }, nodeNs);
      }
    }
  }
  const pruned = yield* tree.pruned();
  const onCpuNs = tree.wholeNs;
  return {
    kind: 'flame',
    seq,
    fromNs,
    toNs,
    onCpuNs,
    idleNs,
    ...pruned,
    functions: pruned.functions.map((id) => {
      const { name = '', source: place = null } = functions[id] ?? {};
      return { name, source: place };
    }),
  };
}

/** The time that is counted to the stage in [fromNs, toNs), by stack. */
function* timeOfStacks(
  row: StageSamples,
  fromNs: number,
  toNs: number,
): Generator<undefined, Float64Array> {
  const { samples } = row;
  const nodeNs = new Float64Array(samples.parent.length);
  const last = row.lowerBound(toNs);
  for (let i = Math.max(row.lowerBound(fromNs) - 1, 0); i < last; i++) {
    if (i % PER_STEP === 0) yield;
    if ((row.flags.at(i) & SampleFlag.shared) !== 0) continue;
    const index = row.index.at(i);
    const startNs = Math.max(samples.atNs.at(index), fromNs);
    const ns = Math.min(samples.untilNs.at(index), toNs) - startNs;
    const node = samples.node.at(index);
    if (ns > 0) nodeNs[node] = (nodeNs[node] ?? 0) + ns;
  }
  return nodeNs;
}

/** Adds the stacks of a thread to the tree; returns the time in which it was idle. */
function* addStacks(
  tree: CallTree,
  {
    samples,
    functions,
  }: { readonly samples: ThreadSamples; readonly functions: readonly CpuFunction[] },
  nodeNs: Float64Array,
): Generator<undefined, number> {
  const { parent, function: functionOf, level } = samples;
  const below = yield* timeBelow(samples, nodeNs);
  const places = new Int32Array(nodeNs.length);
  let idleNs = 0;
  // Those that call come before those that are called.
  for (let node = 0; node < nodeNs.length; node++) {
    if (node % PER_STEP === PER_STEP - 1) yield;
    if ((below[node] ?? 0) === 0) continue;
    const ns = nodeNs[node] ?? 0;
    const id = functionOf.at(node);
    if (node === 0) tree.spend(0, ns);
    else if (functions[id]?.kind === 'idle') idleNs += ns;
    else if (level.at(node) > 0) {
      const place = tree.child(places[parent.at(node)] ?? 0, id);
      places[node] = place;
      tree.spend(place, ns);
    }
    // What Node does before it comes to the program's code is left out, as in the flame chart, unless there is nothing else.
    else if (ns > 0) tree.spend(tree.child(0, id), ns);
  }
  return idleNs;
}

/** The time in each stack and in those that it is the beginning of. */
function* timeBelow(
  { parent }: ThreadSamples,
  nodeNs: Float64Array,
): Generator<undefined, Float64Array> {
  const below = nodeNs.slice();
  for (let node = below.length - 1; node > 0; node--) {
    const up = parent.at(node);
    below[up] = (below[up] ?? 0) + (below[node] ?? 0);
    if (node % PER_STEP === 0) yield;
  }
  return below;
}
