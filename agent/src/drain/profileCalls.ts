/**
 * A CPU profile as the drain thread sees it: sets the order that the threads look at, ends it in time, and passes on what
 * they hand over. One profile at a time; each request gets exactly one answer.
 */
import { parentPort } from 'node:worker_threads';
import { profileBlobName } from '../../wire/format.js';
import type { FxtWriter } from '../../wire/fxtWriter.js';
import type { DeclarationOf } from '../../wire/manifest.js';
import type { FromAgent, ToAgent } from '../../wire/messages.js';
import type { Control } from '../control.js';
import { readOrder, writeOrder } from '../cpuProfile/order.js';
import type { ToDrain } from '../uplink.js';
import { POLL_ORDERS } from '../drainThread.js';

/** Threads that sleep or compute without end are reached again so often, to hand over what they have. */
const REACH_MS = 5000;
/** Within this time some thread must have begun or ended; less than the engine waits. */
const ANSWER_MS = 5000;
/** Threads have this long to follow the first one before the request is answered. */
const FOLLOW_MS = 300;
/** Pieces that are kept while there is no connection. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

type Start = Extract<ToAgent, { kind: 'startCpuProfile' }>;
type Progress = Extract<ToDrain, { kind: 'profile' }>;
type Piece = Extract<ToDrain, { kind: 'profilePiece' }>;

/** Owns the order in the shared words and its timers. */
export class ProfileCalls {
  readonly #control: Control;
  readonly #laneKoid: (lane: number) => number;
  readonly #reply: (message: FromAgent) => void;
  readonly #waiting: Piece[] = [];
  #waitingBytes = 0;
  #lostPieces = 0;
  /** Threads that sample now. */
  readonly #sampling = new Set<number>();
  #lastRun = 0;
  #run = 0;
  #timers: NodeJS.Timeout[] = [];
  #failure: string | null = null;
  /** The request that waits for its answer. */
  #asked: { readonly id: number; readonly for: 'start' | 'stop' } | undefined;
  #answerTimer: NodeJS.Timeout | undefined;

  /** `laneKoid` gives a lane its name in the capture. */
  constructor(
    control: Control,
    laneKoid: (lane: number) => number,
    reply: (message: FromAgent) => void,
  ) {
    this.#control = control;
    this.#laneKoid = laneKoid;
    this.#reply = reply;
  }

  /** Takes up a profile that was ordered before this thread ran, by `SLUICE_CPU_PROFILE_MS`. */
  adopt(durationMs: number): void {
    this.#lastRun = this.#run = readOrder(this.#control.words).run;
    if (this.#run !== 0) this.#keepTime(durationMs);
  }

  /** Begins a profile in every thread. */
  start({ id, durationMs, intervalUs }: Start): void {
    if (this.#run !== 0 || this.#asked !== undefined) {
      this.#refuse(id, 'a CPU profile is running in this process already: stop it first');
      return;
    }
    this.#run = ++this.#lastRun;
    this.#failure = null;
    writeOrder(this.#control.words, { run: this.#run, intervalUs });
    this.#keepTime(durationMs);
    this.#ask(id, 'start');
    reach();
  }

  /** Ends it before its time. */
  stop(id: number): void {
    if (this.#run === 0) {
      this.#refuse(id, 'no CPU profile is running in this process');
      return;
    }
    if (this.#asked?.for === 'start') this.#answer('it was stopped before it had begun');
    this.#ask(id, 'stop');
    this.#finish();
    if (this.#sampling.size === 0) this.#answer(null);
  }

  /** A thread has begun, ended or failed. */
  progress({ threadId, run, what, error }: Progress): void {
    if (run !== this.#lastRun) return;
    if (what === 'begun') this.#sampling.add(threadId);
    else this.#sampling.delete(threadId);
    if (what === 'failed') this.#failure = error;
    if (this.#asked?.for === 'start') this.#began(what);
    else this.#checkStopped();
  }

  #began(what: Progress['what']): void {
    if (what === 'begun') this.#answerIn(FOLLOW_MS);
    // Others may still begin; when none does, this is the reason.
    else if (what === 'failed' && this.#sampling.size === 0) this.#answerIn(FOLLOW_MS);
  }

  #checkStopped(): void {
    if (this.#asked?.for === 'stop' && this.#sampling.size === 0) this.#answer(null);
  }

  /** A thread is no more. */
  threadEnded(threadId: number): void {
    this.#sampling.delete(threadId);
    this.#checkStopped();
  }

  /** Keeps a piece until it can be sent. */
  add(piece: Piece): void {
    if (this.#waitingBytes + piece.bytes.length > MAX_WAITING_BYTES) {
      this.#lostPieces++;
      return;
    }
    this.#waiting.push(piece);
    this.#waitingBytes += piece.bytes.length;
  }

  /** Writes the next piece as a record of its own; false when there is none. Tables must be written before. */
  writeNext(writer: FxtWriter): boolean {
    const piece = this.#waiting.shift();
    if (piece === undefined) return false;
    this.#waitingBytes -= piece.bytes.length;
    const name = profileBlobName(this.#laneKoid(piece.lane));
    writer.largeBlob({ category: 'cpu', name, bytes: piece.bytes });
    return true;
  }

  /** Pieces lost since the last call. */
  takeLost(): number {
    const lost = this.#lostPieces;
    this.#lostPieces = 0;
    return lost;
  }

  /** A piece did not get to the operating system. */
  lost(): void {
    this.#lostPieces++;
  }

  /** The connection is gone: nobody waits for an answer any more. A profile that runs goes on to its end. */
  cancel(): void {
    clearTimeout(this.#answerTimer);
    this.#asked = undefined;
  }

  /** The drain thread ends. */
  dispose(): void {
    this.cancel();
    this.#clearTimers();
    // Nobody may take it up in the next recording.
    writeOrder(this.#control.words, { run: 0, intervalUs: 0 });
  }

  #keepTime(durationMs: number): void {
    this.#timers = [
      setTimeout(() => {
        this.#finish();
      }, durationMs),
      setInterval(reach, REACH_MS),
    ];
  }

  #finish(): void {
    this.#run = 0;
    writeOrder(this.#control.words, { run: 0, intervalUs: 0 });
    this.#clearTimers();
    reach();
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  #ask(id: number, what: 'start' | 'stop'): void {
    this.#asked = { id, for: what };
    this.#answerIn(ANSWER_MS);
  }

  #answerIn(ms: number): void {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => {
      this.#late();
    }, ms);
  }

  #late(): void {
    if (this.#asked?.for === 'start' && this.#sampling.size === 0) {
      this.#finish();
      const seconds = ANSWER_MS / 1000;
      this.#answer(
        this.#failure ??
          `no thread began to sample within ${seconds} s: the program is busy in one long call, or stopped in a debugger`,
      );
      return;
    }
    const isStop = this.#asked?.for === 'stop';
    const threads = [...this.#sampling].map((id) =>
      id === 0 ? 'the main thread' : `worker ${id}`,
    );
    this.#answer(
      isStop
        ? `${threads.join(', ')} did not hand over yet: what they sampled comes when they can`
        : null,
    );
  }

  #answer(error: string | null): void {
    const asked = this.#asked;
    this.cancel();
    if (asked === undefined) return;
    if (error === null) this.#reply({ kind: 'reply', id: asked.id });
    else this.#refuse(asked.id, error);
  }

  #refuse(id: number, message: string): void {
    this.#reply({ kind: 'error', id, message: message.slice(0, 4096) });
  }
}

/** The note about pieces of profiles that were lost on their way. */
export function lostProfiles(pieces: number): DeclarationOf<'note'> {
  const message = `${pieces} pieces of CPU profiles were lost, because the connection broke or was too slow`;
  return { kind: 'note', code: 'cpu-profile:lost', message };
}

/** Asks the main thread to look for orders and to make the workers do so. */
function reach(): void {
  parentPort?.postMessage(POLL_ORDERS);
}
