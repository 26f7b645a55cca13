/** One thread's connection to the drain thread: its ring, its names, its declarations. Made once per thread, when recording. */
import { threadId } from 'node:worker_threads';
import { MAX_STRING_INDEX, MAX_THREAD_INDEX } from '../wire/format.js';
import type { Declaration } from '../wire/manifest.js';
import { Control } from './control.js';
import { EventWriter, plainHeaderLo, type Lane } from './eventWriter.js';
import { createRing, RingWriter } from './ring.js';
import { post, type AgentEnvironment, type ToDrain } from './uplink.js';

/** Lanes of one process; each costs a line in the manifest and two records per connection. */
export const MAX_LANES = 16_384;
const LANES_PER_PROCESS = 65_536;
/** Notes of one thread; they are for people. */
const MAX_NOTES = 200;
const MAX_NOTE_CHARS = 2048;
/** Messages that wait for the drain thread to start; a machine that takes so long loses the rest. */
const MAX_EARLY = 50_000;

/** The koid of a lane: unique on the machine as long as the process id is. */
export function laneKoid(pid: number, lane: number): number {
  return pid * LANES_PER_PROCESS + lane;
}

/** The lane number within a process, from the low half of a lane's koid. */
export function laneOfKoidLo(koidLo: number): number {
  return koidLo & (LANES_PER_PROCESS - 1);
}

/** Index of a lane in the thread table, or 0 when the table is full and records name the lane themselves. */
export function threadRefOfLane(lane: number): number {
  return lane <= MAX_THREAD_INDEX ? lane : 0;
}

/** Owns the thread's ring. */
export class ThreadLink {
  readonly threadId = threadId;
  readonly threadName = threadId === 0 ? 'main' : `worker ${threadId}`;
  readonly control: Control;
  readonly nonce: string;
  readonly events: EventWriter;
  /** For what belongs to the thread and to no stage; undefined when the table of lanes is full. */
  readonly ownLane: Lane | undefined;
  readonly #ring: RingWriter;
  readonly #strings = new Map<string, number>();
  readonly #notes = new Set<string>();
  readonly #early: ToDrain[] = [];

  constructor(environment: AgentEnvironment) {
    this.control = new Control(environment.control);
    this.nonce = environment.nonce;
    const buffer = createRing();
    this.#ring = new RingWriter(buffer);
    this.events = new EventWriter(this.#ring);
    this.post({ kind: 'ring', buffer, threadId });
    this.ownLane = this.lane(null, null, 0);
  }

  /** Sends to the drain thread; while that is still starting, keeps the message for `flush`. */
  post(message: ToDrain): void {
    if (this.#early.length === 0 && this.control.isReady) {
      this.#send(message);
      return;
    }
    if (this.#early.length < MAX_EARLY) this.#early.push(message);
    this.flush();
  }

  /** Sends what could not be sent earlier. The ring is announced first, so no record overtakes its declaration. */
  flush(): void {
    if (this.#early.length === 0 || !this.control.isReady) return;
    for (const message of this.#early) this.#send(message);
    this.#early.length = 0;
  }

  #send(message: ToDrain): void {
    try {
      post(this.nonce, message);
    } catch {
      // Records without their names would be worse than none: everything stops, and the program goes on.
      this.control.state = 'stopped';
    }
  }

  /** The table index of a name; 0 when the table is full, and then nothing may be recorded under the name. */
  string(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const index = this.control.allocate('nextString', MAX_STRING_INDEX);
    if (index === undefined) {
      this.noteLimit('names', MAX_STRING_INDEX);
      return 0;
    }
    this.#strings.set(text, index);
    this.post({ kind: 'string', index, text });
    return index;
  }

  /** A new lane: slot `slot` of a stage in this thread, or with null the thread's own. undefined when the table is full. */
  lane(stage: string | null, pipeline: string | null, slot: number): Lane | undefined {
    const number = this.control.allocate('nextLane', MAX_LANES);
    if (number === undefined) {
      this.noteLimit('lanes', MAX_LANES);
      return undefined;
    }
    this.post({ kind: 'lane', lane: number, stage, pipeline, thread: this.threadName, slot });
    const koid = laneKoid(process.pid, number);
    const ref = threadRefOfLane(number);
    return {
      number,
      ref,
      plainLo: plainHeaderLo(ref),
      pid: process.pid,
      koidLo: koid | 0,
      koidHi: Math.floor(koid / 2 ** 32),
      ended: 0,
      hasAsyncSpan: false,
    };
  }

  declare(declaration: Declaration): void {
    this.post({ kind: 'declaration', declaration, threadId });
  }

  /** Tells the user something, once per code. */
  note(code: string, message: string): void {
    if (this.#notes.has(code) || this.#notes.size >= MAX_NOTES) return;
    this.#notes.add(code);
    this.declare({
      kind: 'note',
      code: code.slice(0, 64),
      message: message.slice(0, MAX_NOTE_CHARS),
    });
  }

  /** One note for each kind of thing that there is too much of. */
  noteLimit(what: string, limit: number): void {
    this.note(
      `limit:${what}`,
      `this process has more than ${limit} ${what}; what comes after them is not recorded, only counted as lost`,
    );
  }

  /** Nothing will be recorded in this thread any more. */
  close(): void {
    this.#ring.close();
  }
}
