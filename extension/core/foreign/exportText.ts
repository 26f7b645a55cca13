/** What all exports share: the range, the time they count from, and text in pieces. */
import type { DeclarationOf } from '../../../agent/wire/manifest.js';
import { pidOf, type Process } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';
import type { TraceStore } from '../model/store.js';

/** A stretch of session time, [fromNs, toNs). */
export interface ExportRange {
  readonly fromNs: number;
  readonly toNs: number;
}

/** All of a session. */
export const EVERYTHING: ExportRange = { fromNs: -Infinity, toNs: Infinity };

/** Characters that are handed on at once. */
const PIECE = 64 * 1024;

/** Text that is being written; whoever writes hands on what `take` gives whenever it `isFull`. */
export class TextPieces {
  #parts: string[] = [];
  #length = 0;

  get isFull(): boolean {
    return this.#length >= PIECE;
  }

  add(text: string): void {
    this.#parts.push(text);
    this.#length += text.length;
  }

  /** What was added since the last call. */
  take(): string {
    const text = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    return text;
  }
}

/** Rows of a table that reach into the range and start in `during`, as far as the table goes now. */
export function* rowsIn(
  table: IntervalTable,
  { fromNs, toNs }: ExportRange,
  during: ExportRange = EVERYTHING,
): Generator<number> {
  table.settle();
  const { length } = table;
  const untilNs = Math.min(toNs, during.toNs);
  for (let i = firstFrom(table, during.fromNs); i < length; i++) {
    const startNs = table.startNs.at(i);
    if (startNs >= untilNs) return;
    // What has no length is in the range when it starts there.
    if (startNs >= fromNs || table.endNs(i) > fromNs) yield i;
  }
}

function firstFrom({ startNs, length }: IntervalTable, ns: number): number {
  let low = 0;
  let high = ns === -Infinity ? 0 : length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (startNs.at(middle) < ns) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Start and end of a row, cut to the range, in whole nanoseconds after `baseNs`. */
export function timesOf(
  table: IntervalTable,
  row: number,
  { range, baseNs }: { readonly range: ExportRange; readonly baseNs: number },
): { readonly startNs: number; readonly endNs: number } {
  const startNs = Math.max(table.startNs.at(row), range.fromNs);
  const endNs = Math.min(table.endNs(row), range.toNs);
  return { startNs: Math.round(startNs - baseNs), endNs: Math.round(endNs - baseNs) };
}

/** Microseconds with nanoseconds behind the point, as the trace event format has times. */
export function microText(ns: number): string {
  const whole = Math.floor(ns / 1000);
  const rest = ns - whole * 1000;
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(3, '0')}`;
}

/** Pids of the processes, each different: files of other tools tell processes apart by them. */
export function differentPids(store: TraceStore): ReadonlyMap<Process, number> {
  const pids = new Map<Process, number>();
  const taken = new Set<number>();
  for (const process of store.processes.values()) {
    let pid = pidOf(process);
    while (taken.has(pid)) pid++;
    taken.add(pid);
    pids.set(process, pid);
  }
  return pids;
}

/** Unix time of session time 0 of a process, in nanoseconds; 0: not known. */
export function unixNsAtZero(store: TraceStore, declared: DeclarationOf<'process'> | null): bigint {
  if (declared === null || declared.anchorUnixMs === 0) return 0n;
  const anchorNs = Math.round(store.clock.atMonotonic(declared.anchorMonotonicNs));
  // A whole number of milliseconds is exact; what stands behind the point is known to a quarter of a microsecond.
  const ms = Math.floor(declared.anchorUnixMs);
  const rest = Math.round((declared.anchorUnixMs - ms) * 1e6);
  return BigInt(ms) * 1_000_000n + BigInt(rest - anchorNs);
}
