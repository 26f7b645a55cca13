/**
 * What threads and the drain thread tell each other, beside the rings: declarations up, changes of knobs down.
 *
 * Threads of a pool may never turn their event loop between tasks (Piscina's wait in `Atomics.wait`), so posting must be all
 * that a thread has to do. And a channel that is open but never read would collect what the others post; hence a thread
 * opens the upward channel for each post (about 25 us, some dozen times in a thread's life) and closes it again.
 */
import { BroadcastChannel } from 'node:worker_threads';
import type { Declaration } from '../wire/manifest.js';
import type { Lane } from './eventWriter.js';

/** A thread to the drain thread. Always posted before the first record that needs it. */
export type ToDrain =
  | {
      readonly kind: 'ring';
      readonly buffer: SharedArrayBuffer;
      readonly threadId: number;
    }
  | { readonly kind: 'string'; readonly index: number; readonly text: string }
  | {
      readonly kind: 'lane';
      readonly lane: number;
      /** null: the thread's own lane. */
      readonly stage: string | null;
      readonly pipeline: string | null;
      readonly thread: string;
      readonly slot: number;
    }
  /** Where the thread adds up what it records on a lane of a stage (`laneTotals.ts`). */
  | {
      readonly kind: 'totals';
      readonly lane: number;
      readonly stage: string;
      readonly pipeline: string | null;
      readonly threadId: number;
      readonly memory: SharedArrayBuffer;
      readonly at: number;
    }
  | { readonly kind: 'declaration'; readonly declaration: Declaration; readonly threadId: number }
  /** A piece of memory in which a thread holds back depths, to be written on this lane when it has ended. */
  | {
      readonly kind: 'depths';
      readonly shared: SharedArrayBuffer;
      readonly threadId: number;
      readonly lane: Lane;
    }
  /** What the operating system calls the thread (undefined: nobody knows), and the thread's own lane. */
  | {
      readonly kind: 'osThread';
      readonly threadId: number;
      readonly tid: number | undefined;
      readonly lane: Lane;
    }
  /** A thread was started by another one, and ends with it. */
  | { readonly kind: 'threadStart'; readonly threadId: number; readonly parent: number }
  /** A thread ended; its ring will not grow. */
  | { readonly kind: 'threadEnd'; readonly threadId: number }
  | { readonly kind: 'knobReply'; readonly id: number; readonly error: string | null }
  /** How the CPU profile fares in a thread; `error` is set with `failed` only. */
  | {
      readonly kind: 'profile';
      readonly threadId: number;
      readonly run: number;
      readonly what: 'begun' | 'ended' | 'failed';
      readonly error: string | null;
    }
  /** A whole .cpuprofile of the thread whose own lane this is; JSON, at most half a mebibyte. */
  | { readonly kind: 'profilePiece'; readonly lane: number; readonly bytes: Uint8Array };

/** Of these: what is about the thread itself. */
export type AboutThread = Extract<
  ToDrain,
  { readonly kind: 'ring' | 'totals' | 'depths' | 'osThread' | 'threadStart' | 'threadEnd' }
>;

/** The drain thread to the thread that declared a knob. */
export interface KnobOrder {
  readonly kind: 'knob';
  readonly threadId: number;
  readonly id: number;
  readonly knob: number;
  readonly value: number;
  /** A trial is over: the value is one that the knob had, whatever its range. */
  readonly isBack: boolean;
}

/** The drain thread to the program's threads, on one channel; each takes what is for it. */
export type ToThreads = KnobOrder;

/** What worker threads are given through `setEnvironmentData`. */
export interface AgentEnvironment {
  readonly control: SharedArrayBuffer;
  /** Names the channels; random, so that nobody else's channel collides. */
  readonly nonce: string;
  /** The thread that started the agent: the main thread (0), or a worker thread of a program without an agent. */
  readonly host: number;
}

/** The nonce for the channels of one recording: what a thread posts too late must not reach the next one. */
export function recordingNonce(nonce: string, recording: number): string {
  return `${nonce}-${recording}`;
}

/** Name of the channel that carries `ToDrain`. */
export function upChannel(nonce: string): string {
  return `sluice-up-${nonce}`;
}

/** Name of the channel that carries `ToThreads`. */
export function downChannel(nonce: string): string {
  return `sluice-down-${nonce}`;
}

/** Posts to the drain thread; works in a thread whose event loop never turns. */
export function post(nonce: string, message: ToDrain): void {
  const channel = new BroadcastChannel(upChannel(nonce));
  try {
    channel.postMessage(message);
  } finally {
    channel.close();
  }
}
