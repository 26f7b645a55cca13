/**
 * Time that items take from end to end: from their arrival before the first stage, where that is known, else from its start,
 * to the end of the last. Counting from the start alone would leave out the wait of those that a busy stage kept waiting,
 * just when it matters (coordinated omission; Tene, "How NOT to measure latency").
 */
import { ExecutionFlag, type Lane, type Stage } from '../model/entities.js';
import { MinHeap } from '../heap.js';
import { LogHistogram } from '../model/histogram.js';

/** Items under way that are remembered; with more, the oldest are forgotten (their latency is then not counted). */
const MAX_PENDING = 1_000_000;

/**
 * Matches the executions of the first and the last stage by item, in the order in which they ended; reads each execution once.
 * So the result does not depend on the order in which records came, as long as none comes after the time of its end is settled;
 * when one does, the fold is stale.
 */
export class LatencyFold {
  readonly first: Stage;
  readonly last: Stage;
  readonly latency = new LogHistogram();
  private readonly arrivals = new Map<number, number>();
  private readonly ends = new Map<number, number>();
  private readonly read = new Map<Lane, { index: number; readonly epoch: number }>();
  private doneNs = -Infinity;

  constructor(first: Stage, last: Stage) {
    this.first = first;
    this.last = last;
  }

  /** Executions came too late: make a new fold. */
  get isStale(): boolean {
    return this.lanes().some((lane) => {
      const { executions } = lane;
      const cursor = this.read.get(lane);
      executions.settle();
      if (cursor !== undefined && executions.epoch !== cursor.epoch) return true;
      const next = cursor?.index ?? 0;
      return next < executions.length && executions.endNs(next) <= this.doneNs;
    });
  }

  /**
   * Takes in what ended at `settledNs` or before, both stages side by side through time: then what is remembered are the items
   * under way, however much has arrived.
   */
  advance(settledNs: number): void {
    const readers = this.lanes().map((lane, order) => this.reader(lane, order));
    const heap = new MinHeap([...readers], endsBefore);
    for (let next = heap.least; next !== undefined; next = heap.least) {
      if (next.endNs > settledNs) break;
      this.takeSome(next, heap.second, settledNs);
      heap.grown();
    }
    this.doneNs = Math.max(this.doneNs, settledNs);
    for (const { lane, cursor } of readers) lane.executions.claim(cursor.index);
  }

  private lanes(): readonly Lane[] {
    const { first, last } = this;
    return first === last ? first.lanes : [...first.lanes, ...last.lanes];
  }

  private reader(lane: Lane, order: number): LaneReader {
    const { executions } = lane;
    executions.settle();
    const cursor = this.read.get(lane) ?? { index: 0, epoch: executions.epoch };
    this.read.set(lane, cursor);
    const isFirst = lane.stage === this.first;
    return { lane, cursor, isFirst, order, endNs: endAt(lane, cursor.index) };
  }

  /** Reads a lane until another one is behind it. */
  private takeSome(reader: LaneReader, other: LaneReader | undefined, settledNs: number): void {
    const { lane, cursor, isFirst } = reader;
    do {
      this.take(lane, cursor.index, isFirst);
      cursor.index++;
      reader.endNs = endAt(lane, cursor.index);
    } while (reader.endNs <= settledNs && (other === undefined || endsBefore(reader, other)));
  }

  private take({ executions }: Lane, i: number, isFirst: boolean): void {
    if ((executions.second.at(i) & ExecutionFlag.hasItem) === 0) return;
    const item = executions.first.at(i);
    const endNs = executions.endNs(i);
    const waitedUs = Math.max(executions.waited.at(i) - 1, 0);
    const arrivedNs = executions.startNs.at(i) - waitedUs * 1000;
    if (this.first === this.last) this.record(endNs - arrivedNs);
    else if (isFirst) {
      const isMatch = this.match(this.ends, item, (atNs) => {
        this.record(atNs - arrivedNs);
      });
      if (!isMatch) keep(this.arrivals, item, arrivedNs);
      return;
    }
    const isMatch = this.match(this.arrivals, item, (atNs) => {
      this.record(endNs - atNs);
    });
    if (!isMatch) keep(this.ends, item, endNs);
  }

  private record(latencyNs: number): void {
    // A negative time means that the number was used again for another item: no match, and nothing to keep.
    if (latencyNs >= 0) this.latency.record(latencyNs);
  }

  private match(others: Map<number, number>, item: number, found: (atNs: number) => void): boolean {
    const atNs = others.get(item);
    if (atNs === undefined) return false;
    others.delete(item);
    found(atNs);
    return true;
  }
}

/** A lane that is being read, and the end of its next execution; Infinity: it has none. */
interface LaneReader {
  readonly lane: Lane;
  readonly cursor: { index: number; readonly epoch: number };
  readonly isFirst: boolean;
  /** Of executions that end at once, those of the lane that stands first lead. */
  readonly order: number;
  endNs: number;
}

function endsBefore(a: LaneReader, b: LaneReader): boolean {
  return a.endNs < b.endNs || (a.endNs === b.endNs && a.order < b.order);
}

function endAt({ executions }: Lane, index: number): number {
  return index < executions.length ? executions.endNs(index) : Infinity;
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
