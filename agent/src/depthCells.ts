/**
 * Where a thread keeps the queue depths that it holds back (`queueProbe.ts` says why it does): in shared memory, so that the
 * drain thread can write them when the thread has been terminated, which runs no code of ours.
 */
import type { DepthChange, QueueWords } from './eventWriter.js';

/** Doubles of a cell. */
const Field = {
  /** 0: nobody has the cell. */
  queue: 0,
  headerHi: 1,
  /** 1: there is a change to write. */
  isPending: 2,
  depth: 3,
  low: 4,
  high: 5,
  pendingAtNs: 6,
  writtenAtNs: 7,
} as const;
const CELL = 8;
const FIRST_CHUNK_CELLS = 16;
const MAX_CHUNK_CELLS = 1024;

/** One queue's depth. The thread that made it writes; the drain thread reads when that one has ended. */
export class DepthCell {
  readonly #values: Float64Array;
  readonly #at: number;

  constructor(values: Float64Array, index: number) {
    this.#values = values;
    this.#at = index * CELL;
  }

  /** The queue that the cell is for; undefined: nobody's. */
  get queue(): Omit<QueueWords, 'lane'> | undefined {
    const id = this.#get(Field.queue);
    return id === 0 ? undefined : { id, headerHi: this.#get(Field.headerHi) };
  }

  set queue(words: Omit<QueueWords, 'lane'> | undefined) {
    this.#set(Field.headerHi, words?.headerHi ?? 0);
    this.#set(Field.isPending, 0);
    this.#set(Field.writtenAtNs, -Infinity);
    this.#set(Field.depth, 0);
    this.#set(Field.queue, words?.id ?? 0);
  }

  get isPending(): boolean {
    return this.#get(Field.isPending) === 1;
  }

  /** The last depth that was told. */
  get depth(): number {
    return this.#get(Field.depth);
  }

  get pendingAtNs(): number {
    return this.#get(Field.pendingAtNs);
  }

  get writtenAtNs(): number {
    return this.#get(Field.writtenAtNs);
  }

  /** Takes in a depth. */
  merge(depth: number, atNs: number): void {
    const v = this.#values;
    const at = this.#at;
    if (v[at + Field.isPending] === 1) {
      if (depth < this.#get(Field.low)) v[at + Field.low] = depth;
      if (depth > this.#get(Field.high)) v[at + Field.high] = depth;
    } else {
      v[at + Field.low] = depth;
      v[at + Field.high] = depth;
    }
    v[at + Field.depth] = depth;
    v[at + Field.pendingAtNs] = atNs;
    v[at + Field.isPending] = 1;
  }

  /** What is to be written, into `change`; returns its time. From now on nothing is pending. */
  take(change: DepthChange): number {
    change.depth = this.#get(Field.depth);
    change.low = this.#get(Field.low);
    change.high = this.#get(Field.high);
    // Time must not run backwards within a counter when callers mix readings.
    const atNs = Math.max(this.pendingAtNs, this.writtenAtNs);
    this.#set(Field.writtenAtNs, atNs);
    this.#set(Field.isPending, 0);
    return atNs;
  }

  #get(field: number): number {
    return this.#values[this.#at + field] ?? 0;
  }

  #set(field: number, value: number): void {
    this.#values[this.#at + field] = value;
  }
}

/** The cells in a piece of shared memory. */
export function cellsIn(shared: SharedArrayBuffer): DepthCell[] {
  const values = new Float64Array(shared);
  return Array.from({ length: values.length / CELL }, (_, i) => new DepthCell(values, i));
}

/** Gives out the cells of one thread, in pieces that grow. */
export class DepthCells {
  readonly #announce: (shared: SharedArrayBuffer) => void;
  readonly #free: DepthCell[] = [];
  #nextCells = FIRST_CHUNK_CELLS;

  /** `announce` tells the drain thread of a piece, before a cell of it is used. */
  constructor(announce: (shared: SharedArrayBuffer) => void) {
    this.#announce = announce;
  }

  /** A cell for a queue. */
  take(queue: Omit<QueueWords, 'lane'>): DepthCell {
    let cell = this.#free.pop();
    if (cell === undefined) {
      const bytes = this.#nextCells * CELL * Float64Array.BYTES_PER_ELEMENT;
      const shared = new SharedArrayBuffer(bytes);
      this.#nextCells = Math.min(this.#nextCells * 4, MAX_CHUNK_CELLS);
      this.#announce(shared);
      const [first, ...rest] = cellsIn(shared);
      this.#free.push(...rest.reverse());
      cell = first;
    }
    // A piece holds many cells, so there is always one.
    const taken = cell ?? new DepthCell(new Float64Array(CELL), 0);
    taken.queue = queue;
    return taken;
  }

  /** Takes a cell back. */
  release(cell: DepthCell): void {
    cell.queue = undefined;
    this.#free.push(cell);
  }
}
