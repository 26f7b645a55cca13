/** Pools of threads, and queues in other processes, on Node. */
import { argument, option, rowsOf, type KnobRow } from './row.js';

function poolRows(library: string, className: string): readonly KnobRow[] {
  const calls = [library, `${library}.${className}`];
  const ofOption = (knob: string, kind: KnobRow['kind']): Omit<KnobRow, 'library'> => ({
    knob,
    kind,
    calls,
    slots: [option(0, knob)],
  });
  return rowsOf(library, [
    ofOption('maxThreads', 'parallelism'),
    ofOption('minThreads', 'parallelism'),
    ofOption('concurrentTasksPerWorker', 'parallelism'),
    ofOption('maxQueue', 'queueDepth'),
  ]);
}

/** `pool('./worker.js', { ... })` or `pool({ ... })`. */
const workerpoolOptions = ['maxWorkers', 'minWorkers', 'maxQueueSize'] as const;

export const nodePoolRows: readonly KnobRow[] = [
  ...poolRows('piscina', 'Piscina'),
  ...poolRows('tinypool', 'Tinypool'),
  ...rowsOf(
    'workerpool',
    workerpoolOptions.map((knob) => ({
      knob,
      kind: knob === 'maxQueueSize' ? ('queueDepth' as const) : ('parallelism' as const),
      calls: ['workerpool.pool'],
      slots: [option(-1, knob), option(1, knob)],
    })),
  ),
  ...rowsOf('bullmq', [
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: ['bullmq.Worker'],
      slots: [option(2, 'concurrency')],
    },
  ]),
  ...rowsOf('bull', [
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: ['bull().process', 'bull.Queue().process'],
      // process(4, fn) or process('name', 4, fn)
      slots: [argument(-2, 2)],
    },
  ]),
  ...rowsOf('kafkajs', [
    {
      knob: 'partitionsConsumedConcurrently',
      kind: 'parallelism',
      calls: ['kafkajs.Kafka().consumer().run'],
      slots: [option(0, 'partitionsConsumedConcurrently')],
    },
  ]),
  ...rowsOf('sharp', [
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: ['sharp.concurrency'],
      slots: [argument(0)],
    },
  ]),
  ...rowsOf('http', [
    {
      knob: 'maxSockets',
      kind: 'parallelism',
      calls: ['http.Agent', 'https.Agent', 'agentkeepalive', 'agentkeepalive.HttpsAgent'],
      slots: [option(0, 'maxSockets')],
    },
  ]),
  ...rowsOf('undici', [
    {
      knob: 'connections',
      kind: 'parallelism',
      calls: ['undici.Agent'],
      slots: [option(0, 'connections')],
    },
    {
      knob: 'connections',
      kind: 'parallelism',
      calls: ['undici.Pool', 'undici.BalancedPool'],
      slots: [option(1, 'connections')],
    },
    {
      knob: 'pipelining',
      kind: 'parallelism',
      calls: ['undici.Agent'],
      slots: [option(0, 'pipelining')],
    },
    {
      knob: 'pipelining',
      kind: 'parallelism',
      calls: ['undici.Pool', 'undici.Client', 'undici.BalancedPool'],
      slots: [option(1, 'pipelining')],
    },
  ]),
];
