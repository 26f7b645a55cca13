/** Time that items take from the start of the first stage to the end of the last. */
import { ExecutionFlag, type Lane, type Stage } from '../model/entities.js';
import { LogHistogram } from '../model/histogram.js';

/** Items under way that are remembered; with more, the oldest are forgotten (their latency is then not counted). */
const MAX_PENDING = 1_000_000;

/** Matches the executions of the first and the last stage by item; reads each execution once. */
export class LatencyFold {
  readonly first: Stage;
  readonly last: Stage;
  readonly latency = new LogHistogram();
  private readonly starts = new Map<number, number>();
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
      this.each(lane, (item, startNs, endNs) => {
        if (this.first === this.last) this.latency.record(endNs - startNs);
        else if (!this.match(this.ends, item, (atNs) => atNs - startNs))
          keep(this.starts, item, startNs);
      });
    }
    if (this.first === this.last) return;
    for (const lane of this.last.lanes) {
      this.each(lane, (item, _startNs, endNs) => {
        if (!this.match(this.starts, item, (atNs) => endNs - atNs)) keep(this.ends, item, endNs);
      });
    }
  }

  private each(lane: Lane, handle: (item: number, startNs: number, endNs: number) => void): void {
    const { executions } = lane;
    executions.settle();
    const cursor = this.read.get(lane) ?? { index: 0, epoch: executions.epoch };
    this.read.set(lane, cursor);
    for (; cursor.index < executions.length; cursor.index++) {
      const i = cursor.index;
      if ((executions.second.at(i) & ExecutionFlag.hasItem) === 0) continue;
      handle(executions.first.at(i), executions.startNs.at(i), executions.endNs(i));
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
