/** Everything that the agent knows how to watch: one line a library, one line a module of Node's own. */
import type { Adapter, BuiltinAdapter } from './adapter.js';
import { piscinaAdapter } from './piscina.js';
import { pQueueAdapter } from './pQueue.js';

export const adapters: readonly Adapter[] = [pQueueAdapter, piscinaAdapter];

export const builtinAdapters: readonly BuiltinAdapter[] = [];
