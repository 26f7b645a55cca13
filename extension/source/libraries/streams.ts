/** Node's streams and RxJS. */
import { argument, option, rowsOf, type KnobRow } from './row.js';

const duplexes = ['Duplex', 'Transform', 'PassThrough'];
const both = 'It sets the buffers of both sides.';

/** Of a duplex, `highWaterMark` wins over the option of one side. */
function sideRow(side: 'readable' | 'writable'): Omit<KnobRow, 'library'> {
  const knob = `${side}HighWaterMark`;
  return {
    knob,
    kind: 'queueDepth',
    calls: duplexes.map((name) => `stream.${name}`),
    // The first wins when both are given.
    slots: [option(0, 'highWaterMark', both), option(0, knob)],
  };
}

function markRow(calls: readonly string[], index: number): Omit<KnobRow, 'library'> {
  return {
    knob: 'highWaterMark',
    kind: 'queueDepth',
    calls,
    slots: [option(index, 'highWaterMark')],
  };
}

const streamOperators = ['map', 'filter', 'forEach', 'some', 'every', 'find', 'flatMap'];
/** Observables of any kind have the name, so only what comes from Node's is known to be one. */
const operatorCalls = ['stream.Readable', 'fs.createReadStream'].flatMap((source) =>
  streamOperators.map((name) => `${source}**.${name}`),
);

export const streamRows: readonly KnobRow[] = [
  ...rowsOf('node:stream', [
    markRow(['stream.Readable', 'stream.Writable', ...duplexes.map((name) => `stream.${name}`)], 0),
    markRow(['fs.createReadStream', 'fs.createWriteStream', 'stream.Readable.from'], 1),
    sideRow('readable'),
    sideRow('writable'),
    {
      knob: 'concurrency',
      kind: 'parallelism',
      calls: operatorCalls,
      slots: [option(1, 'concurrency')],
    },
    markRow(operatorCalls, 1),
  ]),
  ...rowsOf('rxjs', [
    {
      knob: 'concurrent',
      kind: 'parallelism',
      calls: ['rxjs.mergeMap', 'rxjs/operators.mergeMap', 'rxjs.flatMap', 'rxjs/operators.flatMap'],
      // mergeMap(project, 4) or mergeMap(project, resultSelector, 4)
      slots: [argument(-1, 2)],
    },
    {
      knob: 'concurrent',
      kind: 'parallelism',
      calls: ['rxjs.mergeScan', 'rxjs/operators.mergeScan'],
      slots: [argument(2)],
    },
    {
      knob: 'concurrent',
      kind: 'parallelism',
      calls: ['rxjs.mergeAll', 'rxjs/operators.mergeAll'],
      slots: [argument(0)],
    },
    {
      knob: 'bufferSize',
      kind: 'batchSize',
      calls: ['rxjs.bufferCount', 'rxjs/operators.bufferCount'],
      slots: [argument(0)],
    },
  ]),
];
