/** Decodes event records: the hot path of every reader. Nothing here allocates unless the record brings inline text or 64-bit arguments. */
import { EventType, MAX_ARGS } from './format.js';
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
