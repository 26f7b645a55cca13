/** Which stages run at the same time, by their executions: a pipeline whose stages take turns is none. */
import type { MeasuredStage } from '../measure/operatingPoint.js';

/** How stages shared a stretch of time. All shares are of the time from the first to the last sampled execution. */
export interface Overlap {
  /** Share of time in which any lane of the stage ran; in the order of the stages. */
  readonly active: readonly number[];
  /** Share of time in which two stages or more ran. */
  readonly together: number;
  /** The same if the stages ran independently of each other with these active shares. */
  readonly expected: number;
  /** Times at which nothing was under way in any stage between two executions. */
  readonly pauses: number;
}

/** Edges that are looked at; the newest of more. */
const MAX_EDGES = 40_000;

interface Edges {
  readonly atNs: Float64Array;
  readonly stage: Uint16Array;
  readonly step: Int8Array;
}

/** Sweeps over the executions of all stages. null: too few. */
export function overlapOf(stages: readonly MeasuredStage[]): Overlap | null {
  const edges = edgesOf(stages);
  if (edges.atNs.length < 20) return null;
  const sweep = new Sweep(stages.length, edges.atNs[0] ?? 0);
  for (const [i, atNs] of edges.atNs.entries()) {
    sweep.moveTo(atNs);
    sweep.step(edges.stage[i] ?? 0, edges.step[i] ?? 0);
  }
  const lengthNs = Math.max(sweep.atNs - (edges.atNs[0] ?? 0), 1);
  const active = sweep.activeNs.map((ns) => ns / lengthNs);
  return {
    active,
    together: sweep.togetherNs / lengthNs,
    expected: twoOrMore(active),
    pauses: sweep.pauses,
  };
}

class Sweep {
  readonly activeNs: number[];
  togetherNs = 0;
  pauses = 0;
  private readonly running: number[];
  /** Stages that run anything. */
  private many = 0;
  atNs: number;

  constructor(stages: number, fromNs: number) {
    this.running = new Array<number>(stages).fill(0);
    this.activeNs = new Array<number>(stages).fill(0);
    this.atNs = fromNs;
  }

  moveTo(ns: number): void {
    const gap = ns - this.atNs;
    this.atNs = ns;
    if (gap <= 0) return;
    for (const [stage, count] of this.running.entries()) {
      if (count > 0) this.activeNs[stage] = (this.activeNs[stage] ?? 0) + gap;
    }
    if (this.many > 1) this.togetherNs += gap;
    if (this.many === 0) this.pauses++;
  }

  step(stage: number, by: number): void {
    const before = this.running[stage] ?? 0;
    const after = Math.max(before + by, 0);
    this.running[stage] = after;
    this.many += Number(after > 0) - Number(before > 0);
  }
}

/** Begins and ends in order, of the time in which all stages have samples. */
function edgesOf(stages: readonly MeasuredStage[]): Edges {
  const used = stages.filter(({ sampled }) => sampled.startNs.length > 0);
  const share = Math.floor(MAX_EDGES / 2 / Math.max(used.length, 1));
  const fromNs = Math.max(
    ...used.map(({ sampled: { startNs } }) => startNs.at(-share) ?? startNs[0] ?? 0),
  );
  const atNs: number[] = [];
  const stage: number[] = [];
  const step: number[] = [];
  for (const [index, { sampled }] of stages.entries()) {
    for (const [i, start] of sampled.startNs.entries()) {
      if (start < fromNs) continue;
      atNs.push(start, start + (sampled.durationNs[i] ?? 0));
      stage.push(index, index);
      step.push(1, -1);
    }
  }
  // Ends before begins at the same moment: one after the other is not at the same time.
  const order = [...atNs.keys()].sort(
    (a, b) => (atNs[a] ?? 0) - (atNs[b] ?? 0) || (step[a] ?? 0) - (step[b] ?? 0),
  );
  return {
    atNs: Float64Array.from(order, (i) => atNs[i] ?? 0),
    stage: Uint16Array.from(order, (i) => stage[i] ?? 0),
    step: Int8Array.from(order, (i) => step[i] ?? 0),
  };
}

/** Probability that two or more of independent events are on at once. */
function twoOrMore(shares: readonly number[]): number {
  let none = 1;
  let one = 0;
  for (const share of shares) {
    one = one * (1 - share) + none * share;
    none *= 1 - share;
  }
  return Math.max(1 - none - one, 0);
}
