/** Exports of a session as text, and back again. */
import assert from 'node:assert/strict';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import type { ExportFormat, ExportPart } from '../../extension/core/foreign/exportSession.js';
import type { ExportRange } from '../../extension/core/foreign/exportText.js';
import type { Report } from '../../extension/core/report/report.js';
import { SessionModel } from '../../extension/core/sessionModel.js';

/** The bytes of one file of an export. */
export function bytesOf(part: ExportPart): Uint8Array {
  const encoder = new TextEncoder();
  const pieces = Array.from(part.pieces, (p) => (typeof p === 'string' ? encoder.encode(p) : p));
  return Buffer.concat(pieces);
}

/** An export that is one file. */
export function exported(
  model: SessionModel,
  format: ExportFormat,
  range: ExportRange | null = null,
  thread: string | null = null,
): Uint8Array {
  const parts = model.export({ format, range, thread });
  assert.ok(parts.ok, parts.ok ? '' : parts.error);
  const [only] = parts.value;
  assert.ok(only !== undefined && parts.value.length === 1);
  return bytesOf(only);
}

/** The same as a value. */
export function exportedJson(
  model: SessionModel,
  format: ExportFormat,
  range?: ExportRange,
): unknown {
  return JSON.parse(new TextDecoder().decode(exported(model, format, range ?? null)));
}

/** The model of FXT bytes. */
export function modelOfFxt(bytes: Uint8Array): SessionModel {
  const model = new SessionModel({ title: 'drawing' });
  model.setState('capture');
  const reader = new FxtReader(model.sink);
  reader.push(bytes);
  assert.equal(reader.end().problem, null);
  return model;
}

/** The report without what is about the file and not about the program. */
export function comparable(report: Report): Report {
  return { ...report, capture: { ...report.capture, bytes: 0 } };
}

/** Asserts that two values are the same, numbers to a relative 1e-9 or to `tolerance` (nanoseconds of rounding). */
export function assertClose(actual: unknown, expected: unknown, tolerance = 2, path = ''): void {
  if (typeof expected === 'number' && typeof actual === 'number') {
    assert.ok(isClose(actual, expected, tolerance), `${path}: ${actual}, expected ${expected}`);
  } else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path}: no object or list`);
    assert.deepEqual(Object.keys(actual).toSorted(), Object.keys(expected).toSorted(), path);
    for (const [key, value] of Object.entries(expected)) {
      assertClose(Reflect.get(actual, key), value, tolerance, `${path}.${key}`);
    }
  } else {
    assert.deepEqual(actual, expected, path);
  }
}

function isClose(actual: number, expected: number, tolerance: number): boolean {
  if (Object.is(actual, expected)) return true;
  const difference = Math.abs(actual - expected);
  // Large numbers are times; small ones are shares and rates, which rounding of times hardly moves.
  const isTime = Math.abs(expected) > 1000;
  return difference <= Math.max(isTime ? tolerance : 0, 1e-9 * Math.max(1, Math.abs(expected)));
}
