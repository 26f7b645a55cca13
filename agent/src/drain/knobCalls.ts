/**
 * Orders to turn knobs, on their way to the thread that owns the knob and back. Each gets exactly one answer.
 *
 * A knob that is turned for a trial has a lease: whoever asked for it may die at any moment, and the program must not stay at
 * a value that nobody wanted. The drain thread sees that, and turns it back.
 */
import { BroadcastChannel } from 'node:worker_threads';
import type { Declaration } from '../../wire/manifest.js';
import type { FromAgent, ToAgent } from '../../wire/messages.js';
import { downChannel, type KnobOrder } from '../uplink.js';
import { KnobLeases } from './knobLeases.js';

const ANSWER_MS = 5000;
/** An engine asks for one at a time; more than this at once is a mistake. */
const MAX_OPEN = 100;
/** When recording ends, threads have this long to turn knobs back. */
const RESTORE_MS = 1000;

type SetKnob = Extract<ToAgent, { kind: 'setKnob' | 'leaseKnob' }>;

interface OpenCall {
  readonly knob: number;
  readonly threadId: number;
  readonly timer: NodeJS.Timeout;
  /** null: a knob is being turned back, and nobody waits for it. */
  readonly request: SetKnob | null;
}

/** What `KnobCalls` asks of the drain. */
export interface KnobHost {
  /** Answers the engine. */
  reply(message: FromAgent): void;
  /** Tells the user. */
  declare(note: Declaration): void;
}

/** Owns the channel down to the threads, and the timers. */
export class KnobCalls {
  readonly #channel: BroadcastChannel;
  readonly #host: KnobHost;
  readonly #owners = new Map<number, number>();
  readonly #leases = new KnobLeases();
  /** By our own number: the engine's are only unique within a connection. */
  readonly #open = new Map<number, OpenCall>();
  readonly #restored: ((error: string | null) => void)[] = [];
  #restoreError: string | null = null;
  #nextId = 1;

  constructor(nonce: string, host: KnobHost) {
    this.#channel = new BroadcastChannel(downChannel(nonce));
    this.#host = host;
  }

  /** A knob was declared by a thread. */
  declared(knob: number, threadId: number, isLive: boolean): void {
    if (isLive) this.#owners.set(knob, threadId);
    // One that was live and is no more was dropped; its id may be another thread's by now.
    else if (this.#owners.get(knob) === threadId) this.#owners.delete(knob);
  }

  /** A thread has ended, and its knobs with it. */
  threadEnded(ended: number): void {
    for (const [knob, threadId] of this.#owners) if (threadId === ended) this.#owners.delete(knob);
    for (const [id, call] of this.#open) {
      if (call.threadId === ended) this.#settle(id, 'the thread of the knob has ended');
    }
  }

  /** Carries out what the engine asked for; false: it is not about knobs. */
  obey(message: ToAgent): boolean {
    if (message.kind === 'setKnob' || message.kind === 'leaseKnob') this.#set(message);
    else if (message.kind === 'holdKnobs') this.#hold(message.id);
    else if (message.kind === 'releaseKnobs') this.#release(message.id, message.keep);
    else return false;
    return true;
  }

  #set(request: SetKnob): void {
    const { id, knob } = request;
    const threadId = this.#owners.get(knob);
    if (threadId === undefined || this.#open.size >= MAX_OPEN) {
      const why =
        threadId === undefined
          ? 'is not known, not live, or its thread has ended'
          : 'has too many open requests';
      this.#host.reply({ kind: 'error', id, message: `knob ${knob} ${why}` });
      return;
    }
    // Before the order: whatever becomes of that, the knob is turned back.
    if (request.kind === 'leaseKnob') {
      const { restore, leaseMs } = request;
      this.#leases.take(knob, { value: restore ?? Infinity, leaseMs }, performance.now());
    }
    this.#order({ knob, threadId, value: request.value }, request);
  }

  /** Leases begin anew. */
  #hold(id: number): void {
    if (this.#leases.hold(performance.now())) this.#host.reply({ kind: 'reply', id });
    else this.#host.reply({ kind: 'error', id, message: 'no knob is on trial: the lease ran out' });
  }

  /** Turns back what was leased and is not held any more. */
  checkLeases(): void {
    this.#restore(this.#leases.takeExpired(performance.now()));
  }

  /** Ends all leases. */
  #release(id: number, isKept: boolean): void {
    if (isKept) this.#leases.takeAll();
    void this.restoreAll(ANSWER_MS).then((error) => {
      if (error === null) this.#host.reply({ kind: 'reply', id });
      else this.#host.reply({ kind: 'error', id, message: error.slice(0, 4096) });
    });
  }

  /**
   * Turns back all knobs that are on trial; resolves when the threads have done so or the time is over, with what went wrong.
   */
  async restoreAll(limitMs = RESTORE_MS): Promise<string | null> {
    this.#restore(this.#leases.takeAll());
    if (!this.#isRestoring) return null;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve('a thread did not set its knob back in time');
      }, limitMs);
      this.#restored.push((error) => {
        clearTimeout(timer);
        resolve(error);
      });
    });
  }

  /** Is there a knob that must be turned back before recording ends? */
  get isOnTrial(): boolean {
    return this.#leases.size > 0 || this.#isRestoring;
  }

  /** The owner has answered. */
  answered(id: number, error: string | null): void {
    this.#settle(id, error);
  }

  /** No more answers: the connection is gone, or the thread ends. Knobs on trial are turned back. */
  cancel(): void {
    for (const [id, { request, timer }] of this.#open) {
      if (request === null) continue;
      clearTimeout(timer);
      this.#open.delete(id);
    }
    this.#restore(this.#leases.takeAll());
  }

  get #isRestoring(): boolean {
    return [...this.#open.values()].some(({ request }) => request === null);
  }

  #restore(values: ReadonlyMap<number, number>): void {
    for (const [knob, value] of values) {
      const threadId = this.#owners.get(knob);
      // A thread that has ended took its knob with it.
      if (threadId !== undefined) this.#order({ knob, threadId, value }, null);
    }
  }

  #order(
    { knob, threadId, value }: { knob: number; threadId: number; value: number },
    request: SetKnob | null,
  ): void {
    const id = this.#nextId++;
    const timer = setTimeout(() => {
      const who = threadId === 0 ? 'the main thread' : `worker thread ${threadId}`;
      this.#settle(
        id,
        `${who} did not answer within ${ANSWER_MS / 1000} s: it is busy, waits, or has ended`,
      );
    }, ANSWER_MS);
    this.#open.set(id, { request, knob, threadId, timer });
    const isBack = request === null;
    const order: KnobOrder = { kind: 'knob', threadId, id, knob, value, isBack };
    this.#channel.postMessage(order);
  }

  #settle(id: number, error: string | null): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.#open.delete(id);
    clearTimeout(call.timer);
    const { request, knob } = call;
    if (request === null) {
      this.#backAgain(knob, error);
      return;
    }
    if (error === null && request.kind === 'setKnob') this.#leases.end(knob);
    if (error === null) this.#host.reply({ kind: 'reply', id: request.id });
    else this.#host.reply({ kind: 'error', id: request.id, message: error.slice(0, 4096) });
  }

  #backAgain(knob: number, error: string | null): void {
    if (error !== null) {
      this.#restoreError = error;
      this.#host.declare(notRestored(knob, error));
    }
    if (this.#isRestoring) return;
    for (const resolve of this.#restored.splice(0)) resolve(this.#restoreError);
    this.#restoreError = null;
  }
}

/** Tells the user of a knob that stays at the value of a trial. */
export function notRestored(knob: number, why: string): Declaration {
  const message = `Knob ${knob} could not be set back after a trial: ${why}.`.slice(0, 2048);
  return { kind: 'note', code: `knob-not-restored-${knob}`, message };
}
