/** The few words that all threads of a process share with the drain thread. */
import { FIRST_FREE_STRING } from './names.js';

/** Indexes of the words. The state has a constant of its own because the hot path reads it. */
const STATE = 0;
const Word = {
  /** 1: the drain thread listens. */
  ready: 1,
  /** 1: everything of the last flush is with the operating system. */
  flushed: 2,
  nextString: 3,
  nextLane: 4,
  nextQueue: 5,
  nextKnob: 6,
  /** Records that were not made because a table was full; the drain thread takes them out. */
  unnamedRecords: 7,
  unnamedExecutions: 8,
} as const;

/** `recording`, or `paused` while nobody has listened for a while; `stopped` is for good. */
export type AgentState = 'starting' | 'recording' | 'paused' | 'stopped';
const states: readonly AgentState[] = ['starting', 'recording', 'paused', 'stopped'];
const RECORDING = 1;

/** What ids are given out for; each has its own sequence and its own limit. */
export type IdKind = 'nextString' | 'nextLane' | 'nextQueue' | 'nextKnob';

/** Makes the shared words of a process. */
export function createControl(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(64);
  const words = new Int32Array(buffer);
  words[STATE] = RECORDING;
  words[Word.nextString] = FIRST_FREE_STRING;
  words[Word.nextLane] = 1;
  words[Word.nextQueue] = 1;
  words[Word.nextKnob] = 1;
  return buffer;
}

/** Should records be made? A plain read: it may be late by a moment, and costs nothing. */
export function isRecording(words: Int32Array): boolean {
  return words[STATE] === RECORDING;
}

/** One thread's view of the shared words. */
export class Control {
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** The shared words themselves, for `isRecording`. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Should records be made? */
  get isRecording(): boolean {
    return isRecording(this.#words);
  }

  get state(): AgentState {
    return states[Atomics.load(this.#words, STATE)] ?? 'stopped';
  }

  set state(state: AgentState) {
    Atomics.store(this.#words, STATE, states.indexOf(state));
  }

  /** The next id of a sequence, or undefined when it would be above `max`. */
  allocate(kind: IdKind, max: number): number | undefined {
    // Looking first keeps a program that asks for ever from wrapping the counter.
    if (Atomics.load(this.#words, Word[kind]) > max) return undefined;
    const id = Atomics.add(this.#words, Word[kind], 1);
    return id > max ? undefined : id;
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
