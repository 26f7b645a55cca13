/**
 * Reads one event of a Chrome trace from its bytes.
 *
 * `JSON.parse` builds an object with all its arguments for each of millions of events, and rounds timestamps: microseconds
 * since 1970 with three decimals need 61 bits, a double has 53. Here the few members that matter are read where they stand,
 * numbers digit by digit, names as numbers of a table. What is written in a way that is not understood here goes to
 * `JSON.parse` (`chromeFallback`), so this only has to be right about what it accepts.
 */
import { decodeJsonString, type Texts } from './texts.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** A process or thread id: nearly always a number, a text in traces that are put together from parts. */
export type ChromeId = number | string;

/** Bytes of a key as a number, the first one highest: keys of up to six bytes have different ones, and exact. */
function code(key: string): number {
  let value = 0;
  for (const char of key) value = value * 256 + char.charCodeAt(0);
  return value;
}

const Key = {
  ph: code('ph'),
  ts: code('ts'),
  id: code('id'),
  cat: code('cat'),
  dur: code('dur'),
  pid: code('pid'),
  tid: code('tid'),
  id2: code('id2'),
  name: code('name'),
  args: code('args'),
  scope: code('scope'),
  /** What Sluice writes for itself. */
  sluice: code('sluice'),
} as const;

const otherKeys: ReadonlySet<number> = new Set([Key.id, Key.id2, Key.scope, Key.args, Key.sluice]);

/** The members of one event, read into the same object again and again. */
export class ChromeEvent {
  /** First byte of `ph`; 0 without one. */
  phase = 0;
  /** Numbers of texts. */
  name = 0;
  category = 0;
  /** Microseconds in whole ones and nanoseconds, both negative for times before 0; NaN where there is none. */
  tsUs = NaN;
  tsNs = 0;
  durUs = NaN;
  durNs = 0;
  pid: ChromeId = 0;
  tid: ChromeId = 0;
  /** As written, quotes and all; empty without one. `id2` is an object. */
  id = '';
  id2 = '';
  scope = '';
  sluice = '';
  /** Where the arguments stand: [argsFrom, argsTo) of `bytes`, empty without any. */
  bytes: Uint8Array = new Uint8Array(0);
  argsFrom = 0;
  argsTo = 0;

  /** Forgets the event before. */
  reset(): void {
    this.phase = this.name = this.category = 0;
    this.tsUs = this.durUs = NaN;
    this.tsNs = this.durNs = 0;
    this.pid = this.tid = 0;
    this.id = this.id2 = this.scope = this.sluice = '';
    this.argsFrom = this.argsTo = 0;
  }
}

/** Reads events; their names go to the table. */
export class ChromeEventReader {
  readonly event = new ChromeEvent();
  readonly #texts: Texts;
  #bytes: Uint8Array = new Uint8Array(0);
  /** The number that was read last. */
  #us = 0;
  #ns = 0;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  /** Reads the event that begins at `from` into `event`; returns the index behind it, -1 when it is not understood. */
  read(bytes: Uint8Array, from: number): number {
    this.#bytes = bytes;
    this.event.reset();
    this.event.bytes = bytes;
    let at = from;
    if (bytes[at] !== OPEN_OBJECT) return -1;
    at = this.#blank(at + 1);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    for (;;) {
      at = this.#member(at);
      if (at < 0) return -1;
      const byte = bytes[at];
      if (byte === CLOSE_OBJECT) return at + 1;
      if (byte !== COMMA) return -1;
      at = this.#blank(at + 1);
    }
  }

  /** Reads the member at `at`; returns the index of what follows it. */
  #member(from: number): number {
    const bytes = this.#bytes;
    if (bytes[from] !== QUOTE) return -1;
    let at = from + 1;
    let key = 0;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) return -1;
      // A longer key is none of those that matter: any number beyond five bytes will do, as long as it stays finite.
      key = at - from > 6 ? -1 : key * 256 + byte;
    }
    at = this.#blank(at + 1);
    if (bytes[at] !== COLON) return -1;
    const end = this.#value(key, this.#blank(at + 1));
    return end < 0 ? -1 : this.#blank(end);
  }

  #value(key: number, at: number): number {
    switch (key) {
      case Key.ph:
        return this.#phase(at);
      case Key.ts:
      case Key.dur:
        return this.#time(key, at);
      case Key.pid:
      case Key.tid:
        return this.#owner(key, at);
      case Key.name:
      case Key.cat:
        return this.#text(key, at);
      default:
        return otherKeys.has(key) ? this.#rest(key, at) : this.#skip(at);
    }
  }

  #phase(at: number): number {
    const end = this.#skip(at);
    if (end === at + 3 && this.#bytes[at] === QUOTE) this.event.phase = this.#bytes[at + 1] ?? 0;
    return end;
  }

  #time(key: number, at: number): number {
    const end = this.#number(at);
    const { event } = this;
    if (end < 0) return -1;
    if (key === Key.ts) {
      event.tsUs = this.#us;
      event.tsNs = this.#ns;
    } else {
      event.durUs = this.#us;
      event.durNs = this.#ns;
    }
    return end;
  }

  #owner(key: number, at: number): number {
    const isText = this.#bytes[at] === QUOTE;
    const end = isText ? this.#skip(at) : this.#number(at);
    if (end < 0) return -1;
    const id = isText ? decodeJsonString(this.#bytes.subarray(at + 1, end - 1)) : this.#us;
    if (key === Key.pid) this.event.pid = id;
    else this.event.tid = id;
    return end;
  }

  #text(key: number, at: number): number {
    const end = this.#skip(at);
    // Numbers and null as names: left to whoever knows better.
    if (end < 0 || this.#bytes[at] !== QUOTE) return -1;
    const id = this.#texts.idOfBytes(this.#bytes, at + 1, end - 1);
    if (key === Key.name) this.event.name = id;
    else this.event.category = id;
    return end;
  }

  #rest(key: number, at: number): number {
    const end = this.#skip(at);
    if (end < 0) return -1;
    const { event } = this;
    if (key === Key.args) {
      event.argsFrom = at;
      event.argsTo = end;
      return end;
    }
    const text = decodeJsonString(this.#bytes.subarray(at, end));
    if (key === Key.id) event.id = text;
    else if (key === Key.id2) event.id2 = text;
    else if (key === Key.sluice) event.sluice = text;
    else event.scope = text;
    return end;
  }

  /** Reads a plain decimal number; of microseconds, the whole ones and the rest in nanoseconds. */
  #number(from: number): number {
    const bytes = this.#bytes;
    const isNegative = bytes[from] === MINUS;
    const first = isNegative ? from + 1 : from;
    let at = first;
    let whole = 0;
    for (; isDigit(bytes[at]); at++) whole = whole * 10 + (bytes[at] ?? 0) - ZERO;
    if (at === first || whole > Number.MAX_SAFE_INTEGER) return -1;
    this.#ns = 0;
    if (bytes[at] === POINT) at = this.#fraction(at);
    if (!isEndOfNumber(bytes[at])) return -1;
    this.#us = isNegative ? -whole : whole;
    if (isNegative) this.#ns = -this.#ns;
    return at;
  }

  /** Reads the digits behind the point as thousandths, rounded. */
  #fraction(point: number): number {
    const bytes = this.#bytes;
    let thousandths = 0;
    let at = point + 1;
    for (; isDigit(bytes[at]); at++) {
      if (at <= point + 3) thousandths = thousandths * 10 + (bytes[at] ?? 0) - ZERO;
    }
    for (let digits = at - point - 1; digits < 3; digits++) thousandths *= 10;
    if (at > point + 4 && (bytes[point + 4] ?? 0) >= ZERO + 5) thousandths++;
    this.#ns = thousandths;
    return at;
  }

  /** Index behind the value at `at`; -1: it does not end. */
  #skip(from: number): number {
    const bytes = this.#bytes;
    const first = bytes[from];
    if (first === QUOTE) return this.#skipString(from + 1);
    if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return this.#skipScalar(from);
    let depth = 1;
    for (let at = from + 1; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        at = this.#skipString(at + 1) - 1;
        if (at < 0) return -1;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return at + 1;
    }
    return -1;
  }

  #skipString(from: number): number {
    const bytes = this.#bytes;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) at++;
    }
    return -1;
  }

  #skipScalar(from: number): number {
    let at = from;
    while (at < this.#bytes.length && !isEndOfNumber(this.#bytes[at])) at++;
    return at === from ? -1 : at;
  }

  #blank(from: number): number {
    let at = from;
    while ((this.#bytes[at] ?? 0xff) <= 0x20) at++;
    return at;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function isEndOfNumber(byte: number | undefined): boolean {
  return (
    byte === undefined ||
    byte <= 0x20 ||
    byte === COMMA ||
    byte === CLOSE_OBJECT ||
    byte === CLOSE_ARRAY
  );
}
