/**
 * How much of an execution is not the stage's own service.
 *
 * Waiting for room in the next queue within an execution (a function that ends with `await queue.put()`) is somebody else's
 * time; counted as service it would make a fast stage before a slow one look as slow. And recording takes time: nothing to
 * speak of for executions of milliseconds, a tenth of those of a microsecond.
 */
import type { Lane } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';

/** An execution keeps so much of its time, whatever recording is said to cost. */
const MIN_OWN = 0.1;

/**
 * Time of an execution that recording took, in nanoseconds. What the agent calibrates as one record are two readings of the
 * clock and a write; from one reading to the other is half of that. Records within it (nested spans) lie in it as a whole.
 */
export function recordingNs(of: {
  readonly durationNs: number;
  readonly recordNs: number;
  readonly recordsWithin: number;
}): number {
  const costNs = of.recordNs * (of.recordsWithin + 0.5);
  return Math.min(costNs, (1 - MIN_OWN) * of.durationNs);
}

/** The waits and spans of a lane beside its executions, which must be asked for in order. */
export class BesideTime {
  private readonly waits: IntervalTable;
  private readonly spans: IntervalTable;
  private readonly recordNs: number;
  private nextWait = 0;

  constructor({ waits, spans, thread }: Lane) {
    waits.settle();
    spans.settle();
    this.waits = waits;
    this.spans = spans;
    this.recordNs = thread.process.cost?.recordNs ?? 0;
  }

  /** What is not an execution's own, of all of it. */
  of(startNs: number, durationNs: number): number {
    const waitedNs = Math.min(this.waitsIn(startNs, startNs + durationNs), durationNs);
    const { recordNs } = this;
    if (recordNs === 0) return waitedNs;
    const recordsWithin = this.spansIn(startNs, startNs + durationNs);
    return waitedNs + recordingNs({ durationNs: durationNs - waitedNs, recordNs, recordsWithin });
  }

  /** Recorded waits in [fromNs, toNs). */
  waitsIn(fromNs: number, toNs: number): number {
    const { waits } = this;
    if (waits.length === 0) return 0;
    if (this.nextWait === 0) this.nextWait = waits.firstEndingFrom(fromNs);
    while (this.nextWait < waits.length && waits.endNs(this.nextWait) <= fromNs) this.nextWait++;
    let sumNs = 0;
    for (let i = this.nextWait; i < waits.length && waits.startNs.at(i) < toNs; i++) {
      sumNs += Math.max(Math.min(waits.endNs(i), toNs) - Math.max(waits.startNs.at(i), fromNs), 0);
    }
    return sumNs;
  }

  private spansIn(fromNs: number, toNs: number): number {
    const { spans } = this;
    if (spans.length === 0) return 0;
    return spans.startNs.lowerBound(toNs) - spans.startNs.lowerBound(fromNs);
  }
}
