/**
 * The words of the events that the agent's hot path writes by hand and its drain thread reads back: one place where their
 * bits are laid out, as plain functions that the compiler inlines. All string refs are table indexes, so no record holds text.
 *
 *     word 0        header (see format.ts)
 *     word 1        ticks
 *     words 2, 3    process and thread, only when the thread ref is 0
 *     1 word each   arguments: uint32 and string
 *     2 words each  arguments: double
 *     last word     end ticks (duration complete) or counter id (counter)
 */
import { ArgType, EventType, RecordType } from './format.js';

/** Low half of a counter's or duration's header. `threadRef` 0 means that process and thread stand inline. */
export function eventHeaderLo(
  eventType: EventType,
  words: number,
  argCount: number,
  threadRef: number,
): number {
  return RecordType.event | (words << 4) | (eventType << 16) | (argCount << 20) | (threadRef << 24);
}

/** High half of an event's header. */
export function eventHeaderHi(categoryRef: number, nameRef: number): number {
  return categoryRef | (nameRef << 16);
}

/** Low half of a uint32 argument; the high half is the value. */
export function uint32ArgLo(nameRef: number): number {
  return ArgType.uint32 | (1 << 4) | (nameRef << 16);
}

/** Low half of a string argument; the high half is the ref of the value. */
export function stringArgLo(nameRef: number): number {
  return ArgType.string | (1 << 4) | (nameRef << 16);
}

/** Low half of a double argument's first word (high half 0); the second word is the value. */
export function doubleArgLo(nameRef: number): number {
  return ArgType.double | (2 << 4) | (nameRef << 16);
}

/** Size of a record in words, from the low half of its header; 0 where there is no record. Not for large records. */
export function recordWords(headerLo: number): number {
  return (headerLo >>> 4) & 0xfff;
}

/** Is this the header of a duration-complete event? */
export function isDurationComplete(headerLo: number): boolean {
  return (headerLo & 0xf000f) === (RecordType.event | (EventType.durationComplete << 16));
}

/** How many arguments an event has. */
export function argCountOf(headerLo: number): number {
  return (headerLo >>> 20) & 0xf;
}

/** An event's thread ref; 0 means inline. */
export function threadRefOf(headerLo: number): number {
  return headerLo >>> 24;
}

/** An event's category, from the high half of its header. */
export function categoryRefOf(headerHi: number): number {
  return headerHi & 0xffff;
}

/** Size in words of an argument, from the low half of its header. */
export function argWords(argLo: number): number {
  return (argLo >>> 4) & 0xfff;
}

/** Name of an argument. */
export function argNameRefOf(argLo: number): number {
  return argLo >>> 16;
}
