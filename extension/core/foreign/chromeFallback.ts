/** Events of a Chrome trace that `ChromeEventReader` does not understand, by way of `JSON.parse`. */
import { encodeUtf8 } from '../../../agent/wire/utf8.js';
import type { ChromeEvent, ChromeId } from './chromeEvent.js';
import { kindOf, ValueScan } from './jsonScan.js';
import { member, numberOf, textOf, tryParse } from './jsonValues.js';
import type { Texts } from './texts.js';

/** How long the element is, and why it is none; null: `event` holds it. */
export interface Fallback {
  readonly length: number;
  readonly reason: string | null;
}

/** Reads the element at the start of `bytes` into `event`. */
export function readFallback(event: ChromeEvent, bytes: Uint8Array, texts: Texts): Fallback {
  const scan = new ValueScan();
  scan.begin(kindOf(bytes[0] ?? 0) ?? 'scalar');
  const end = scan.advance(bytes, 0);
  const length = end > 0 ? end : bytes.length;
  const parsed = tryParse(bytes.subarray(0, length));
  if (!parsed.ok) return { length, reason: parsed.reason };
  if (typeof parsed.value !== 'object' || parsed.value === null) {
    return { length, reason: 'it is no object' };
  }
  fill(event, parsed.value, texts);
  return { length, reason: null };
}

function fill(event: ChromeEvent, value: object, texts: Texts): void {
  event.reset();
  const of = (key: string): unknown => member(value, key);
  const ph = textOf(of('ph'));
  event.phase = ph.length === 1 && ph.charCodeAt(0) < 0x80 ? ph.charCodeAt(0) : 0;
  event.name = texts.idOf(nameOf(of('name')));
  event.category = texts.idOf(nameOf(of('cat')));
  [event.tsUs, event.tsNs] = micros(of('ts'));
  [event.durUs, event.durNs] = micros(of('dur'));
  event.pid = idOf(of('pid'));
  event.tid = idOf(of('tid'));
  event.id = rawOf(of('id'));
  event.id2 = rawOf(of('id2'));
  event.scope = rawOf(of('scope'));
  event.sluice = rawOf(of('sluice'));
  const args = of('args');
  event.bytes = args === undefined ? new Uint8Array(0) : encodeUtf8(JSON.stringify(args));
  event.argsTo = event.bytes.length;
}

function nameOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : textOf(value);
}

/** Whole microseconds and nanoseconds; [NaN, 0] without a number. */
function micros(value: unknown): readonly [number, number] {
  const us = numberOf(value);
  const whole = Math.trunc(us);
  return Number.isNaN(us) || Math.abs(us) > Number.MAX_SAFE_INTEGER
    ? [NaN, 0]
    : [whole, Math.round((us - whole) * 1000)];
}

function idOf(value: unknown): ChromeId {
  if (typeof value === 'string') return value;
  const id = numberOf(value);
  return Number.isNaN(id) ? 0 : Math.trunc(id);
}

function rawOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
