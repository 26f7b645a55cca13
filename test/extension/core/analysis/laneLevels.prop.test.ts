import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FreeStateTimeline } from '../../../../extension/core/analysis/freeState.js';
import { LaneLevels } from '../../../../extension/core/analysis/laneLevels.js';
import { BucketSink, Sum, SUMS } from '../../../../extension/core/analysis/laneSums.js';
import { LaneWalk } from '../../../../extension/core/analysis/laneWalk.js';
import { BlockPool } from '../../../../extension/core/model/blocks.js';
import {
  ExecutionFlag,
  packExecution,
  type Lane,
} from '../../../../extension/core/model/entities.js';
import { DepthSeries } from '../../../../extension/core/model/series.js';
import { StepHistory } from '../../../../extension/core/model/steps.js';
import { TraceStore } from '../../../../extension/core/model/store.js';
import { MemoryPages } from '../../../support/memoryPages.js';

/** Nanoseconds that everything happens in: few enough to go through one by one. */
const END_NS = 1500;

interface Run {
  readonly gapNs: number;
  readonly lengthNs: number;
  readonly isFailed: boolean;
  /** A wait inside of the execution. */
  readonly hasWait: boolean;
  /** Begins so long before the end of the one before, as only a foreign trace has it; without waits only. */
  readonly overlapNs: number;
}

interface Depth {
  readonly gapNs: number;
  readonly depth: number;
  readonly isMerged: boolean;
}

const run: fc.Arbitrary<Run> = fc.record({
  gapNs: fc.integer({ min: 0, max: 9 }),
  lengthNs: fc.integer({ min: 0, max: 12 }),
  isFailed: fc.boolean(),
  hasWait: fc.boolean(),
  overlapNs: fc.constantFrom(0, 0, 0, 3, 15),
});

const depths: fc.Arbitrary<readonly Depth[]> = fc.array(
  fc.record({
    gapNs: fc.integer({ min: 0, max: 30 }),
    depth: fc.integer({ min: 0, max: 4 }),
    isMerged: fc.boolean(),
  }),
  { maxLength: 60 },
);

interface Scene {
  readonly runs: readonly Run[];
  readonly input: readonly Depth[];
  readonly output: readonly Depth[];
  readonly withWaits: boolean;
  readonly segmentRows: number;
  /** Moments up to which the levels are built, one after the other. */
  readonly steps: readonly number[];
  readonly memoryBytes: number;
}

const scene: fc.Arbitrary<Scene> = fc.record({
  runs: fc.array(run, { minLength: 1, maxLength: 120 }),
  input: depths,
  output: depths,
  withWaits: fc.boolean(),
  segmentRows: fc.integer({ min: 1, max: 40 }),
  steps: fc.array(fc.integer({ min: 0, max: END_NS }), { maxLength: 4 }),
  memoryBytes: fc.constantFrom(0, 2000, 1e9),
});

function seriesOf(changes: readonly Depth[]): DepthSeries {
  const series = new DepthSeries();
  let atNs = 20;
  for (const { gapNs, depth, isMerged } of changes) {
    atNs += gapNs;
    if (isMerged) series.add(atNs, depth, Math.max(depth - 1, 0), depth + 1);
    else series.add(atNs, depth);
  }
  return series;
}

interface Built {
  readonly lane: Lane;
  readonly levels: LaneLevels;
  readonly timeline: FreeStateTimeline;
}

function build(what: Scene): Built {
  const store = new TraceStore();
  const lane = store.lane(store.thread(1, { process: 1n, thread: 1n }), 's');
  assert.ok(lane !== null);
  let atNs = 0;
  for (const { gapNs, lengthNs, isFailed, hasWait, overlapNs } of what.runs) {
    const startNs = Math.max(atNs + gapNs - (what.withWaits ? 0 : overlapNs), 0);
    atNs = Math.max(startNs + lengthNs, atNs);
    const word = packExecution(1, isFailed ? ExecutionFlag.failed : 0);
    store.addExecution(lane, startNs, lengthNs, { item: 0, word, waited: 0 });
    if (what.withWaits && hasWait && lengthNs > 4) lane.waits.add(startNs + 2, 2, lengthNs % 3, 0);
  }
  const capacity = new StepHistory();
  capacity.declare(3, 0);
  const timeline = new FreeStateTimeline({
    inputs: [seriesOf(what.input)],
    outputs: [{ series: seriesOf(what.output), capacity }],
    starvesWithoutInput: true,
    neverStarves: false,
  });
  const pool = new BlockPool(what.memoryBytes, new MemoryPages());
  const levels = new LaneLevels(lane, timeline, pool, what.segmentRows);
  for (const settledNs of [...what.steps].sort((a, b) => a - b)) {
    timeline.advance(settledNs, END_NS);
    levels.advance(settledNs);
    pool.trim();
  }
  timeline.advance(END_NS, END_NS);
  levels.advance(END_NS, true);
  pool.trim();
  pool.trim();
  return { lane, levels, timeline };
}

/** Share of a queue's depths that are at least `least` in the nanosecond from `ns` on, by going through its records. */
function shareAt(series: DepthSeries, ns: number, least: number): number {
  let index = -1;
  while (series.atNs.at(index + 1) <= ns) index++;
  if (index < 0) return least <= 0 ? 1 : 0;
  let [low, high] = [series.depth.at(index), series.depth.at(index)];
  const isMerged =
    index + 1 < series.length && series.low.at(index + 1) <= series.high.at(index + 1);
  if (isMerged) [low, high] = [series.low.at(index + 1), series.high.at(index + 1)];
  let count = 0;
  for (let depth = low; depth <= high; depth++) if (depth >= least) count++;
  return count / (high - low + 1);
}

/** The sums of each nanosecond, worked out one by one. */
function slowSums(what: Scene, { lane }: Built): Float64Array {
  const sums = new Float64Array(END_NS * SUMS);
  const [input, output] = [seriesOf(what.input), seriesOf(what.output)];
  const { executions, waits } = lane;
  for (let ns = 0; ns < END_NS; ns++) {
    const at = ns * SUMS;
    const indexes = Array.from({ length: executions.length }, (_, i) => i);
    const isBusy = indexes.some((i) => executions.startNs.at(i) <= ns && ns < executions.endNs(i));
    const begun = indexes.filter((i) => executions.startNs.at(i) === ns);
    const failed = begun.filter((i) => (executions.second.at(i) & ExecutionFlag.failed) !== 0);
    sums[at + Sum.count] = begun.length;
    sums[at + Sum.failed] = failed.length;
    sums[at + Sum.longest] = Math.max(0, ...begun.map((i) => executions.durationNs.at(i)));
    const wait = Array.from({ length: waits.length }, (_, i) => i).find(
      (i) => waits.startNs.at(i) <= ns && ns < waits.endNs(i),
    );
    if (wait !== undefined) {
      const sum = [Sum.starved, Sum.blocked, Sum.limited][waits.first.at(wait)] ?? 0;
      sums[at + sum] = 1;
    } else if (isBusy) sums[at + Sum.busy] = 1;
    else {
      const blocked = shareAt(output, ns, 3);
      sums[at + Sum.blocked] = blocked;
      sums[at + Sum.starved] = (1 - blocked) * (1 - shareAt(input, ns, 1));
    }
  }
  return sums;
}

function columnSums(slow: Float64Array, fromNs: number, toNs: number): readonly number[] {
  const sums = new Array<number>(SUMS).fill(0);
  for (let ns = Math.max(fromNs, 0); ns < Math.min(toNs, END_NS); ns++) {
    for (let i = 0; i < SUMS; i++) {
      const value = slow[ns * SUMS + i] ?? 0;
      sums[i] = i === Sum.longest ? Math.max(sums[i] ?? 0, value) : (sums[i] ?? 0) + value;
    }
  }
  return sums;
}

describe('levels of detail of a lane', () => {
  it('are, at every width of columns, what going through every nanosecond gives', () => {
    fc.assert(
      fc.property(
        scene,
        fc.integer({ min: 0, max: 11 }),
        fc.integer({ min: 0, max: END_NS }),
        (what, bits, fromNs) => {
          const built = build(what);
          const widthNs = 2 ** bits;
          const first = Math.floor(fromNs / widthNs);
          const count = Math.min(Math.ceil(END_NS / widthNs) - first, 40);
          fc.pre(count > 0);
          const columns = { bits, first, count, sums: new Float64Array(count * SUMS) };
          const { lane, levels, timeline } = built;
          const walk = new LaneWalk(lane, { timeline, freeFromNs: -Infinity, freeToNs: END_NS });
          let walkedNs = -Infinity;
          levels.addTo(columns, (from, to) => {
            assert.ok(from >= walkedNs, 'rows are asked for in order');
            walkedNs = to;
            walk.walk(from, to, new BucketSink(columns));
          });
          const slow = slowSums(what, built);
          for (let column = 0; column < count; column++) {
            const startNs = (first + column) * widthNs;
            const expected = columnSums(slow, startNs, startNs + widthNs);
            const got = columns.sums.subarray(column * SUMS, (column + 1) * SUMS);
            for (const [i, value] of expected.entries()) {
              assert.ok(
                Math.abs((got[i] ?? NaN) - value) < 1e-6,
                `column ${column} of ${widthNs} ns, sum ${i}: ${got[i]}, expected ${value}`,
              );
            }
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('add up to the numbers of the report', () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 0, max: 200 }), (what, fromNs) => {
        const built = build(what);
        const sums = built.levels.sumsIn(fromNs, END_NS);
        const slow = columnSums(slowSums(what, built), fromNs, END_NS);
        const got = {
          busy: sums.busyNs,
          starved: sums.recordedStarvedNs + sums.freeStarvedNs,
          blocked: sums.recordedBlockedNs + sums.freeBlockedNs,
          limited: sums.limitedNs,
        };
        for (const name of ['busy', 'starved', 'blocked', 'limited'] as const) {
          const expected = slow[Sum[name]] ?? NaN;
          assert.ok(Math.abs(got[name] - expected) < 1e-6, `${name}: ${got[name]}, ${expected}`);
        }
      }),
      { numRuns: 200 },
    );
  });
});
