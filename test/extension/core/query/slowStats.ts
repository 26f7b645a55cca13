/** Figures of a range worked out from plain lists, as slowly and plainly as possible. */
import { LogHistogram } from '../../../../extension/core/model/histogram.js';
import type { QueueStats, StageStats } from '../../../../extension/core/panel/query.js';
import type { ServiceTimes, StateShares } from '../../../../extension/core/report/report.js';
import {
  STAGES,
  type PlainDepth,
  type PlainExecution,
  type RandomSession,
} from './randomSession.js';

export interface Range {
  readonly fromNs: number;
  readonly toNs: number;
}

const endOf = ({ startNs, durationNs }: PlainExecution): number => startNs + durationNs;

/** The part of a range between the first execution and the last; what ends at the very end is part of it. */
export function slowPart(
  { executions }: RandomSession,
  { fromNs, toNs }: Range,
): Range & { readonly holds: (ns: number) => boolean } {
  const first = executions.reduce((least, e) => Math.min(least, e.startNs), Infinity);
  const last = executions.reduce((most, e) => Math.max(most, endOf(e)), -Infinity);
  const from = Math.max(fromNs, first);
  const to = Math.max(Math.min(toNs, last), from);
  const isToEnd = toNs >= last && toNs > fromNs;
  return {
    fromNs: from,
    toNs: to,
    holds: (ns) => ns >= from && (ns < to || (isToEnd && ns <= to)),
  };
}

function timesOf(durations: readonly number[]): ServiceTimes | null {
  const times = histogramOf(durations);
  if (times.weight === 0) return null;
  const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((p) => times.quantile(p));
  return { mean: times.mean, p50, p95, p99, max: times.max };
}

export function histogramOf(durations: readonly number[]): LogHistogram {
  const times = new LogHistogram();
  for (const ns of durations) times.record(ns);
  return times;
}

/** Figures of the executions of one row. */
export function slowStage(
  session: RandomSession,
  of: readonly PlainExecution[],
  range: Range,
): Omit<StageStats, 'row'> {
  const part = slowPart(session, range);
  const ended = of.filter((e) => part.holds(endOf(e)));
  const items = ended.reduce((sum, e) => sum + e.items, 0);
  const seconds = (part.toNs - part.fromNs) / 1e9;
  return {
    executions: ended.length,
    items,
    errors: ended.filter((e) => e.failed).length,
    ratePerSec: seconds > 0 ? items / seconds : 0,
    serviceNs: timesOf(ended.map((e) => e.durationNs)),
    shares: slowShares(session, of, part),
  };
}

/**
 * Shares of the lane time of some executions' lanes in a part of the session. `parallelism`: lanes that each stage of a process
 * has; as declared when left out.
 */
export function slowShares(
  session: RandomSession,
  of: readonly PlainExecution[],
  part: Range,
  parallelism = session.parallelism,
): StateShares {
  const sums = { busy: 0, starved: 0, blocked: 0, limited: 0, idle: 0 };
  for (const stage of groups(of, (e) => `${e.pid} ${e.stage}`)) {
    addStage(session, stage, { ...part, parallelism }, sums);
  }
  const total = sums.busy + sums.starved + sums.blocked + sums.idle;
  if (total === 0) return { ...sums, idle: 1 };
  return {
    busy: sums.busy / total,
    starved: sums.starved / total,
    blocked: sums.blocked / total,
    limited: 0,
    idle: sums.idle / total,
  };
}

function groups(
  of: readonly PlainExecution[],
  keyOf: (one: PlainExecution) => string,
): readonly (readonly PlainExecution[])[] {
  const groups = new Map<string, PlainExecution[]>();
  for (const one of of) {
    const same = groups.get(keyOf(one));
    if (same === undefined) groups.set(keyOf(one), [one]);
    else same.push(one);
  }
  return [...groups.values()];
}

type Sums = Record<keyof StateShares, number>;

/** Goes from one moment at which anything changes to the next, and asks what runs, and what the lanes that do not wait for. */
function addStage(
  { depths }: RandomSession,
  of: readonly PlainExecution[],
  { fromNs, toNs, parallelism }: Range & { readonly parallelism: number },
  sums: Sums,
): void {
  const [first] = of;
  if (first === undefined) return;
  const stage = STAGES.indexOf(first.stage as (typeof STAGES)[number]);
  const queue = (id: number): PlainDepth[] =>
    depths.filter((d) => d.pid === first.pid && d.queue === `q${id}`);
  const [input, output] = [queue(stage), queue(stage + 1)];
  const edges = Float64Array.from(
    [
      fromNs,
      toNs,
      ...of.flatMap((e) => [e.startNs, endOf(e)]),
      ...[...input, ...output].map((d) => d.atNs),
    ].filter((ns) => ns >= fromNs && ns <= toNs),
  ).sort();
  const lanes = groups(of, (e) => String(e.slot)).map(busyCursor);
  const [inputAt, outputAt] = [cursor(input), cursor(output)];
  for (const [i, atNs] of edges.entries()) {
    const length = (edges[i + 1] ?? atNs) - atNs;
    const busy = lanes.filter((isBusy) => isBusy(atNs)).length;
    const freeNs = Math.max(parallelism - busy, 0) * length;
    // Merged records leave open when exactly it was full or empty.
    const full = shareOf(outputAt(atNs), (depth) => depth >= 3);
    const empty = stage === 0 ? 0 : shareOf(inputAt(atNs), (depth) => depth === 0);
    sums.busy += busy * length;
    sums.blocked += full * freeNs;
    sums.starved += (1 - full) * empty * freeNs;
    sums.idle += (1 - full) * (1 - empty) * freeNs;
  }
}

/** Whether anything runs, at moments that only go forward. */
function busyCursor(lane: readonly PlainExecution[]): (atNs: number) => boolean {
  const runs = [...lane].sort((a, b) => a.startNs - b.startNs);
  let [next, untilNs] = [0, -Infinity];
  return (atNs) => {
    for (; (runs[next]?.startNs ?? Infinity) <= atNs; next++) {
      const run = runs[next];
      if (run !== undefined) untilNs = Math.max(untilNs, endOf(run));
    }
    return untilNs > atNs;
  };
}

/** The depths that a queue may have had, at moments that only go forward; before the first record nothing is there. */
function cursor(records: readonly PlainDepth[]): (atNs: number) => readonly number[] {
  let next = 0;
  return (atNs) => {
    while ((records[next]?.atNs ?? Infinity) <= atNs) next++;
    return depthsBetween(records[next - 1], records[next]);
  };
}

/** The depths between two records. */
function depthsBetween(
  record: PlainDepth | undefined,
  next: PlainDepth | undefined,
): readonly number[] {
  if (record === undefined) return [0];
  const { low, high } = next?.merged ?? { low: record.depth, high: record.depth };
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}

const shareOf = (depths: readonly number[], holds: (depth: number) => boolean): number =>
  depths.filter(holds).length / depths.length;

/** Figures of one queue, whose capacity is 3. */
export function slowQueue(
  session: RandomSession,
  records: readonly PlainDepth[],
  range: Range,
): Omit<QueueStats, 'row'> {
  const { fromNs, toNs } = slowPart(session, range);
  let [known, depth, full, empty, maxDepth] = [0, 0, 0, 0, 0];
  for (const [i, record] of records.entries()) {
    const start = Math.max(record.atNs, fromNs);
    const length = Math.min(records[i + 1]?.atNs ?? Infinity, toNs) - start;
    if (length <= 0) continue;
    const depths = depthsBetween(record, records[i + 1]);
    known += length;
    depth += (depths.reduce((sum, one) => sum + one, 0) / depths.length) * length;
    full += shareOf(depths, (one) => one >= 3) * length;
    empty += shareOf(depths, (one) => one === 0) * length;
    maxDepth = Math.max(maxDepth, ...depths);
  }
  const isKnown = known > 0;
  return {
    meanDepth: isKnown ? depth / known : 0,
    maxDepth,
    fullShare: isKnown ? full / known : null,
    emptyShare: isKnown ? empty / known : 1,
    knownShare: isKnown ? known / (toNs - fromNs) : 0,
  };
}

/** Times from end to end of the items that left in the range, where each has a number of its own. */
export function slowLatencies(session: RandomSession, stages: number, range: Range): number[] {
  const part = slowPart(session, range);
  const last = session.executions.filter((e) => e.stage === STAGES[stages - 1]);
  const arrivals = new Map<number, number>();
  for (const e of session.executions) {
    if (e.stage === STAGES[0] && e.item !== null) {
      arrivals.set(e.item, e.startNs - (e.waitUs ?? 0) * 1000);
    }
  }
  return last.flatMap((e) => {
    const arrivedNs = e.item === null ? undefined : arrivals.get(e.item);
    if (arrivedNs === undefined || !part.holds(endOf(e))) return [];
    return endOf(e) >= arrivedNs ? [endOf(e) - arrivedNs] : [];
  });
}
