/** Texts of an import by number, found again by their bytes: a trace has millions of names, few of them different. */
import { decodeUtf8 } from '../../../agent/wire/utf8.js';

/** Longer names of stages, threads and processes are cut; declarations may hold 512, and something is put behind some. */
const MAX_NAME = 460;
/** Longer names of slices are cut: those of GPU kernels have a thousand characters and more. */
const MAX_TEXT = 4000;
/** Different texts that are told apart. */
const MAX_TEXTS = 200_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** UTF-16 units of all of them. */
const MAX_UNITS = 64 * 1024 * 1024;
const FIRST_SLOTS = 1024;

/** Number of the empty text, and of the text that stands for those that there is no room for. */
export const NO_TEXT = 0;
export const OTHER_TEXT = 1;

/** The text, cut to what a name may have, whole characters only. */
export function cutName(text: string): string {
  return cut(text, MAX_NAME);
}

function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  const isHalf = last >= 0xd800 && last < 0xdc00;
  return `${text.slice(0, isHalf ? max - 1 : max)}…`;
}

/** Numbers texts from 0. */
export class Texts {
  readonly #texts: string[] = ['', '(other)'];
  readonly #byText = new Map<string, number>([['', NO_TEXT]]);
  /** Bytes of the texts that came as bytes: text i is [#ends[i - 1], #ends[i]). */
  #bytes = new Uint8Array(4096);
  #used = 0;
  #units = 0;
  readonly #froms: number[] = [];
  readonly #tos: number[] = [];
  readonly #hashes: number[] = [];
  readonly #ids: number[] = [];
  /** Index + 1 into the four lists above; 0: free. */
  #slots = new Int32Array(FIRST_SLOTS);

  /** How many there are. */
  get count(): number {
    return this.#texts.length;
  }

  text(id: number): string {
    return this.#texts[id] ?? '';
  }

  /** The number of a text. */
  idOf(text: string): number {
    const kept = cut(text, MAX_TEXT);
    const known = this.#byText.get(kept);
    if (known !== undefined) return known;
    this.#units += kept.length;
    if (this.#texts.length >= MAX_TEXTS || this.#units > MAX_UNITS) return OTHER_TEXT;
    const id = this.#texts.length;
    this.#texts.push(kept);
    this.#byText.set(kept, id);
    return id;
  }

  /** The number of the text of a JSON string: its bytes between the quotes. */
  idOfBytes(bytes: Uint8Array, from: number, to: number): number {
    let hash = 0x811c9dc5;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index < 0) break;
      if (this.#hashes[index] === hash && this.#isSame(index, bytes, from, to)) {
        return this.#ids[index] ?? NO_TEXT;
      }
    }
    return this.#add(slot, hash, bytes.subarray(from, to));
  }

  #isSame(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#froms[index] ?? 0;
    if ((this.#tos[index] ?? 0) - start !== to - from) return false;
    for (let i = 0; i < to - from; i++) {
      if (this.#bytes[start + i] !== bytes[from + i]) return false;
    }
    return true;
  }

  #add(slot: number, hash: number, bytes: Uint8Array): number {
    const id = this.idOf(decodeJsonString(bytes));
    if (this.#froms.length >= MAX_TEXTS || this.#used + bytes.length > MAX_BYTES) return id;
    if (this.#used + bytes.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#used + bytes.length));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#used);
    this.#froms.push(this.#used);
    this.#used += bytes.length;
    this.#tos.push(this.#used);
    this.#hashes.push(hash);
    this.#ids.push(id);
    this.#slots[slot] = this.#froms.length;
    if (this.#froms.length * 2 > this.#slots.length) this.#spread();
    return id;
  }

  #spread(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (const [index, hash] of this.#hashes.entries()) {
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

const BACKSLASH = 0x5c;

/** The text of a JSON string, given the bytes between its quotes; as it stands when its escapes are wrong. */
export function decodeJsonString(bytes: Uint8Array): string {
  const raw = decodeUtf8(bytes);
  if (!bytes.includes(BACKSLASH)) return raw;
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    return raw;
  }
}
