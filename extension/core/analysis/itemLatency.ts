/**
 * Time that items take from end to end: from their arrival before the first stage, where that is known, else from its start,
 * to the end of the last. Counting from the start alone would leave out the wait of those that a busy stage kept waiting,
 * just when it matters (coordinated omission; Tene, "How NOT to measure latency").
 */
import { BLOCK_MASK, BLOCK_SHIFT, type BlockPool } from '../model/blocks.js';
import { ExecutionFlag, type Lane, type Stage } from '../model/entities.js';
import { MinHeap } from '../heap.js';
import { LogHistogram } from '../model/histogram.js';
import { IntervalTable, type ResidentBlock } from '../model/intervals.js';

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
  /** Times of items that left at the same moment, until they can be put in the table's order: the first one, and the others. */
  private firstTookNs = NaN;
  private othersTookNs: number[] = [];
  private togetherNs = NaN;

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
    const readers = this.lanes().map((lane, order) => this.readerOf(lane, order));
    const heap = new MinHeap([...readers], endsBefore);
    for (let next = heap.least; next !== undefined; next = heap.least) {
      if (next.endNs > settledNs) break;
      this.takeSome(next, heap.second, settledNs);
      heap.grown();
    }
    this.keepTogether();
    this.doneNs = Math.max(this.doneNs, settledNs);
    for (const { lane, cursor } of readers) lane.executions.claim(cursor.index);
  }

  private lanes(): readonly Lane[] {
    const { first, last } = this;
    return first === last ? first.lanes : [...first.lanes, ...last.lanes];
  }

  private readerOf(lane: Lane, order: number): LaneReader {
    const { executions } = lane;
    executions.settle();
    const cursor = this.read.get(lane) ?? { index: 0, epoch: executions.epoch };
    this.read.set(lane, cursor);
    return new LaneReader(lane, cursor, lane.stage === this.first, order);
  }

  /** Reads a lane until another one is behind it. */
  private takeSome(reader: LaneReader, other: LaneReader | undefined, settledNs: number): void {
    do {
      this.take(reader);
      reader.next();
    } while (reader.endNs <= settledNs && (other === undefined || endsBefore(reader, other)));
  }

  private take(reader: LaneReader): void {
    if ((reader.second & ExecutionFlag.hasItem) === 0) return;
    const { isFirst, endNs, item } = reader;
    if (this.first === this.last) {
      this.record(reader.arrivedNs, endNs);
      return;
    }
    const others = isFirst ? this.ends : this.arrivals;
    const otherNs = others.get(item);
    if (otherNs === undefined) {
      keep(isFirst ? this.arrivals : this.ends, item, isFirst ? reader.arrivedNs : endNs);
      return;
    }
    others.delete(item);
    if (isFirst) this.record(reader.arrivedNs, otherNs);
    else this.record(otherNs, endNs);
  }

  private record(arrivedNs: number, leftNs: number): void {
    // A negative time means that the number was used again for another item: no match, and nothing to keep.
    if (leftNs < arrivedNs) return;
    this.latency.record(leftNs - arrivedNs);
    if (leftNs === this.togetherNs) {
      this.othersTookNs.push(leftNs - arrivedNs);
      return;
    }
    this.keepTogether();
    this.togetherNs = leftNs;
    this.firstTookNs = leftNs - arrivedNs;
  }

  /** Longest first, as tables have it. */
  private keepTogether(): void {
    const { firstTookNs, othersTookNs, togetherNs, items } = this;
    if (Number.isNaN(togetherNs)) return;
    if (othersTookNs.length === 0) items.add(togetherNs, firstTookNs, 0, 0);
    else {
      const all = [firstTookNs, ...othersTookNs].sort((a, b) => b - a);
      for (const ns of all) items.add(togetherNs, ns, 0, 0);
      this.othersTookNs = [];
    }
    this.togetherNs = NaN;
  }
}

/**
 * A lane that is being read, at its next execution. It holds on to the block at hand, so it is good only as long as nothing
 * leaves memory.
 */
class LaneReader {
  readonly lane: Lane;
  readonly cursor: { index: number; readonly epoch: number };
  readonly isFirst: boolean;
  /** Of executions that end at once, those of the lane that stands first lead. */
  readonly order: number;
  /** Infinity: there is no other execution. */
  endNs = Infinity;
  private block: ResidentBlock | null = null;
  private row = 0;

  constructor(lane: Lane, cursor: LaneReader['cursor'], isFirst: boolean, order: number) {
    this.lane = lane;
    this.cursor = cursor;
    this.isFirst = isFirst;
    this.order = order;
    this.find();
  }

  next(): void {
    this.cursor.index++;
    this.find();
  }

  get second(): number {
    const { block, row } = this;
    return block === null ? 0 : (block.data.second?.[row] ?? block.secondAll);
  }

  get item(): number {
    const { block, row } = this;
    return block === null ? 0 : (block.data.first?.[row] ?? block.firstAll);
  }

  /** When the item came to wait for the execution. */
  get arrivedNs(): number {
    const { block, row } = this;
    if (block === null) return NaN;
    const waitedUs = Math.max((block.data.waited?.[row] ?? 0) - 1, 0);
    return (block.data.startNs[row] ?? NaN) - waitedUs * 1000;
  }

  private find(): void {
    const { executions } = this.lane;
    const { index } = this.cursor;
    if (index >= executions.length) {
      this.endNs = Infinity;
      this.block = null;
      return;
    }
    this.row = index & BLOCK_MASK;
    if (this.block === null || this.row === 0) this.block = executions.block(index >>> BLOCK_SHIFT);
    const { startNs, durationNs } = this.block.data;
    this.endNs = (startNs[this.row] ?? NaN) + (durationNs[this.row] ?? NaN);
  }
}

function endsBefore(a: LaneReader, b: LaneReader): boolean {
  return a.endNs < b.endNs || (a.endNs === b.endNs && a.order < b.order);
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
