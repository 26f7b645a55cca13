/** One thread's connection to the drain thread: its ring, its names, its declarations. Made once per thread, when recording. */
import { threadId } from 'node:worker_threads';
import { MAX_THREAD_INDEX } from '../wire/format.js';
import type { Declaration } from '../wire/manifest.js';
import { nowNs } from './clock.js';
import { Control, Limit } from './control.js';
import { DepthCells } from './depthCells.js';
import { EventWriter, type Lane } from './eventWriter.js';
import { LaneTotalsPool } from './laneTotals.js';
import { osThreadId } from './os/osThreads.js';
import { createRing, RingWriter } from './ring.js';
import { post, recordingNonce, type AgentEnvironment, type ToDrain } from './uplink.js';

/** Lanes of one process at once. */
export const MAX_LANES = Limit.lanes;
const LANES_PER_PROCESS = 65_536;
/** Stands for the names of spans that the table has no room for. */
const OTHER_SPANS = '(other)';
/** Notes of one thread; they are for people. */
const MAX_NOTES = 200;
const MAX_NOTE_CHARS = 2048;
/** Messages that wait for the drain thread to start; a machine that takes so long loses the rest. */
const MAX_EARLY = 50_000;

/** Process ids of Linux are smaller than this. */
const PIDS = 2 ** 22;

/** The koid of a lane: unique on the machine as long as the process id is, also when several threads host an agent. */
export function laneKoid(pid: number, lane: number, host = 0): number {
  return (host * PIDS + pid) * LANES_PER_PROCESS + lane;
}

/** Knobs have numbers of their own in each agent of a process, because orders name them by process. */
export function knobBase(host: number): number {
  return host * Limit.knobs;
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
  /** Number of the recording that this link belongs to. */
  readonly recording: number;
  /** When it began in this thread; what began earlier is not recorded. */
  readonly sinceNs: number;
  /** Names the channels of this recording. */
  readonly nonce: string;
  readonly events: EventWriter;
  /** For what belongs to the thread and to no stage; undefined when the table of lanes is full. */
  readonly ownLane: Lane | undefined;
  /** Depths of this thread's queues that are held back. */
  readonly depths: DepthCells;
  /** What the numbers of knobs begin behind. */
  readonly knobBase: number;
  readonly #host: number;
  readonly #ring: RingWriter;
  readonly #totals = new LaneTotalsPool();
  readonly #strings = new Map<string, number>();
  readonly #notes = new Set<string>();
  readonly #early: ToDrain[] = [];
  #isOver = false;

  constructor(environment: AgentEnvironment, sinceNs = nowNs()) {
    this.sinceNs = sinceNs;
    this.control = new Control(environment.control);
    this.#host = environment.host;
    this.knobBase = knobBase(environment.host);
    this.recording = this.control.recording;
    this.nonce = recordingNonce(environment.nonce, this.recording);
    const buffer = createRing();
    this.#ring = new RingWriter(buffer);
    this.events = new EventWriter(this.#ring);
    this.post({ kind: 'ring', buffer, threadId });
    this.ownLane = this.lane(null, null, 0);
    const { ownLane } = this;
    if (ownLane !== undefined) {
      this.post({ kind: 'osThread', threadId, tid: osThreadId(), lane: ownLane });
    }
    this.depths = new DepthCells((shared) => {
      if (ownLane !== undefined) this.post({ kind: 'depths', shared, threadId, lane: ownLane });
    });
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
    const index = this.control.strings.shared(text);
    if (index === undefined) {
      this.noteLimit('names', Limit.strings);
      return 0;
    }
    this.#strings.set(text, index);
    // Also when another thread has it already: that one may not have come to its post.
    this.post({ kind: 'string', index, text });
    return index;
  }

  /** The table index of a span's name; when there are too many of those, that of a name for all others. */
  spanString(text: string): number {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    if (this.control.strings.size < Limit.spanNames) return this.string(text);
    this.note(
      'limit:spans',
      `this process has more than ${Limit.spanNames} names; spans of new names are shown as "${OTHER_SPANS}"`,
    );
    return this.string(OTHER_SPANS);
  }

  /**
   * A lane for slot `slot` of a stage in this thread, or with null for the thread itself: one that a thread which has ended
   * had for the same, else a new one. undefined when the table is full.
   */
  lane(stage: string | null, pipeline: string | null, slot: number): Lane | undefined {
    const key = `${pipeline ?? ''}\0${stage ?? ''}\0${slot}`;
    const number = this.control.lanes.take(key, threadId);
    if (number === undefined) {
      this.noteLimit('lanes', MAX_LANES);
      return undefined;
    }
    this.post({ kind: 'lane', lane: number, stage, pipeline, thread: this.threadName, slot });
    const { totals, memory, at } = this.#totals.take();
    if (stage !== null) {
      this.post({ kind: 'totals', lane: number, stage, pipeline, threadId, memory, at });
    }
    const koid = laneKoid(process.pid, number, this.#host);
    const ref = threadRefOfLane(number);
    return {
      recording: this.recording,
      number,
      ref,
      pid: process.pid,
      koidLo: koid | 0,
      koidHi: Math.floor(koid / 2 ** 32),
      totals,
      cancelled: 0,
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

  /** Nothing more comes through this link. */
  close(): void {
    this.#isOver = true;
    this.#ring.close();
  }

  /** Has it been closed? Its ids may belong to others then. */
  get isOver(): boolean {
    return this.#isOver;
  }
}
