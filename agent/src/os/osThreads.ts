/**
 * What the operating system knows about the program's threads, asked from the drain thread: so it costs the program nothing,
 * and it works for threads that are blocked or never turn their event loop.
 *
 * Linux tells for each thread how long it ran and how long it could have run but waited for a core
 * (`/proc/self/task/<tid>/schedstat`, nanoseconds). One reading takes about 5 us. Elsewhere threads measure themselves
 * (`gauges.ts`), where Node can.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { Ref } from '../names.js';
import type { EventWriter, Lane } from '../eventWriter.js';

/** Threads that are asked in one round; with more, they take turns. */
const MAX_PER_ROUND = 64;
/** A pool that comes and goes must not fill this table; ended threads are taken out. */
const MAX_THREADS = 4096;

/** The operating system's number of the calling thread; undefined where it does not tell. */
export function osThreadId(): number | undefined {
  try {
    // A link of the form `<pid>/task/<tid>`, different for each thread that reads it.
    const tid = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    return Number.isInteger(tid) ? tid : undefined;
  } catch {
    return undefined;
  }
}

/** Time that a thread ran and that it waited for a core, from its start, in nanoseconds. */
export interface ThreadTimes {
  readonly ranNs: number;
  readonly waitedNs: number;
}

/** Reads a thread's times; undefined when it has ended or nobody knows. */
export function readThreadTimes(tid: number): ThreadTimes | undefined {
  try {
    const text = readFileSync(`/proc/self/task/${tid}/schedstat`, 'utf8');
    const [ranNs, waitedNs] = text.split(' ').map(Number);
    return ranNs === undefined || waitedNs === undefined || !(ranNs >= 0 && waitedNs >= 0)
      ? undefined
      : { ranNs, waitedNs };
  } catch {
    return undefined;
  }
}

interface Watched {
  readonly tid: number;
  readonly lane: Lane;
  last: ThreadTimes & { readonly atNs: number };
}

/** Writes the gauges `threadCpu` and `coreWait` for each thread, on the thread's own lane. */
export class OsThreads {
  readonly #events: EventWriter;
  readonly #read: (tid: number) => ThreadTimes | undefined;
  readonly #threads = new Map<number, Watched>();
  #next = 0;

  constructor(events: EventWriter, read = readThreadTimes) {
    this.#events = events;
    this.#read = read;
  }

  /** A thread of the program has begun to record. */
  add(threadId: number, tid: number, lane: Lane, nowNs: number): void {
    const times = this.#read(tid);
    if (times === undefined || this.#threads.size >= MAX_THREADS) return;
    this.#threads.set(threadId, { tid, lane, last: { ...times, atNs: nowNs } });
  }

  /** The thread has ended; its number may be another thread's any time. */
  remove(threadId: number): void {
    this.#threads.delete(threadId);
  }

  /** One round. */
  sample(nowNs: number): void {
    const ids = [...this.#threads.keys()];
    const count = Math.min(ids.length, MAX_PER_ROUND);
    for (let i = 0; i < count; i++) {
      const id = ids[this.#next++ % ids.length];
      const thread = id === undefined ? undefined : this.#threads.get(id);
      if (id !== undefined && thread !== undefined) this.#sampleOne(id, thread, nowNs);
    }
    this.#next = ids.length === 0 ? 0 : this.#next % ids.length;
  }

  #sampleOne(id: number, thread: Watched, nowNs: number): void {
    const times = this.#read(thread.tid);
    const elapsedNs = nowNs - thread.last.atNs;
    if (times === undefined) this.#threads.delete(id);
    if (times === undefined || elapsedNs <= 0) return;
    const { lane, last } = thread;
    // The kernel brings its sums up to date at its own ticks, so a reading may be a few milliseconds old.
    const cpu = Math.min((times.ranNs - last.ranNs) / elapsedNs, 1);
    const wait = Math.min((times.waitedNs - last.waitedNs) / elapsedNs, 1);
    this.#events.gauge(lane, Ref.threadCpu, Math.max(cpu, 0), nowNs);
    this.#events.gauge(lane, Ref.coreWait, Math.max(wait, 0), nowNs);
    thread.last = { ...times, atNs: nowNs };
  }
}
