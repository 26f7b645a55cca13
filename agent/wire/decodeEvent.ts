/** Decodes event records: the hot path of every reader. Nothing here allocates unless the record brings inline text or 64-bit arguments. */
import { ArgType, EventType, MAX_ARGS } from './format.js';
import { blankArg, type RecordCursor } from './recordCursor.js';
import type { FxtEvent } from './records.js';

/** Event types, as bits, that end in a word of their own: end ticks, counter id or correlation id. */
const HAS_EXTRA_WORD =
  (1 << EventType.counter) |
  (1 << EventType.durationComplete) |
  (1 << EventType.asyncBegin) |
  (1 << EventType.asyncInstant) |
  (1 << EventType.asyncEnd) |
  (1 << EventType.flowBegin) |
  (1 << EventType.flowStep) |
  (1 << EventType.flowEnd);

/** Does an event of this type carry a word behind its arguments? */
export function hasExtraWord(type: EventType): boolean {
  return ((HAS_EXTRA_WORD >>> type) & 1) === 1;
}

/** The one event object of a reader, with room for the arguments that a record can have. */
export function blankEvent(): FxtEvent {
  return {
    eventType: EventType.instant,
    provider: 0,
    thread: { process: 0n, thread: 0n },
    category: '',
    name: '',
    ticksHi: 0,
    ticksLo: 0,
    extraHi: 0,
    extraLo: 0,
    args: Array.from({ length: MAX_ARGS }, blankArg),
    argCount: 0,
  };
}

/** A copy to keep: the reader overwrites the event it hands out. */
export function cloneEvent(event: FxtEvent): FxtEvent {
  return {
    ...event,
    args: event.args.slice(0, event.argCount).map((arg) => ({ ...arg })),
  };
}

/** Low half of the header of an argument that is one uint32, without its name. */
const UINT32_ARG = ArgType.uint32 | (1 << 4);

/**
 * Decodes the usual event, which nearly all input is: names and thread from the tables, every argument one uint32. The record
 * of `words` words stands at `at`, its header has been read. Returns false, whatever is in `event` then, for all others and
 * for broken ones: those are `decodeEvent`'s. Written in one piece: calls would cost more than the work.
 */
export function decodePlainEvent(
  cursor: RecordCursor,
  event: FxtEvent,
  at: number,
  words: number,
): boolean {
  const { headerLo, headerHi, tables } = cursor;
  const type = (headerLo >>> 16) & 0xf;
  const count = (headerLo >>> 20) & 0xf;
  const extra = (HAS_EXTRA_WORD >>> type) & 1;
  if (type > EventType.flowEnd || words !== 2 + count + extra) return false;
  const { strings, threads, provider } = tables.current;
  const thread = threads[headerLo >>> 24];
  const category = strings[headerHi & 0xffff];
  const name = strings[headerHi >>> 16];
  if (thread === undefined || category === undefined || name === undefined) return false;
  let next = at + 16;
  for (let i = 0; i < count; i++) {
    const lo = cursor.low(next);
    const argName = strings[lo >>> 16];
    const arg = event.args[i];
    if ((lo & 0xffff) !== UINT32_ARG || argName === undefined || arg === undefined) return false;
    arg.type = ArgType.uint32;
    arg.name = argName;
    arg.value = cursor.high(next);
    next += 8;
  }
  event.eventType = type as EventType;
  event.provider = provider;
  event.ticksLo = cursor.low(at + 8);
  event.ticksHi = cursor.high(at + 8);
  event.thread = thread;
  event.category = category;
  event.name = name;
  event.argCount = count;
  event.extraLo = extra === 0 ? 0 : cursor.low(next);
  event.extraHi = extra === 0 ? 0 : cursor.high(next);
  return true;
}

/** Decodes the open event record into `event`. Returns false when the event type is unknown. */
export function decodeEvent(cursor: RecordCursor, event: FxtEvent): boolean {
  const { headerLo, headerHi } = cursor;
  const type = (headerLo >>> 16) & 0xf;
  if (type > EventType.flowEnd) return false;
  event.eventType = type as EventType;
  event.provider = cursor.tables.current.provider;

  const ticks = cursor.next('timestamp');
  event.ticksLo = cursor.low(ticks);
  event.ticksHi = cursor.high(ticks);
  event.thread = cursor.thread(headerLo >>> 24, 'thread');
  event.category = cursor.string(headerHi & 0xffff, 'category');
  event.name = cursor.string(headerHi >>> 16, 'name');
  decodeArgs(cursor, event, (headerLo >>> 20) & 0xf);

  if (hasExtraWord(event.eventType)) {
    const extra = cursor.next('last word');
    event.extraLo = cursor.low(extra);
    event.extraHi = cursor.high(extra);
  } else {
    event.extraLo = 0;
    event.extraHi = 0;
  }
  return true;
}

function decodeArgs(cursor: RecordCursor, event: FxtEvent, count: number): void {
  const { args } = event;
  let known = 0;
  for (let i = 0; i < count; i++) {
    // A receiver that took an object out of the array gets to keep it.
    const arg = (args[known] ??= blankArg());
    if (cursor.argument(arg)) known++;
  }
  event.argCount = known;
}
