/** What the threads of a workerpool are told by the thread that starts them; like the mark of plain worker threads. */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { SourcePosition } from '../wire/manifest.js';
import { sharedWords } from './workerMark.js';

const MARK = 'sluice:workerpool-worker';

/** A pool's mark. */
export interface WorkerpoolMark {
  /** Name of the pool's stage; its methods' stages begin with it. */
  readonly stage: string;
  readonly source: SourcePosition | undefined;
  /** One word: workers that the pool may have, kept up to date by its owner; 0: not known yet. */
  readonly parallelism: Int32Array;
}

/** A mark for the workers of a pool that is constructed at `source`. */
export function createWorkerpoolMark(
  stage: string,
  source: SourcePosition | undefined,
): WorkerpoolMark {
  return { stage, source, parallelism: sharedWords(1) };
}

/** Threads that `create` starts carry the mark. */
export function withWorkerpoolMark<T>(mark: WorkerpoolMark, create: () => T): T {
  setEnvironmentData(MARK, { ...mark });
  try {
    return create();
  } finally {
    setEnvironmentData(MARK, undefined);
  }
}

/** The mark of this thread, if it has one. Answers once. */
export function takeWorkerpoolMark(): WorkerpoolMark | undefined {
  const mark: unknown = getEnvironmentData(MARK);
  if (typeof mark !== 'object' || mark === null) return undefined;
  setEnvironmentData(MARK, undefined);
  // Nobody else knows the key, and it was `withWorkerpoolMark` that set it.
  return mark as unknown as WorkerpoolMark;
}
