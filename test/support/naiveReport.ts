/** What a naive reading of a capture says about a pipeline's run: counts, names, and whether time only goes forward. */
import { decodeNaive, type NaiveProblem, type NaiveRecord } from './naiveFxt.js';

export interface NaiveReport {
  /** Duration-complete events of category `stage`, by name. */
  readonly executions: ReadonlyMap<string, number>;
  /** Counter events by category and name, `queue/decoded`. */
  readonly counters: ReadonlyMap<string, number>;
  /** Names from kernel object records: processes by koid. */
  readonly processNames: ReadonlyMap<bigint, string>;
  /** Lanes by `process/thread`. */
  readonly laneNames: ReadonlyMap<string, string>;
  /** Lanes that carry executions, `process/thread`. */
  readonly lanesUsed: ReadonlySet<string>;
  /** Text of blob streams, pieces joined, by `provider/name`. */
  readonly blobs: ReadonlyMap<string, string>;
  /**
   * Where time is out of order: an event that ends before it starts, an event that ends before its predecessor of the same
   * lane and category did, two executions that overlap on one lane.
   */
  readonly disorder: readonly string[];
  /** Everything that a well-formed capture would not have. Empty: nothing in it is undecodable. */
  readonly problems: readonly NaiveProblem[];
  readonly records: readonly NaiveRecord[];
}

/** Decodes the capture and sums it up. */
export function reportNaive(input: Uint8Array): NaiveReport {
  const { records, problems } = decodeNaive(input);
  const completes = records.filter((r) => r.type === 'duration complete');
  const executions = completes.filter((r) => field(r, 'category') === 'stage');
  const objects = records.filter((r) => r.type === 'kernel object');
  return {
    executions: countBy(executions, (r) => field(r, 'name')),
    counters: countBy(
      records.filter((r) => r.type === 'counter'),
      (r) => `${field(r, 'category')}/${field(r, 'name')}`,
    ),
    processNames: new Map(
      objects
        .filter((r) => number(r, 'object type') === 1n)
        .map((r) => [number(r, 'koid'), field(r, 'name')]),
    ),
    laneNames: new Map(
      objects
        .filter((r) => number(r, 'object type') === 2n)
        .map((r) => [`${processArg(r)}/${number(r, 'koid')}`, field(r, 'name')]),
    ),
    lanesUsed: new Set(executions.map(lane)),
    blobs: joinBlobs(records),
    disorder: findDisorder(records),
    problems,
    records,
  };
}

function field(record: NaiveRecord, name: string): string {
  const value = record.fields[name];
  if (typeof value !== 'string') throw new Error(`no text ${name} at byte ${record.at}`);
  return value;
}

function number(record: NaiveRecord, name: string): bigint {
  const value = record.fields[name];
  if (typeof value !== 'bigint') throw new Error(`no number ${name} at byte ${record.at}`);
  return value;
}

function lane(record: NaiveRecord): string {
  return `${number(record, 'process')}/${number(record, 'thread')}`;
}

/** The process that a thread's kernel object names, by the convention of the specification. */
function processArg(record: NaiveRecord): string {
  return String(record.args.find((a) => a.name === 'process' && a.type === 'koid')?.value);
}

function countBy(
  records: readonly NaiveRecord[],
  key: (r: NaiveRecord) => string,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const record of records) counts.set(key(record), (counts.get(key(record)) ?? 0) + 1);
  return counts;
}

function joinBlobs(records: readonly NaiveRecord[]): Map<string, string> {
  const parts = new Map<string, Uint8Array[]>();
  for (const record of records) {
    const payload = record.fields['payload'];
    if (record.type !== 'blob' || !(payload instanceof Uint8Array)) continue;
    const key = `${record.provider}/${field(record, 'name')}`;
    parts.set(key, [...(parts.get(key) ?? []), payload]);
  }
  return new Map([...parts].map(([key, bytes]) => [key, Buffer.concat(bytes).toString('utf8')]));
}

function findDisorder(records: readonly NaiveRecord[]): string[] {
  const found: string[] = [];
  const lastEnd = new Map<string, bigint>();
  for (const record of records) {
    const isComplete = record.type === 'duration complete';
    if (!isComplete && record.type !== 'counter') continue;
    const start = number(record, 'time');
    const end = isComplete ? number(record, 'end') : start;
    const category = field(record, 'category');
    const key = `${record.provider}: ${lane(record)} ${category} ${isComplete ? '' : field(record, 'name')}`;
    const previous = lastEnd.get(key) ?? 0n;
    const what = `${category} ${field(record, 'name')} on lane ${lane(record)} at byte ${record.at}`;
    if (end < start) found.push(`${what} ends before it starts`);
    if (end < previous) found.push(`${what} ends before its predecessor`);
    else if (category === 'stage' && start < previous)
      found.push(`${what} overlaps its predecessor`);
    lastEnd.set(key, end);
  }
  return found;
}
