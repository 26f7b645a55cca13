/** What all threads of a process share with the drain thread: a few words, and the tables that ids come from. */
import { IdTable, idTableBytes, type IdTableSpec } from './idTable.js';
import { FIRST_FREE_STRING } from './names.js';

/**
 * Indexes of the words. The state has a constant of its own because the hot path reads it. It is
 *
 *      n   recording number n of this process is under way (they count from 1)
 *     -n   the same, paused: nobody has listened for a while
 *      0   dormant
 *
 * One number, so that a thread that looks once in a while finds in one comparison whether anything is other than it was:
 * also when one recording has ended and another begun in between.
 */
const STATE = 0;
const Word = {
  /** 1: the drain thread listens. */
  ready: 1,
  /** 1: everything of the last flush is with the operating system. */
  flushed: 2,
  /** Records that were not made because a table was full; the drain thread takes them out. */
  unnamedRecords: 7,
  unnamedExecutions: 8,
  /** Number of the recording under way, or of the last one. */
  recording: 20,
} as const;

/** `recording`, or `paused` while nobody has listened for a while; `stopped` until another recording begins. */
export type AgentState = 'recording' | 'paused' | 'stopped';

/** The words before the tables, with room for more. */
const WORDS_BYTES = 256;

/**
 * How many of each kind a process may have: strings, stages and span names over all its life, the others at once (ids of
 * threads that have ended are used again). A lane costs a line in the manifest and two records per connection; nobody can
 * read a picture of more stages.
 */
export const Limit = {
  strings: 20_000,
  /** Names of spans: the rest of the strings is kept for stages and queues that come later. */
  spanNames: 14_000,
  stages: 1000,
  lanes: 16_384,
  queues: 4096,
  knobs: 4096,
} as const;

const specs = {
  strings: { first: FIRST_FREE_STRING, last: Limit.strings },
  stages: { first: 1, last: Limit.stages },
  lanes: { first: 1, last: Limit.lanes },
  queues: { first: 1, last: Limit.queues },
  knobs: { first: 1, last: Limit.knobs },
} as const satisfies Record<string, IdTableSpec>;

/** Makes the shared memory of a process: dormant. */
export function createControl(): SharedArrayBuffer {
  const tables = Object.values(specs).reduce((sum, spec) => sum + idTableBytes(spec), 0);
  return new SharedArrayBuffer(WORDS_BYTES + tables);
}

/** The state as a number (see `STATE`). A plain read: it may be late by a moment, and costs nothing. */
export function stateOf(words: Int32Array): number {
  return words[STATE] ?? 0;
}

/** Should records be made? */
export function isRecording(words: Int32Array): boolean {
  return stateOf(words) > 0;
}

/** One thread's view of what is shared. */
export class Control {
  readonly #buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  /** Indexes of the string table, by text. */
  readonly strings: IdTable;
  /** Stages by pipeline and name: only for their number, nobody uses the ids. */
  readonly stages: IdTable;
  readonly lanes: IdTable;
  readonly queues: IdTable;
  readonly knobs: IdTable;

  /** `buffer` comes from `createControl`. */
  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS_BYTES / Int32Array.BYTES_PER_ELEMENT);
    let at = WORDS_BYTES;
    const table = (spec: IdTableSpec): IdTable => {
      const made = new IdTable(buffer, at, spec);
      at += idTableBytes(spec);
      return made;
    };
    this.strings = table(specs.strings);
    this.stages = table(specs.stages);
    this.lanes = table(specs.lanes);
    this.queues = table(specs.queues);
    this.knobs = table(specs.knobs);
  }

  /** The shared words themselves, for `isRecording`. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Should records be made? */
  get isRecording(): boolean {
    return isRecording(this.#words);
  }

  /** Number of the recording under way, or of the last one; 0 before the first. */
  get recording(): number {
    return Atomics.load(this.#words, Word.recording);
  }

  get state(): AgentState {
    const state = Atomics.load(this.#words, STATE);
    return state === 0 ? 'stopped' : state > 0 ? 'recording' : 'paused';
  }

  set state(state: AgentState) {
    const { recording } = this;
    const word = state === 'stopped' ? 0 : state === 'recording' ? recording : -recording;
    Atomics.store(this.#words, STATE, word);
  }

  /**
   * Prepares the next recording and returns its number; it begins when `state` is set. Everything starts anew, so the drain
   * thread of the last one must have ended. A thread that still thinks of that one may take an id meanwhile: a gap, nothing
   * worse, because what it posts goes to a channel that nobody reads.
   */
  prepare(): number {
    const { recording } = this;
    // Made zero and not replaced: threads whose event loop never turns can only look at what they have.
    new Int32Array(this.#buffer).fill(0);
    Atomics.store(this.#words, Word.recording, recording + 1);
    return recording + 1;
  }

  /** A thread has ended and everything that it recorded was read: others may have its ids. */
  releaseIds(threadId: number): void {
    this.lanes.releaseAll(threadId);
    this.queues.releaseAll(threadId);
    this.knobs.releaseAll(threadId);
  }

  /** Counts a record that could not be made. */
  addUnnamed(isExecution: boolean): void {
    Atomics.add(this.#words, Word.unnamedRecords, 1);
    if (isExecution) Atomics.add(this.#words, Word.unnamedExecutions, 1);
  }

  /** The records counted since the last call. */
  takeUnnamed(): { readonly records: number; readonly executions: number } {
    // Executions first: one that is added in between is then in the next call's records or in this one's, never missing.
    const executions = Atomics.exchange(this.#words, Word.unnamedExecutions, 0);
    return { records: Atomics.exchange(this.#words, Word.unnamedRecords, 0), executions };
  }

  /** Does the drain thread listen? */
  get isReady(): boolean {
    return Atomics.load(this.#words, Word.ready) === 1;
  }

  /** Raises one of the two flags and wakes who waits for it. */
  raise(flag: 'ready' | 'flushed'): void {
    Atomics.store(this.#words, Word[flag], 1);
    Atomics.notify(this.#words, Word[flag]);
  }

  /** Blocks until the flag is raised, at most `timeoutMs`. True when it is. */
  wait(flag: 'ready' | 'flushed', timeoutMs: number): boolean {
    if (timeoutMs > 0) Atomics.wait(this.#words, Word[flag], 0, timeoutMs);
    return Atomics.load(this.#words, Word[flag]) === 1;
  }
}
