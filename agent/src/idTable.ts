/**
 * Numbers for names, shared by all threads of a process without a lock and without asking anyone.
 *
 * Ids of strings, lanes, queues and knobs cost memory in the drain thread, in the engine and in every viewer, so a program
 * that starts threads all day must not use up new ones all day. Two ways of giving them out:
 *
 *   - `shared`: the same name has the same id in every thread (strings, stages);
 *   - `take`: an id belongs to one thread at a time. When its thread has ended it is free again, and goes to the next one
 *     that asks for the same name: the lane of stage `decode`, slot 0, in thread 3 becomes that of thread 9. So the meaning
 *     of an id never changes but for its thread, and there are as many as were in use at once.
 *
 * An open-addressing hash table in shared memory. A name is represented by 64 bits of hash: at 30,000 names the chance that
 * two of them meet is one in 10^10. Entries are never removed:
 *
 *     keys     64-bit hash; 0: empty. Written once, by compare-and-exchange
 *     ids      0: whoever wrote the key is about to write the id, or has died before it could; -1: the table was full
 *     holders  `take` only: thread id + 1, 0: free
 *
 * A thread may be terminated between any two instructions. It can leave behind an entry without an id, which others then
 * step over, and nothing worse: nobody ever waits.
 */
import { assert } from '../wire/result.js';

const KEY_BYTES = 8;
const INT_BYTES = 4;
/** The id of an entry that came when all ids were given out. */
const NO_ID = -1;

/** What a table is for. */
export interface IdTableSpec {
  /** The first and the last id that it gives out. */
  readonly first: number;
  readonly last: number;
}

/** Entries for so many ids: a power of two, at most two thirds full. */
function entriesFor({ first, last }: IdTableSpec): number {
  return 2 ** Math.ceil(Math.log2((last - first + 1) * 1.5));
}

/** Bytes that a table takes in shared memory, a multiple of 8. */
export function idTableBytes(spec: IdTableSpec): number {
  return KEY_BYTES + entriesFor(spec) * (KEY_BYTES + 2 * INT_BYTES);
}

/** 32 bits of hash, well mixed (the finish is murmur3's). */
function hash32(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x9e37_79b1);
    h ^= h >>> 15;
  }
  h ^= text.length;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

interface Hash {
  /** Never 0. */
  readonly key: bigint;
  readonly low: number;
}

function hashOf(name: string): Hash {
  const low = hash32(name, 0x2f6e_2b1d);
  const key = BigInt.asIntN(64, (BigInt(hash32(name, 0x7c3a_91e5)) << 32n) | BigInt(low));
  return { key: key === 0n ? 1n : key, low };
}

/** One thread's view of a table. */
export class IdTable {
  readonly #spec: IdTableSpec;
  readonly #mask: number;
  /** How many ids were given out. */
  readonly #count: Int32Array;
  readonly #keys: BigInt64Array;
  readonly #ids: Int32Array;
  readonly #holders: Int32Array;

  /** `buffer` has `idTableBytes(spec)` bytes at `offset`, all of them 0 at first. */
  constructor(buffer: SharedArrayBuffer, offset: number, spec: IdTableSpec) {
    const entries = entriesFor(spec);
    assert(offset % KEY_BYTES === 0, `id table at byte ${offset}`);
    this.#spec = spec;
    this.#mask = entries - 1;
    this.#count = new Int32Array(buffer, offset, 1);
    this.#keys = new BigInt64Array(buffer, offset + KEY_BYTES, entries);
    const idsAt = offset + KEY_BYTES + entries * KEY_BYTES;
    this.#ids = new Int32Array(buffer, idsAt, entries);
    this.#holders = new Int32Array(buffer, idsAt + entries * INT_BYTES, entries);
  }

  /** How many ids were given out, whether in use or free. */
  get size(): number {
    return Math.min(Atomics.load(this.#count, 0), this.#spec.last - this.#spec.first + 1);
  }

  /** The id of a name, the same in all threads; undefined when there are no more. */
  shared(name: string): number | undefined {
    const { key, low } = hashOf(name);
    for (let step = 0; step <= this.#mask; step++) {
      const entry = (low + step) & this.#mask;
      const found = Atomics.load(this.#keys, entry);
      if (found === key) {
        const id = Atomics.load(this.#ids, entry);
        // Being written at this moment, or never: another id for the same name does no harm.
        if (id !== 0) return id === NO_ID ? undefined : id;
      } else if (found === 0n) {
        if (this.#isFull) return undefined;
        if (this.#claim(entry, key)) return this.#assign(entry);
        step--; // Somebody else took the entry, perhaps for this very name: look at it again.
      }
    }
    return undefined;
  }

  /** An id of this name that no other thread uses, for the thread; undefined when there are no more. */
  take(name: string, threadId: number): number | undefined {
    const { key, low } = hashOf(name);
    for (let step = 0; step <= this.#mask; step++) {
      const entry = (low + step) & this.#mask;
      const found = Atomics.load(this.#keys, entry);
      if (found === key) {
        const id = Atomics.load(this.#ids, entry);
        const isOurs =
          id > 0 && Atomics.compareExchange(this.#holders, entry, 0, threadId + 1) === 0;
        if (isOurs) return id;
      } else if (found === 0n) {
        if (this.#isFull) return undefined;
        if (this.#claim(entry, key)) {
          // Before the id: an entry with an id and no holder is free.
          Atomics.store(this.#holders, entry, threadId + 1);
          return this.#assign(entry);
        }
        step--;
      }
    }
    return undefined;
  }

  /** Frees an id that the thread holds under this name. */
  release(name: string, id: number, threadId: number): void {
    const { key, low } = hashOf(name);
    for (let step = 0; step <= this.#mask; step++) {
      const entry = (low + step) & this.#mask;
      const found = Atomics.load(this.#keys, entry);
      if (found === 0n) return;
      if (found !== key || Atomics.load(this.#ids, entry) !== id) continue;
      Atomics.compareExchange(this.#holders, entry, threadId + 1, 0);
      return;
    }
  }

  /** Frees everything that a thread held. For threads that have ended, when all they recorded has been read. */
  releaseAll(threadId: number): void {
    for (let entry = 0; entry <= this.#mask; entry++) {
      if (Atomics.load(this.#holders, entry) === threadId + 1) {
        Atomics.store(this.#holders, entry, 0);
      }
    }
  }

  get #isFull(): boolean {
    return Atomics.load(this.#count, 0) > this.#spec.last - this.#spec.first;
  }

  #claim(entry: number, key: bigint): boolean {
    return Atomics.compareExchange(this.#keys, entry, 0n, key) === 0n;
  }

  #assign(entry: number): number | undefined {
    const id = this.#spec.first + Atomics.add(this.#count, 0, 1);
    const isThere = id <= this.#spec.last;
    Atomics.store(this.#ids, entry, isThere ? id : NO_ID);
    return isThere ? id : undefined;
  }
}
