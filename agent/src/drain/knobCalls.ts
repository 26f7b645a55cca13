/** Orders to turn knobs, on their way to the thread that owns the knob and back. Each gets exactly one answer. */
import { BroadcastChannel } from 'node:worker_threads';
import type { FromAgent, ToAgent } from '../../wire/messages.js';
import { downChannel, type KnobOrder } from '../uplink.js';

const ANSWER_MS = 5000;
/** An engine asks for one at a time; more than this at once is a mistake. */
const MAX_OPEN = 100;

type SetKnob = Extract<ToAgent, { kind: 'setKnob' }>;

/** Owns the channel down to the threads, and the timers. */
export class KnobCalls {
  readonly #channel: BroadcastChannel;
  readonly #reply: (message: FromAgent) => void;
  readonly #owners = new Map<number, number>();
  /** Timers by our own number: the engine's are only unique within a connection. */
  readonly #open = new Map<
    number,
    { readonly requestId: number; readonly threadId: number; readonly timer: NodeJS.Timeout }
  >();
  #nextId = 1;

  constructor(nonce: string, reply: (message: FromAgent) => void) {
    this.#channel = new BroadcastChannel(downChannel(nonce));
    this.#reply = reply;
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

  /** Carries out what the engine asked for. */
  set({ id: requestId, knob, value }: SetKnob): void {
    const threadId = this.#owners.get(knob);
    if (threadId === undefined || this.#open.size >= MAX_OPEN) {
      const why =
        threadId === undefined
          ? 'is not known, not live, or its thread has ended'
          : 'has too many open requests';
      this.#reply({ kind: 'error', id: requestId, message: `knob ${knob} ${why}` });
      return;
    }
    const id = this.#nextId++;
    const timer = setTimeout(() => {
      const who = threadId === 0 ? 'the main thread' : `worker thread ${threadId}`;
      this.#settle(
        id,
        `${who} did not answer within ${ANSWER_MS / 1000} s: it is busy, waits, or has ended`,
      );
    }, ANSWER_MS);
    this.#open.set(id, { requestId, threadId, timer });
    const order: KnobOrder = { kind: 'knob', threadId, id, knob, value };
    this.#channel.postMessage(order);
  }

  /** The owner has answered. */
  answered(id: number, error: string | null): void {
    this.#settle(id, error);
  }

  /** No more answers: the connection is gone, or the thread ends. */
  cancel(): void {
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }

  #settle(id: number, error: string | null): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.#open.delete(id);
    clearTimeout(call.timer);
    const { requestId } = call;
    if (error === null) this.#reply({ kind: 'reply', id: requestId });
    else this.#reply({ kind: 'error', id: requestId, message: error.slice(0, 4096) });
  }
}
