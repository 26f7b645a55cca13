// A Piscina pool for a worker file of this folder, and items that pass through it.
import os from 'node:os';
import { Piscina } from 'piscina';
import { setting } from './flow.mjs';

/** Threads stay, so that only their number matters. `key`: name of the setting for `maxThreads`. */
export function threadPool(file, { key = 'maxThreads', threads, ...options }) {
  const maxThreads = setting(key, threads);
  return new Piscina({
    filename: new URL(`./workers/${file}`, import.meta.url).href,
    minThreads: maxThreads,
    maxThreads,
    idleTimeout: 10_000,
    ...options,
  });
}

/** Tasks that the pool is given at once at most: some more than it may have threads. */
export const IN_FLIGHT = 8 * Math.max(2, os.availableParallelism());
