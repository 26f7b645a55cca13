/** Everything that the agent knows how to watch: one line a library, one line a module of Node's own. */
import type { Adapter, BuiltinAdapter } from './adapter.js';
import { asyncAdapter } from './async.js';
import { bottleneckAdapter } from './bottleneck.js';
import { childProcessAdapter } from './childProcess.js';
import { fastqAdapter } from './fastq.js';
import { piscinaAdapter } from './piscina.js';
import { pLimitAdapter } from './pLimit.js';
import { pMapAdapter } from './pMap.js';
import { pQueueAdapter } from './pQueue.js';
import { rxjsAdapter } from './rxjs.js';
import { tinypoolAdapter } from './tinypool.js';
import { workerpoolAdapter } from './workerpool.js';
import { workerThreadsAdapter } from './workerThreads.js';
import { streamAdapter } from './streams.js';
import { libuvAdapter } from './libuv.js';
import { bullmqAdapter } from './bullmq.js';
import { kafkajsAdapter } from './kafkajs.js';
import { sharpAdapter } from './sharp.js';
import { onnxruntimeAdapter } from './onnxruntime.js';
import { webgpuAdapter } from './webgpu.js';

export const adapters: readonly Adapter[] = [
  pQueueAdapter,
  piscinaAdapter,
  tinypoolAdapter,
  workerpoolAdapter,
  asyncAdapter,
  bottleneckAdapter,
  fastqAdapter,
  pLimitAdapter,
  pMapAdapter,
  rxjsAdapter,
  bullmqAdapter,
  kafkajsAdapter,
  sharpAdapter,
];

/** For devices. Their packages have hundreds of megabytes, so tests of their own run them, and the matrix of libraries does not. */
export const deviceAdapters: readonly Adapter[] = [webgpuAdapter, onnxruntimeAdapter];

export const builtinAdapters: readonly BuiltinAdapter[] = [
  workerThreadsAdapter,
  childProcessAdapter,
  streamAdapter,
  libuvAdapter,
];
