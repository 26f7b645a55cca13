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

/** Shares of the lane time of some executions' lanes in a part of the session. */
export function slowShares(
  session: RandomSession,
  of: readonly PlainExecution[],
  part: Range,
): StateShares {
  const sums = { busy: 0, starved: 0, blocked: 0, limited: 0, idle: 0 };
  const lanes = new Map<string, PlainExecution[]>();
  for (const e of of) {
    const key = `${e.pid} ${e.stage} ${e.slot}`;
    lanes.set(key, [...(lanes.get(key) ?? []), e]);
  }
  for (const lane of lanes.values()) addLane(session, lane, part, sums);
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

type Sums = Record<keyof StateShares, number>;

/** Goes from one moment at which anything changes to the next, and asks what the lane does there. */
function addLane(
  { depths }: RandomSession,
  lane: readonly PlainExecution[],
  { fromNs, toNs }: Range,
  sums: Sums,
): void {
  const [first] = lane;
  if (first === undefined) return;
  const stage = STAGES.indexOf(first.stage as (typeof STAGES)[number]);
  const of = (queue: number): PlainDepth[] =>
    depths.filter((d) => d.pid === first.pid && d.queue === `q${queue}`);
  const [input, output] = [of(stage), of(stage + 1)];
  const edges = [
    fromNs,
    toNs,
    ...lane.flatMap((e) => [e.startNs, endOf(e)]),
    ...[...input, ...output].map((d) => d.atNs),
  ].filter((ns) => ns >= fromNs && ns <= toNs);
  edges.sort((a, b) => a - b);
  const isBusy = busyCursor(lane);
  const [inputAt, outputAt] = [cursor(input), cursor(output)];
  for (const [i, atNs] of edges.entries()) {
    const length = (edges[i + 1] ?? atNs) - atNs;
    const [inputDepth, outputDepth] = [inputAt(atNs), outputAt(atNs)];
    if (isBusy(atNs)) sums.busy += length;
    else if (outputDepth >= 3) sums.blocked += length;
    else if (stage > 0 && inputDepth === 0) sums.starved += length;
    else sums.idle += length;
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

/** The depth at moments that only go forward; before the first record nothing is there. */
function cursor(records: readonly PlainDepth[]): (atNs: number) => number {
  let next = 0;
  return (atNs) => {
    while ((records[next]?.atNs ?? Infinity) <= atNs) next++;
    return records[next - 1]?.depth ?? 0;
  };
}

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
    known += length;
    depth += record.depth * length;
    if (record.depth >= 3) full += length;
    if (record.depth === 0) empty += length;
    maxDepth = Math.max(maxDepth, record.depth);
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
