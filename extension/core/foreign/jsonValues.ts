/** Elements of a JSON array from their bytes, and members of values that nobody has checked. */
import { decodeUtf8 } from '../../../agent/wire/utf8.js';
import { formatCount } from '../format.js';
import { counted } from '../counted.js';
import { kindOf, ValueScan } from './jsonScan.js';

const COMMA = 0x2c;

/** A member of an object; undefined where there is none. */
export function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** The value if it is a text, else the empty text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The value as a finite number, also of a text that is one; NaN for everything else. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : NaN;
  return typeof value === 'string' && /^-?\d/.test(value) ? Number(value) : NaN;
}

/** The value if it is a list, else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Counts elements that could not be read, and remembers the first. */
export class BadElements {
  readonly #one: string;
  readonly #many: string;
  #count = 0;
  #first = '';

  /** What an element is called, and several of them. */
  constructor(one: string, many = `${one}s`) {
    this.#one = one;
    this.#many = many;
  }

  add(atByte: number, reason: string): void {
    if (this.#count++ === 0) this.#first = `at byte ${formatCount(atByte)}: ${reason}`;
  }

  /** A sentence about them; null: there were none. */
  get note(): string | null {
    if (this.#count === 0) return null;
    const what = counted(this.#count, this.#one, this.#many);
    const first = this.#count === 1 ? '' : 'the first ';
    return `Left out: ${what} that could not be read, ${first}${this.#first}.`;
  }
}

/** Bare words that JSON does not have and some tools write for floating-point numbers. */
const NOT_A_NUMBER = /([:[,]\s*)-?(?:NaN|nan|Infinity|inf)(?=\s*[,\]}])/g;

/** Parses the text of one value, NaN and infinities as null. Throws what `JSON.parse` throws. */
export function parseLoose(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    const repaired = text.replace(NOT_A_NUMBER, '$1null');
    if (repaired === text) throw error;
    return JSON.parse(repaired);
  }
}

/** The value, or why there is none. */
export type Parsed =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

/** Parses one value; never throws. */
export function tryParse(bytes: Uint8Array): Parsed {
  try {
    return { ok: true, value: parseLoose(bytes) };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : 'unknown';
  // Newer engines quote the whole text.
  return `not valid JSON (${text.split(/[\n"]/, 1)[0]?.trim() ?? text})`;
}

/** Splits a run of elements: [from, to) of each. */
export function* elementRanges(
  run: Uint8Array,
): Generator<{ readonly from: number; readonly to: number }> {
  const scan = new ValueScan();
  for (let at = 0; at < run.length;) {
    const byte = run[at] ?? 0;
    const kind = byte <= 0x20 || byte === COMMA ? null : kindOf(byte);
    if (kind === null) {
      at++;
      continue;
    }
    scan.begin(kind);
    const end = scan.advance(run, at);
    const to = end < 0 ? run.length : end;
    yield { from: at, to };
    at = to;
  }
}

/** The elements of a run; those that cannot be read are told to `bad` and are missing. */
export function parseElements(
  run: Uint8Array,
  atByte: number,
  bad: BadElements,
): readonly unknown[] {
  const opened = `[${decodeUtf8(run)}]`;
  try {
    const all: unknown = JSON.parse(opened);
    if (Array.isArray(all)) return all;
  } catch {
    // One of them is broken: see which.
  }
  const values: unknown[] = [];
  for (const { from, to } of elementRanges(run)) {
    const parsed = tryParse(run.subarray(from, to));
    if (parsed.ok) values.push(parsed.value);
    else bad.add(atByte + from, parsed.reason);
  }
  return values;
}
