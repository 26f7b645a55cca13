/** What the reader hands over, in the form of the naive decoder, so that the two can be compared. */
import type { FxtArg, FxtEvent, FxtRecord } from '../../../agent/wire/records.js';
import type { NaiveArg, NaiveValue } from '../../support/naiveFxt.js';
import type { Item } from './fxtSupport.js';

interface NaiveForm {
  readonly type: string;
  readonly fields: Readonly<Record<string, NaiveValue>>;
  readonly args: readonly NaiveArg[];
}

const argNames = 'null int32 uint32 int64 uint64 double string pointer koid boolean'.split(' ');
const eventNames = [
  'instant',
  'counter',
  'duration begin',
  'duration end',
  'duration complete',
  'async begin',
  'async instant',
  'async end',
  'flow begin',
  'flow step',
  'flow end',
];

function naiveArgs(args: readonly FxtArg[]): NaiveArg[] {
  return args.map((a) => ({ type: argNames[a.type] ?? '?', name: a.name, value: a.value }));
}

function eventForm(e: FxtEvent): NaiveForm {
  const type = eventNames[e.eventType] ?? '?';
  const extra = (BigInt(e.extraHi) << 32n) | BigInt(e.extraLo);
  const extraName =
    type === 'counter'
      ? 'counter id'
      : type === 'duration complete'
        ? 'end'
        : /^(async|flow)/.test(type)
          ? 'correlation id'
          : undefined;
  return {
    type,
    fields: {
      time: (BigInt(e.ticksHi) << 32n) | BigInt(e.ticksLo),
      process: e.thread.process,
      thread: e.thread.thread,
      category: e.category,
      name: e.name,
      ...(extraName === undefined ? {} : { [extraName]: extra }),
    },
    args: naiveArgs(e.args),
  };
}

const kinds: Readonly<Record<FxtRecord['kind'], string>> = {
  providerInfo: 'provider info',
  providerSection: 'provider section',
  providerEvent: 'provider event',
  traceInfo: 'trace info',
  initialization: 'initialization',
  string: 'string',
  thread: 'thread',
  blob: 'blob',
  largeBlob: 'large blob',
  userspaceObject: 'userspace object',
  kernelObject: 'kernel object',
  contextSwitch: 'context switch',
  threadWakeup: 'thread wakeup',
  legacyContextSwitch: 'legacy context switch',
  log: 'log',
  unknown: 'unknown',
};

/** Property names that differ from the specification's field names. */
const fieldNames: Readonly<Record<string, string>> = {
  ticks: 'time',
  ticksPerSecond: 'ticks per second',
  infoType: 'info type',
  blobType: 'blob type',
  bytes: 'payload',
  objectType: 'object type',
  outgoingState: 'outgoing state',
  outgoingThread: 'outgoing thread',
  incomingThread: 'incoming thread',
  wakingThread: 'waking thread',
  outgoingPriority: 'outgoing priority',
  incomingPriority: 'incoming priority',
};

function addField(fields: Record<string, NaiveValue>, key: string, value: unknown): void {
  const name = fieldNames[key] ?? key;
  if (typeof value === 'number') fields[name] = BigInt(value);
  else if (typeof value === 'string' || typeof value === 'bigint') fields[name] = value;
  else if (value instanceof Uint8Array) fields[name] = value;
  else {
    // A thread: its two numbers carry the side's name, if it has one.
    const prefix = key === 'thread' ? '' : `${key} `;
    const { process, thread } = value as { process: bigint; thread: bigint };
    fields[`${prefix}process`] = process;
    fields[`${prefix}thread`] = thread;
  }
}

function recordForm(record: FxtRecord): NaiveForm {
  const fields: Record<string, NaiveValue> = {};
  const args: NaiveArg[] = [];
  const addAll = (part: object): void => {
    for (const [key, value] of Object.entries<unknown>({ ...part })) {
      if (key === 'args') args.push(...naiveArgs(value as readonly FxtArg[]));
      else if (key === 'metadata') addAll(value as object);
      else if (key !== 'kind') addField(fields, key, value);
    }
  };
  if (record.kind !== 'unknown') addAll(record);
  return { type: kinds[record.kind], fields, args };
}

/** An item as the naive decoder would have said it, without its place. */
export function naiveForm(item: Item): NaiveForm {
  return item.type === 'event' ? eventForm(item.event) : recordForm(item.record);
}
