/**
 * Time that items take from end to end: from their arrival before the first stage, where that is known, else from its start,
 * to the end of the last. Counting from the start alone would leave out the wait of those that a busy stage kept waiting,
 * just when it matters (coordinated omission; Tene, "How NOT to measure latency").
 */
import { ExecutionFlag, type Lane, type Stage } from '../model/entities.js';
import { LogHistogram } from '../model/histogram.js';

/** Items under way that are remembered; with more, the oldest are forgotten (their latency is then not counted). */
const MAX_PENDING = 1_000_000;

/** Matches the executions of the first and the last stage by item; reads each execution once. */
export class LatencyFold {
  readonly first: Stage;
  readonly last: Stage;
  readonly latency = new LogHistogram();
  private readonly arrivals = new Map<number, number>();
  private readonly ends = new Map<number, number>();
  private readonly read = new Map<Lane, { index: number; readonly epoch: number }>();

  constructor(first: Stage, last: Stage) {
    this.first = first;
    this.last = last;
  }

  /** Executions came against the order of time: make a new fold. */
  get isStale(): boolean {
    for (const [lane, { epoch }] of this.read) if (lane.executions.epoch !== epoch) return true;
    return false;
  }

  /** Takes in what has arrived since the last call. */
  advance(): void {
    for (const lane of this.first.lanes) {
      this.each(lane, (item, arrivedNs, endNs) => {
        if (this.first === this.last) this.latency.record(endNs - arrivedNs);
        else if (!this.match(this.ends, item, (atNs) => atNs - arrivedNs))
          keep(this.arrivals, item, arrivedNs);
      });
    }
    if (this.first === this.last) return;
    for (const lane of this.last.lanes) {
      this.each(lane, (item, _arrivedNs, endNs) => {
        if (!this.match(this.arrivals, item, (atNs) => endNs - atNs)) keep(this.ends, item, endNs);
      });
    }
  }

  private each(lane: Lane, handle: (item: number, arrivedNs: number, endNs: number) => void): void {
    const { executions } = lane;
    executions.settle();
    const cursor = this.read.get(lane) ?? { index: 0, epoch: executions.epoch };
    this.read.set(lane, cursor);
    for (; cursor.index < executions.length; cursor.index++) {
      const i = cursor.index;
      if ((executions.second.at(i) & ExecutionFlag.hasItem) === 0) continue;
      const waitedUs = Math.max((executions.waited?.at(i) ?? 0) - 1, 0);
      const arrivedNs = executions.startNs.at(i) - waitedUs * 1000;
      handle(executions.first.at(i), arrivedNs, executions.endNs(i));
    }
    executions.claim(cursor.index);
  }

  private match(
    others: Map<number, number>,
    item: number,
    latencyOf: (atNs: number) => number,
  ): boolean {
    const atNs = others.get(item);
    if (atNs === undefined) return false;
    others.delete(item);
    const latencyNs = latencyOf(atNs);
    // A negative time means that the number was used again for another item: no match, and nothing to keep.
    if (latencyNs >= 0) this.latency.record(latencyNs);
    return true;
  }
}

function keep(map: Map<number, number>, item: number, atNs: number): void {
  if (map.has(item)) return;
  map.set(item, atNs);
  if (map.size <= MAX_PENDING) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}
