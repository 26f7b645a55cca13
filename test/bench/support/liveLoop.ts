/**
 * A piece of the big trace that can be sent round and round in real time: as much as was recorded between two rounds of the
 * agent's drain stands together, and sending it only means to move its times and item numbers on. So one core can feed half
 * a million executions a second and have most of its time left, as an agent has.
 *
 *     made:   |burst     burst     burst |             times squeezed so that exactly so many executions fall into a second
 *     slots:  |0 |1 |2 |3 |4 |5 |6 |7 |8 |             25 ms each; a record stands in the slot in which it was written
 *     sent:   |0 |1 |2 |3 |4 |5 |6 |7 |8 |0'|1'|2'| ...   a lap later: all times + one lap, all items + the items of a lap
 *
 * All lanes are free and all queues are empty at the end of a lap.
 */
import { RecordType } from '../../../agent/wire/format.js';
import { isDurationComplete, recordWords } from '../../../agent/wire/eventWords.js';
import { LANES_PER_STAGE, makeTrace, STAGES } from './bigTrace.js';

/** As often as the agent's drain goes round. */
export const SLOT_NS = 25e6;
/** The agent sends frames of at most so much. */
const MAX_FRAME_BYTES = 256 * 1024;
/** Where the big trace begins. */
const MADE_START_NS = 1e12;
/** Of a lap; the rest is a pause in which everything comes to its end. */
const BUSY_SHARE = 0.98;
const TWO_32 = 2 ** 32;

/** What is written in one round of the drain. Times count from the start of the lap, items from 0. */
interface Slot {
  readonly words: Uint32Array;
  /** Executions by stage. */
  readonly executions: Uint32Array;
}

/** Records of one frame, and how many executions of each stage. */
export interface LiveSlot {
  readonly frames: readonly Uint8Array[];
  readonly executions: Uint32Array;
}

/** A lap of the trace. */
export class LiveLoop {
  /** Tables and declarations, as they follow a welcome. */
  readonly head: Uint8Array;
  /** Executions of a lap. */
  readonly executions: number;
  readonly lapNs: number;
  private readonly items: number;
  private readonly slots: readonly Slot[];

  /** `lapNs` is made whole slots. */
  constructor(perSec: number, wantedLapNs: number) {
    this.lapNs = Math.max(1, Math.round(wantedLapNs / SLOT_NS)) * SLOT_NS;
    this.items = Math.round((perSec * this.lapNs) / 1e9 / STAGES);
    this.executions = this.items * STAGES;
    const pieces: Uint8Array[] = [];
    const made = makeTrace(this.executions, { bytes: (piece) => pieces.push(piece) });
    const [head, ...events] = pieces;
    if (head === undefined) throw new Error('a trace without a head');
    this.head = withoutMetadata(head);
    // The last piece says that the trace ends.
    events.pop();
    const squeeze = (this.lapNs * BUSY_SHARE) / made.durationNs;
    this.slots = slotsOf(events, squeeze, this.lapNs / SLOT_NS);
  }

  /** Slots in a lap. */
  get count(): number {
    return this.slots.length;
  }

  /** Slot number `index` since the start, when the first lap began at `startNs` (CLOCK_MONOTONIC). */
  slot(index: number, startNs: number): LiveSlot {
    const lap = Math.floor(index / this.count);
    const slot = this.slots[index % this.count];
    if (slot === undefined) throw new Error('no such slot');
    const words = moved(slot.words, startNs + lap * this.lapNs, lap * this.items);
    return { frames: framesOf(words), executions: slot.executions };
  }
}

/** Words of the records that an agent may send: the engine writes the metadata of a stream. */
function withoutMetadata(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const header = view.getUint32(at, true);
    const length = recordWords(header) * 8;
    if ((header & 0xf) !== RecordType.metadata) kept.push(bytes.subarray(at, at + length));
    at += length;
  }
  return new Uint8Array(Buffer.concat(kept));
}

/** A slot while it is filled. */
class SlotWords {
  readonly executions = new Uint32Array(STAGES);
  private words = new Uint32Array(1 << 12);
  private used = 0;

  push(record: Uint32Array): void {
    if (this.used + record.length > this.words.length) {
      const larger = new Uint32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    this.words.set(record, this.used);
    this.used += record.length;
  }

  get done(): Slot {
    return { words: this.words.slice(0, this.used), executions: this.executions };
  }
}

/** The events by the slot in which each was written, times squeezed. Within a slot they stay in their order. */
function slotsOf(pieces: readonly Uint8Array[], squeeze: number, count: number): readonly Slot[] {
  const slots = Array.from({ length: count }, () => new SlotWords());
  for (const { buffer, byteOffset, byteLength } of pieces) {
    const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
    for (let at = 0; at < words.length;) {
      const header = words[at] ?? 0;
      const length = recordWords(header) * 2;
      const record = words.subarray(at, at + length);
      const isExecution = isDurationComplete(header);
      let writtenNs = squeezed(record, 2, squeeze);
      if (isExecution) writtenNs = squeezed(record, length - 2, squeeze);
      const slot = slots[Math.min(Math.floor(writtenNs / SLOT_NS), count - 1)];
      slot?.push(record);
      if (isExecution && slot !== undefined) {
        const stage = Math.floor(((header >>> 24) - 1) / LANES_PER_STAGE);
        slot.executions[stage] = (slot.executions[stage] ?? 0) + 1;
      }
      at += length;
    }
  }
  return slots.map((slot) => slot.done);
}

/** Makes a time of the trace one of the lap. Returns it. */
function squeezed(record: Uint32Array, at: number, squeeze: number): number {
  const madeNs = (record[at + 1] ?? 0) * TWO_32 + (record[at] ?? 0) - MADE_START_NS;
  const ns = Math.round(madeNs * squeeze);
  record[at] = ns >>> 0;
  record[at + 1] = Math.floor(ns / TWO_32);
  return ns;
}

/** A copy with all times and items moved on. */
function moved(slot: Uint32Array, byNs: number, byItems: number): Uint32Array {
  const words = slot.slice();
  for (let at = 0; at < words.length;) {
    const header = words[at] ?? 0;
    const length = recordWords(header) * 2;
    later(words, at + 2, byNs);
    if (isDurationComplete(header)) {
      later(words, at + length - 2, byNs);
      // The one argument is the item.
      words[at + 5] = (words[at + 5] ?? 0) + byItems;
    }
    at += length;
  }
  return words;
}

function later(words: Uint32Array, at: number, byNs: number): void {
  const ns = (words[at + 1] ?? 0) * TWO_32 + (words[at] ?? 0) + byNs;
  words[at] = ns >>> 0;
  words[at + 1] = Math.floor(ns / TWO_32);
}

/** Whole records, cut as the agent cuts them. */
function framesOf(words: Uint32Array): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < words.length;) {
    const next = at + recordWords(words[at] ?? 0) * 2;
    if ((next - from) * 4 > MAX_FRAME_BYTES) {
      frames.push(new Uint8Array(words.buffer, from * 4, (at - from) * 4));
      from = at;
    }
    at = next;
  }
  if (from < words.length) {
    frames.push(new Uint8Array(words.buffer, from * 4, (words.length - from) * 4));
  }
  return frames;
}

/** The first time in a frame of events. */
export function firstTimeNs(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return view.getUint32(12, true) * TWO_32 + view.getUint32(8, true);
}
