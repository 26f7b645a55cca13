/** Queues and limits inside one thread, on Node. */
import { argument, option, rowsOf, type KnobRow } from './row.js';

const asyncLimits = [
  'eachLimit forEachLimit eachOfLimit forEachOfLimit mapLimit mapValuesLimit filterLimit selectLimit rejectLimit',
  'concatLimit flatMapLimit detectLimit findLimit everyLimit allLimit someLimit anyLimit groupByLimit timesLimit',
  'parallelLimit',
].flatMap((names) => names.split(' '));

/** `async.queue`, or `async/queue` alone. */
function ofAsync(...names: readonly string[]): readonly string[] {
  return names.flatMap((name) => [`async.${name}`, `async/${name}`]);
}

export const limiterRows: readonly KnobRow[] = [
  ...rowsOf('p-queue', [
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: ['p-queue', 'p-queue.PQueue'],
      slots: [option(0, 'concurrency')],
    },
    {
      knob: 'onSizeLessThan',
      kind: 'queueDepth',
      calls: ['p-queue().onSizeLessThan'],
      slots: [argument(0)],
    },
  ]),
  ...rowsOf('p-limit', [
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: ['p-limit', 'p-limit.pLimit'],
      slots: [option(0, 'concurrency'), argument(0)],
    },
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: ['p-limit.limitFunction'],
      slots: [option(1, 'concurrency')],
    },
  ]),
  ...rowsOf('p-map', [
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: ['', '.pMapIterable', '.pMapSettled', '.pMapKeyed', '.pMapSettledKeyed'].map(
        (name) => `p-map${name}`,
      ),
      slots: [option(2, 'concurrency')],
    },
    {
      knob: 'backpressure',
      kind: 'queueDepth',
      calls: ['p-map.pMapIterable'],
      slots: [option(2, 'backpressure')],
    },
  ]),
  ...rowsOf('fastq', [
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: ['fastq', 'fastq.promise'],
      // fastq(worker, 4) or fastq(context, worker, 4)
      slots: [argument(-1, 2)],
    },
  ]),
  ...rowsOf('async', [
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: ofAsync('queue', 'priorityQueue', 'cargoQueue'),
      slots: [argument(1)],
    },
    { knob: 'payload', kind: 'batchSize', calls: ofAsync('cargo'), slots: [argument(1)] },
    { knob: 'payload', kind: 'batchSize', calls: ofAsync('cargoQueue'), slots: [argument(2)] },
    {
      knob: 'limit',
      kind: 'parallelism',
      calls: ofAsync(...asyncLimits),
      slots: [argument(1)],
    },
  ]),
  ...rowsOf('bottleneck', [
    {
      knob: 'maxConcurrent',
      kind: 'parallelism',
      calls: ['bottleneck', 'bottleneck.Group'],
      slots: [option(0, 'maxConcurrent')],
    },
    {
      knob: 'highWater',
      kind: 'queueDepth',
      calls: ['bottleneck', 'bottleneck.Group'],
      slots: [option(0, 'highWater')],
    },
  ]),
];
