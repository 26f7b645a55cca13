/**
 * Names of the stages of Piscina and of its fork Tinypool. The pool in the main thread and its worker threads declare the same stage without talking to
 * each other: both know the worker file and the task's name, and both ask here.
 */
import path from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { SourcePosition } from '../wire/manifest.js';
import { baseName } from './naming.js';
import { owned, type Owner } from './workerOwner.js';

/**
 * Environment data that a worker thread of a watched pool is born with, set while the pool creates it. So the preload
 * knows before any script runs that this thread is Piscina's, and of a version that the adapter knows.
 */
const MARK = 'sluice:piscina-worker';

/** The libraries whose pools these are; `via` of everything that concerns them. */
export type PoolLibrary = 'piscina' | 'tinypool';

/** What a worker thread knows of its pool, so that both sides declare the stage alike. */
export interface PoolMark {
  readonly via: PoolLibrary;
  /** Executions that the stage may run at once over all threads, kept up to date by the main thread; 0: not known yet. */
  readonly parallelism: Float64Array;
  readonly source: SourcePosition | undefined;
}

/** A mark for the threads of a pool that is constructed at `source`. */
export function createMark(via: PoolLibrary, source: SourcePosition | undefined): PoolMark {
  const shared = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  return { via, parallelism: new Float64Array(shared), source };
}

/** Worker threads that `create` starts carry the mark, and they and child processes that it starts belong to `owner`. */
export function marked<T>(mark: PoolMark, owner: Owner, create: () => T): T {
  setEnvironmentData(MARK, mark);
  try {
    return owned(owner, create);
  } finally {
    setEnvironmentData(MARK, undefined);
  }
}

/** The mark of this thread, if it has one. Answers once: threads that this one starts in turn have none. */
export function takeMark(): PoolMark | undefined {
  const mark: unknown = getEnvironmentData(MARK);
  if (typeof mark !== 'object' || mark === null) return undefined;
  setEnvironmentData(MARK, undefined);
  return mark as PoolMark;
}

/** Their name of the handler when the program gives none. */
const DEFAULT_HANDLER = 'default';

/** `/src/tokenise.mjs` is `tokenise`; its named export `count` is `tokenise:count`. `filename` may be a file URL. */
export function piscinaStageName(filename: string, handler: string | null | undefined): string {
  const base = baseName(filename);
  const stem = path.basename(base, path.extname(base));
  return handler === undefined || handler === null || handler === DEFAULT_HANDLER
    ? stem
    : `${stem}:${handler}`;
}
