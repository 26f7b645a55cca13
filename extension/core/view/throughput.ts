/** Items that left the last stage, in equal steps of time, kept up to date at the cost of what is new. */
import type { PanelSnapshot } from '../panel/snapshot.js';
import { itemsOf, type Lane, type Stage } from '../model/entities.js';
import { DoublingSteps, stepsToJoin } from './doublingSteps.js';

const MAX_STEPS = 600;
/** A step is drawn as a rate, which fewer items than this do not make. */
const MIN_ITEMS_PER_STEP = 8;

/** Counts items by the time at which their execution ended. Steps double whenever there would be too many of them. */
export class ThroughputFold {
  readonly stage: Stage;
  readonly fromNs: number;
  private readonly steps: DoublingSteps;
  private counts = new Float64Array(MAX_STEPS);
  private readonly read = new Map<Lane, { index: number; readonly epoch: number }>();

  constructor(stage: Stage, fromNs: number) {
    this.stage = stage;
    this.fromNs = fromNs;
    this.steps = new DoublingSteps(fromNs, MAX_STEPS, () => {
      this.joinPairs();
    });
  }

  /** Executions came against the order of time: make a new fold. */
  get isStale(): boolean {
    for (const [lane, { epoch }] of this.read) if (lane.executions.epoch !== epoch) return true;
    return false;
  }

  /** Takes in what has arrived, and gives the series up to `toNs`. */
  series(toNs: number): PanelSnapshot['throughput'] {
    for (const lane of this.stage.lanes) this.readLane(lane);
    const length = this.steps.countUntil(toNs);
    const join = stepsToJoin(length, this.countIn(0, length), MIN_ITEMS_PER_STEP);
    const stepNs = this.steps.stepNs * join;
    const perSec: number[] = [];
    for (let start = 0; start < length; start += join) {
      // The last step may have just begun; its rate is that of the time it has had, or not to be told yet.
      const spanNs = Math.min(stepNs, toNs - this.fromNs - start * this.steps.stepNs);
      if (spanNs < stepNs / 2 && start > 0) break;
      perSec.push(this.countIn(start, start + join) / (spanNs / 1e9));
    }
    return { stepNs, perSec };
  }

  private countIn(from: number, to: number): number {
    let count = 0;
    for (let i = from; i < to; i++) count += this.counts[i] ?? 0;
    return count;
  }

  private readLane(lane: Lane): void {
    const { executions } = lane;
    executions.settle();
    const cursor = this.read.get(lane) ?? { index: 0, epoch: executions.epoch };
    this.read.set(lane, cursor);
    for (; cursor.index < executions.length; cursor.index++) {
      const endNs = executions.endNs(cursor.index);
      const step = this.steps.stepAt(endNs);
      if (step < 0) continue;
      this.counts[step] = (this.counts[step] ?? 0) + itemsOf(executions.second.at(cursor.index));
    }
    executions.claim(cursor.index);
  }

  private joinPairs(): void {
    const joined = new Float64Array(MAX_STEPS);
    for (const [i, count] of this.counts.entries()) {
      joined[i >> 1] = (joined[i >> 1] ?? 0) + count;
    }
    this.counts = joined;
  }
}
