/**
 * Percentiles of the time that items took from end to end, in equal steps of the time at which they left; kept up to date at
 * the cost of what is new. Percentiles of two steps cannot be joined, but their histograms can: so each step has one, coarse
 * enough that all of them are small.
 */
import type { PanelSnapshot } from '../panel/snapshot.js';
import { bucketOf, highestOf } from '../model/histogram.js';
import type { IntervalTable } from '../model/intervals.js';
import { DoublingSteps, stepsToJoin } from './doublingSteps.js';

export type LatencySteps = NonNullable<PanelSnapshot['latency']>;

const MAX_STEPS = 300;
/** Buckets of the model's histogram are joined by 16s: a value is told to 1 part in 64, finer than a pixel of the chart. */
const JOINED_BITS = 4;
/** A percentile of fewer items than this, on average, is no more than the longest of them. */
const MIN_ITEMS_PER_STEP = 20;
const SHARES = [0.5, 0.95, 0.99] as const;

/** Counts of one step: `counts[i]` of the bucket `first + i`. */
interface Step {
  first: number;
  counts: Uint32Array;
  items: number;
  maxNs: number;
}

/** Reads a table of latencies: starts are when items left, durations what they had taken. */
export class LatencySeries {
  readonly table: IntervalTable;
  readonly fromNs: number;
  private readonly steps: DoublingSteps;
  private cells: Step[] = [];
  private index = 0;
  private items = 0;

  constructor(table: IntervalTable, fromNs: number) {
    this.table = table;
    this.fromNs = fromNs;
    this.steps = new DoublingSteps(fromNs, MAX_STEPS, () => {
      this.joinPairs();
    });
  }

  /** Takes in what is new, and gives the series up to `toNs`; null while no item has left. */
  series(toNs: number): LatencySteps | null {
    this.read();
    if (this.items === 0) return null;
    const length = this.steps.countUntil(toNs);
    const join = stepsToJoin(length, this.items, MIN_ITEMS_PER_STEP);
    const made: LatencySteps['steps'][number][] = [];
    for (let start = 0; start < length; start += join) made.push(this.percentiles(start, join));
    return { stepNs: this.steps.stepNs * join, steps: made };
  }

  private read(): void {
    const { table } = this;
    for (; this.index < table.length; this.index++) {
      const step = this.steps.stepAt(table.startNs.at(this.index));
      if (step < 0) continue;
      addTo((this.cells[step] ??= emptyStep()), table.durationNs.at(this.index));
      this.items++;
    }
  }

  private percentiles(start: number, join: number): LatencySteps['steps'][number] {
    const first = this.cells[start];
    if (join === 1) return first === undefined ? null : quantilesOf(first);
    const joined = emptyStep();
    for (const cell of this.cells.slice(start, start + join)) addAll(joined, cell);
    return joined.items === 0 ? null : quantilesOf(joined);
  }

  private joinPairs(): void {
    const joined: Step[] = [];
    // Steps in which nothing left are holes.
    this.cells.forEach((cell, i) => {
      addAll((joined[i >> 1] ??= emptyStep()), cell);
    });
    this.cells = joined;
  }
}

function emptyStep(): Step {
  return { first: 0, counts: new Uint32Array(0), items: 0, maxNs: 0 };
}

function addTo(step: Step, ns: number): void {
  const bucket = bucketOf(ns) >> JOINED_BITS;
  makeRoom(step, bucket, bucket);
  const i = bucket - step.first;
  step.counts[i] = (step.counts[i] ?? 0) + 1;
  step.items++;
  step.maxNs = Math.max(step.maxNs, ns);
}

function addAll(step: Step, other: Step | undefined): void {
  if (other === undefined || other.items === 0) return;
  makeRoom(step, other.first, other.first + other.counts.length - 1);
  const shift = other.first - step.first;
  other.counts.forEach((count, i) => {
    step.counts[i + shift] = (step.counts[i + shift] ?? 0) + count;
  });
  step.items += other.items;
  step.maxNs = Math.max(step.maxNs, other.maxNs);
}

function makeRoom(step: Step, lowest: number, highest: number): void {
  const { first, counts } = step;
  if (lowest >= first && highest < first + counts.length) return;
  const isEmpty = counts.length === 0;
  const from = isEmpty ? lowest : Math.min(lowest, first);
  const to = isEmpty ? highest : Math.max(highest, first + counts.length - 1);
  const larger = new Uint32Array(to - from + 1);
  larger.set(counts, isEmpty ? 0 : first - from);
  step.first = from;
  step.counts = larger;
}

function quantilesOf(step: Step): readonly [p50Ns: number, p95Ns: number, p99Ns: number] {
  const [p50 = 0, p95 = 0, p99 = 0] = SHARES.map((share) => quantileOf(step, share));
  return [p50, p95, p99];
}

/** The rule of `LogHistogram.quantile`. */
function quantileOf({ first, counts, items, maxNs }: Step, share: number): number {
  const goal = Math.max(Math.ceil(items * share), 1);
  let reached = 0;
  for (const [i, count] of counts.entries()) {
    reached += count;
    if (reached < goal) continue;
    const highest = highestOf((((first + i) << JOINED_BITS) | ((1 << JOINED_BITS) - 1)) >>> 0);
    return Math.min(highest, maxNs);
  }
  return maxNs;
}
