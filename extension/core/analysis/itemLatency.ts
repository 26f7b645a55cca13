/**
 * Time that items take from end to end: from their arrival before the first stage, where that is known, else from its start,
 * to the end of the last. Counting from the start alone would leave out the wait of those that a busy stage kept waiting,
 * just when it matters (coordinated omission; Tene, "How NOT to measure latency").
 */
import type { BlockPool } from '../model/blocks.js';
import { ExecutionFlag, type Lane, type Stage } from '../model/entities.js';
import { Heap } from '../model/heap.js';
import { LogHistogram } from '../model/histogram.js';
import { IntervalTable } from '../model/intervals.js';

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
  /** The same one by one: when an item left the last stage, as a start, and how long it had taken, as a duration. */
  readonly items: IntervalTable;
  private readonly arrivals = new Map<number, number>();
  private readonly ends = new Map<number, number>();
  private readonly read = new Map<Lane, { index: number; readonly epoch: number }>();
  private doneNs = -Infinity;

  constructor(first: Stage, last: Stage, pool: BlockPool) {
    this.first = first;
    this.last = last;
    this.items = new IntervalTable(pool);
  }

  /** Lets go of the single times, when another fold takes this one's place. */
  dispose(): void {
    this.items.dispose();
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
    // Of executions that end at once, those of the lane that stands first lead.
    const next = new Heap<LaneReader>(
      (a, b) => a.endNs < b.endNs || (a.endNs === b.endNs && a.place < b.place),
    );
    for (const [place, lane] of this.lanes().entries()) next.push(this.reader(lane, place));
    for (let reader = next.top; reader !== undefined && reader.endNs <= settledNs;) {
      const { lane, cursor, isFirst } = reader;
      this.take(lane, cursor.index++, isFirst);
      reader.endNs = endAt(lane, cursor.index);
      next.topChanged();
      reader = next.top;
    }
    this.doneNs = Math.max(this.doneNs, settledNs);
    for (const { lane, cursor } of next.all()) lane.executions.claim(cursor.index);
  }

  private lanes(): readonly Lane[] {
    const { first, last } = this;
    return first === last ? first.lanes : [...first.lanes, ...last.lanes];
  }

  private reader(lane: Lane, place: number): LaneReader {
    const { executions } = lane;
    executions.settle();
    const cursor = this.read.get(lane) ?? { index: 0, epoch: executions.epoch };
    this.read.set(lane, cursor);
    const isFirst = lane.stage === this.first;
    return { lane, place, cursor, isFirst, endNs: endAt(lane, cursor.index) };
  }

  private take({ executions }: Lane, i: number, isFirst: boolean): void {
    if ((executions.second.at(i) & ExecutionFlag.hasItem) === 0) return;
    const item = executions.first.at(i);
    const endNs = executions.endNs(i);
    const waitedUs = Math.max(executions.waited.at(i) - 1, 0);
    const arrivedNs = executions.startNs.at(i) - waitedUs * 1000;
    if (this.first === this.last) {
      this.record(arrivedNs, endNs);
      return;
    }
    const others = isFirst ? this.ends : this.arrivals;
    const otherNs = others.get(item);
    if (otherNs === undefined) {
      keep(isFirst ? this.arrivals : this.ends, item, isFirst ? arrivedNs : endNs);
      return;
    }
    others.delete(item);
    if (isFirst) this.record(arrivedNs, otherNs);
    else this.record(otherNs, endNs);
  }

  private record(arrivedNs: number, leftNs: number): void {
    // A negative time means that the number was used again for another item: no match, and nothing to keep.
    if (leftNs < arrivedNs) return;
    this.latency.record(leftNs - arrivedNs);
    this.items.add(leftNs, leftNs - arrivedNs, 0, 0);
  }
}

/** A lane that is being read, and the end of its next execution; Infinity: it has none. */
interface LaneReader {
  readonly lane: Lane;
  readonly place: number;
  readonly cursor: { index: number; readonly epoch: number };
  readonly isFirst: boolean;
  endNs: number;
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
