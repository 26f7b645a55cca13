/** Figures of stages in a range: what ended in it, and how its lane time was spent. */
import { knownNs } from '../analysis/gaps.js';
import { sharesOf, type LaneTime } from '../analysis/laneTime.js';
import { perSecond } from '../analysis/pipelineAnalysis.js';
import { timesOf, totalsOf } from '../analysis/stageTotals.js';
import { ExecutionFlag, itemsOf, type Lane, type Stage, type Totals } from '../model/entities.js';
import { LogHistogram } from '../model/histogram.js';
import type { DurationHistogram, StageStats } from '../panel/query.js';
import type { ServiceTimes } from '../report/report.js';
import { binEdges, DurationBins } from './durationBins.js';
import { spansOf } from './rowScan.js';
import type { QuerySource } from './source.js';
import type { StatsPart } from './statsPart.js';
import { lanesOf, stageEntry, type StageEntry } from './stageRows.js';

/** Durations longer than those of this share are stragglers, whose bins would leave no room for the others. */
const WELL_KNOWN_SHARE = 0.995;

/** Executions that ended in some time. */
interface Ended extends Totals {
  readonly service: LogHistogram;
}

/** Figures of a stage row, and the rates of the stages that it stands for. */
export interface RowFigures {
  readonly stats: StageStats;
  readonly service: LogHistogram;
  readonly rates: ReadonlyMap<Stage, number>;
}

/** The figures of a row in a part of the session. */
export function* stageFigures(
  source: QuerySource,
  entry: StageEntry,
  part: StatsPart,
): Generator<undefined, RowFigures> {
  const { stages } = entry.target;
  const all: Ended = { executions: 0, items: 0, errors: 0, service: new LogHistogram() };
  const rates = new Map<Stage, number>();
  for (const stage of stages) {
    const { items } = part.isWhole
      ? addTotals(source, stage, all)
      : yield* addEnded(stage, part, all);
    rates.set(stage, perSecond(items, knownNs(stage.process.gaps, part.fromNs, part.toNs)));
  }
  const time = yield* laneTimeOf(source, entry, part);
  const [only, ...others] = stages;
  const serviceNs =
    part.isWhole && only !== undefined && others.length === 0
      ? totalsOf(only, source.store).serviceNs
      : serviceTimes(all.service);
  const { executions, items, errors, service } = all;
  const ratePerSec = [...rates.values()].reduce((sum, rate) => sum + rate, 0);
  const shares = sharesOf(time);
  const { rowId: row } = entry;
  return {
    stats: { row, executions, items, errors, ratePerSec, serviceNs, shares },
    service,
    rates,
  };
}

function serviceTimes(service: LogHistogram): ServiceTimes | null {
  return timesOf(service, service.mean);
}

/** All that is known of a stage, as the report has it. */
function addTotals({ store }: QuerySource, stage: Stage, all: Ended): Totals {
  const totals = totalsOf(stage, store);
  addCounts(all, totals);
  all.service.add(stage.service);
  return totals;
}

function addCounts(all: Totals, { executions, items, errors }: Totals): void {
  all.executions += executions;
  all.items += items;
  all.errors += errors;
}

function* addEnded(stage: Stage, part: StatsPart, all: Ended): Generator<undefined, Totals> {
  const totals: Totals = { executions: 0, items: 0, errors: 0 };
  yield* endedRows([...stage.lanes], part, (durationNs, word) => {
    totals.executions++;
    totals.items += itemsOf(word);
    if ((word & ExecutionFlag.failed) !== 0) totals.errors++;
    all.service.record(durationNs);
  });
  addCounts(all, totals);
  return totals;
}

/** Hands out the executions that ended in a part of the session, lane by lane. */
export function* endedRows(
  lanes: readonly Lane[],
  { fromNs, endNs }: Pick<StatsPart, 'fromNs' | 'endNs'>,
  row: (durationNs: number, word: number) => void,
): Generator<undefined, void> {
  for (const { executions } of lanes) {
    executions.settle();
    const first = executions.firstEndingFrom(fromNs);
    const behind = executions.startNs.lowerBound(endNs);
    for (const { block, from, to } of spansOf(first, behind)) {
      const { data, secondAll } = executions.block(block);
      const { startNs, durationNs, second } = data;
      for (let i = from; i < to; i++) {
        const duration = durationNs[i] ?? 0;
        const stopNs = (startNs[i] ?? 0) + duration;
        if (stopNs < fromNs || stopNs >= endNs) continue;
        row(duration, second === null ? secondAll : (second[i] ?? 0));
      }
      yield;
    }
  }
}

/** Lane time of all stages of a row. */
function* laneTimeOf(
  source: QuerySource,
  entry: StageEntry,
  part: StatsPart,
): Generator<undefined, LaneTime> {
  const all = { totalNs: 0, busyNs: 0, starvedNs: 0, blockedNs: 0, limitedNs: 0, idleNs: 0 };
  for (const stage of entry.target.stages) {
    const { analysis } = (stageEntry(source.prepared, entry.rowId) ?? entry).target;
    const time = yield* analysis.laneTimeIn(stage, part, part.isWhole);
    all.totalNs += time.totalNs;
    all.busyNs += time.busyNs;
    all.starvedNs += time.starvedNs;
    all.blockedNs += time.blockedNs;
    all.limitedNs += time.limitedNs;
    all.idleNs += time.idleNs;
  }
  return all;
}

/** The durations of a row's executions in bins; `service` are the same ones. null: there are none. */
export function* durationHistogram(
  entry: StageEntry,
  service: LogHistogram,
  part: StatsPart,
): Generator<undefined, DurationHistogram | null> {
  const lanes = lanesOf(entry);
  let shortestNs = Infinity;
  yield* endedRows(lanes, part, (durationNs) => {
    if (durationNs < shortestNs) shortestNs = durationNs;
  });
  if (shortestNs === Infinity) return null;
  const highNs = Math.max(service.quantile(WELL_KNOWN_SHARE), shortestNs);
  const bins = new DurationBins(binEdges(shortestNs, highNs));
  yield* endedRows(lanes, part, (durationNs) => {
    // While this was left, a record may have come that took less than all others.
    if (durationNs >= shortestNs) bins.add(durationNs);
  });
  const { edgesNs, counts, beyond } = bins;
  return { row: entry.rowId, edgesNs, counts, beyond };
}
