/**
 * What a plain worker thread is told by the thread that starts it: whose stage it is, and where both count messages. It
 * travels as environment data, so the preload knows it before the worker's script runs, and no message is needed.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { SourcePosition } from '../wire/manifest.js';

const MARK = 'sluice:plain-worker';

/** Words of `WorkerMark.counts`. */
export const Count = {
  /** 1: the agent is in the worker. */
  joined: 0,
  /** Messages that the worker has taken. */
  taken: 1,
  /** Messages that the worker has posted to its parent. */
  replied: 2,
} as const;
/** How many words that are. */
export const COUNTS = 3;

/** A worker's mark. */
export interface WorkerMark {
  /** Name of the stage, as the parent declared it. */
  readonly stage: string;
  /** One word: most workers that there ever were at once, kept up to date by the parent. */
  readonly most: Int32Array;
  readonly source: SourcePosition | undefined;
  /** Shared with the parent; see `Count`. They wrap around. */
  readonly counts: Int32Array;
}

/** Words that threads share. */
export function sharedWords(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
}

/** The worker that `create` starts carries the mark. */
export function withMark<T>(mark: WorkerMark, create: () => T): T {
  setEnvironmentData(MARK, { ...mark });
  try {
    return create();
  } finally {
    setEnvironmentData(MARK, undefined);
  }
}

/** The mark of this thread, if it has one. Answers once: threads that this one starts in turn have their own. */
export function takeWorkerMark(): WorkerMark | undefined {
  const mark: unknown = getEnvironmentData(MARK);
  if (typeof mark !== 'object' || mark === null) return undefined;
  setEnvironmentData(MARK, undefined);
  // Nobody else knows the key, and it was `withMark` that set it.
  return mark as unknown as WorkerMark;
}
