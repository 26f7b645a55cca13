/**
 * V8's sampling profiler in one thread, on request.
 *
 * The order stands in the shared words of the process (`order.ts`): a run's number, or 0. A thread looks there when
 * it starts recording, four times a second, and when the main thread reaches it through the inspector (`reachWorkers`), which also works
 * in threads whose event loop does not turn. It then starts a session of its own; only the thread itself knows its source maps,
 * and only its own session can still be read when the thread exits.
 *
 * Starting costs the thread some 5 ms once and handing over a few, by the size of the stacks; every sample interrupts it for some
 * microseconds. V8 keeps all samples until the end, so a long profile is cut into chunks, with a gap of those milliseconds.
 * What is in the last chunk of a thread that is terminated is lost: no code runs there any more.
 */
import { createRequire } from 'node:module';
import type { Session } from 'node:inspector';
import { nowNs } from '../clock.js';
import type { ThreadLink } from '../threadLink.js';
import { readOrder } from './order.js';
import { cleaned, encodePieces, FrameMapper } from './v8Profile.js';
import type { Inspector, V8Profile } from './v8Types.js';

const POLL_MS = 250;
/** After so long a profile is handed over and another begins. */
const CHUNK_NS = 5e9;
/** A piece on the wire; the engine takes frames of 1 MiB. */
const MAX_PIECE_BYTES = 512 * 1024;
/** Where the sampler of a thread is found by code that the inspector runs there. */
const KEY = Symbol.for('sluice.sampler.v1');

/** Looks for orders in the thread that it is evaluated in; does nothing where the agent is not. */
export const POLL_EXPRESSION = `globalThis[Symbol.for('sluice.sampler.v1')]?.()`;

/** Makes the sampler of this thread look for orders. */
export function pollThread(): void {
  const poll: unknown = Reflect.get(globalThis, KEY);
  if (typeof poll === 'function') Reflect.apply(poll, undefined, []);
}

/** Node's inspector, also for code that is bundled; undefined in builds that have none. */
export function loadInspector(): Inspector | undefined {
  try {
    // Not imported: a build without an inspector would not even load the agent.
    return createRequire(process.execPath)('node:inspector') as Inspector;
  } catch {
    return undefined;
  }
}

interface Run {
  readonly number: number;
  readonly session: Session;
  startedNs: number;
  /** When V8 was asked to begin: its own start must lie between the two. */
  readonly asked: { fromNs: number; toNs: number };
}

/** Owns the inspector session of this thread while a profile runs, and the timer. */
export class CpuSampler {
  readonly #link: ThreadLink;
  readonly #timer: NodeJS.Timeout;
  #mapper: FrameMapper | undefined;
  #run: Run | undefined;
  /** The run that could not begin here; it is not tried again. */
  #failedRun = 0;
  /** The inspector may call `poll` between any two steps of `poll` itself. */
  #isPolling = false;

  constructor(link: ThreadLink) {
    this.#link = link;
    Object.defineProperty(globalThis, KEY, {
      value: () => {
        this.poll();
      },
      configurable: true,
      enumerable: false,
    });
    this.#timer = setInterval(() => {
      this.poll();
    }, POLL_MS);
    this.#timer.unref();
    this.poll();
  }

  /** Begins, ends or hands over a chunk, as ordered. Never throws. */
  poll(): void {
    const { control } = this.#link;
    const order = readOrder(control.words);
    const run = control.state === 'stopped' ? 0 : order.run;
    if (this.#isPolling || (run === 0 && this.#run === undefined)) return;
    this.#isPolling = true;
    try {
      this.#goOn(run);
      if (run !== 0 && this.#run === undefined && run !== this.#failedRun) {
        this.#begin(run, order.intervalUs);
      }
    } catch (error) {
      // Nothing of this may reach the program; who asked for the profile is told.
      this.#failedRun = run;
      this.#report(run, 'failed', reasonOf(error));
      this.#drop();
    } finally {
      this.#isPolling = false;
    }
  }

  /** The thread ends: hands over what there is. Never throws. */
  close(): void {
    clearInterval(this.#timer);
    try {
      this.#end();
    } catch {
      // There is nobody left to tell, and what was sampled is lost.
    }
    this.#isPolling = true;
  }

  /** What runs here is ended when another run, or none, is ordered; a full chunk is handed over. */
  #goOn(ordered: number): void {
    const run = this.#run;
    if (run === undefined) return;
    if (run.number !== ordered) this.#end();
    else if (nowNs() - run.startedNs >= CHUNK_NS) this.#handOver(run, true);
  }

  #begin(number: number, intervalUs: number): void {
    const inspector = loadInspector();
    if (inspector === undefined) throw new Error('this Node was built without an inspector');
    const session = new inspector.Session();
    session.connect();
    const run: Run = { number, session, startedNs: 0, asked: { fromNs: 0, toNs: 0 } };
    this.#run = run;
    post(session, 'Profiler.enable');
    post(session, 'Profiler.setSamplingInterval', { interval: intervalUs });
    this.#start(run);
    this.#report(number, 'begun', null);
  }

  #start(run: Run): void {
    run.asked.fromNs = nowNs();
    post(run.session, 'Profiler.start');
    run.asked.toNs = nowNs();
    run.startedNs = run.asked.toNs;
  }

  /** Takes the samples out and, if wanted, goes on. */
  #handOver(run: Run, goesOn: boolean): void {
    const profile = stopped(run.session);
    const { fromNs, toNs } = run.asked;
    if (goesOn) this.#start(run);
    if (profile !== undefined) this.#send(onOurClock(profile, fromNs, toNs));
  }

  #end(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#handOver(run, false);
    this.#drop();
    this.#report(run.number, 'ended', null);
  }

  #drop(): void {
    const session = this.#run?.session;
    this.#run = undefined;
    try {
      session?.disconnect();
    } catch {
      // It is gone already.
    }
  }

  #send(profile: V8Profile): void {
    const lane = this.#link.ownLane;
    if (lane === undefined) throw new Error('there are too many lanes to send a profile');
    this.#mapper ??= new FrameMapper();
    for (const bytes of encodePieces(cleaned(profile, this.#mapper), MAX_PIECE_BYTES)) {
      this.#link.post({ kind: 'profilePiece', lane: lane.number, bytes });
    }
  }

  #report(run: number, what: 'begun' | 'ended' | 'failed', error: string | null): void {
    this.#link.post({ kind: 'profile', threadId: this.#link.threadId, run, what, error });
  }
}

/** The inspector's errors are objects with a message, not always of class Error. */
function reasonOf(error: unknown): string {
  const message: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : undefined;
  return typeof message === 'string' ? message : String(error);
}

/** Sends a command that a session of the own thread carries out before `post` returns. Throws with its error. */
function post(session: Session, method: string, params: object = {}): void {
  const failures: Error[] = [];
  session.post(method, params, (error) => {
    if (error !== null) failures.push(error);
  });
  const [failure] = failures;
  if (failure !== undefined) throw new Error(`${method}: ${reasonOf(failure)}`);
}

function stopped(session: Session): V8Profile | undefined {
  let profile: V8Profile | undefined;
  session.post('Profiler.stop', (_, answer) => {
    // Node types the answer as always there; with an error it is not.
    profile = (answer as typeof answer | undefined)?.profile;
  });
  return profile;
}

/**
 * The profile with CLOCK_MONOTONIC times. V8 counts microseconds of the system's monotonic clock, on Linux the very same
 * one: its start then lies between the two readings around the order, give or take the microsecond that it is cut to. Where
 * it does not, the start is set to the middle of the two.
 */
export function onOurClock(profile: V8Profile, fromNs: number, toNs: number): V8Profile {
  const startNs = profile.startTime * 1000;
  const slackNs = 2000;
  if (startNs >= fromNs - slackNs && startNs <= toNs + slackNs) return profile;
  const shiftUs = (fromNs + toNs) / 2000 - profile.startTime;
  return {
    ...profile,
    startTime: profile.startTime + shiftUs,
    endTime: profile.endTime + shiftUs,
  };
}
