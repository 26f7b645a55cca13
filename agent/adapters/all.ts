/** Everything that the agent knows how to watch: one line a library, one line a module of Node's own. */
import type { Adapter, BuiltinAdapter } from './adapter.js';
import { childProcessAdapter } from './childProcess.js';
import { piscinaAdapter } from './piscina.js';
import { pQueueAdapter } from './pQueue.js';
import { tinypoolAdapter } from './tinypool.js';
import { workerThreadsAdapter } from './workerThreads.js';

export const adapters: readonly Adapter[] = [pQueueAdapter, piscinaAdapter, tinypoolAdapter];

export const builtinAdapters: readonly BuiltinAdapter[] = [
  workerThreadsAdapter,
  childProcessAdapter,
];
