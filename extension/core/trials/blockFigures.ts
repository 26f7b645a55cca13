/** What a pipeline did in a block of a trial: a stretch of time under one setting. */
import { GaugeName } from '../../../agent/wire/format.js';
import { knownNs } from '../analysis/gaps.js';
import {
  percentilesOf,
  perSecond,
  type PipelineAnalysis,
  type Window,
} from '../analysis/pipelineAnalysis.js';
import { ExecutionFlag, itemsOf, type Process, type Stage } from '../model/entities.js';
import { LogHistogram } from '../model/histogram.js';
import type { TraceStore } from '../model/store.js';
import { endedRows } from '../query/stageStats.js';
import { latencyIn } from '../query/stats.js';

/** Figures of a block. Times are nanoseconds; null: not measured. */
export interface BlockFigures {
  /** Session time. */
  readonly fromNs: number;
  readonly toNs: number;
  /** Items that left the last stage. */
  readonly completions: number;
  readonly throughputPerSec: number;
  /** Executions of all stages that ended, and how many of them failed. */
  readonly executions: number;
  readonly errors: number;
  readonly latencyNs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** `items`: from end to end; `service`: items cannot be followed, so it is the stage with the longest p95. */
  readonly latencyBy: 'items' | 'service';
  /** Largest resident memory of the processes, added up. */
  readonly rssBytes: number | null;
  /** Longest delay of an event loop. */
  readonly loopDelayNs: number | null;
  /** CPU time of the processes / time. */
  readonly cpuCores: number | null;
  /** Records that were lost in the block: then its counts are too low. */
  readonly lostRecords: number;
}

/** The figures of a stretch of session time. What ended in it must have arrived: see `SETTLED_NS`. */
export function blockFigures(
  store: TraceStore,
  analysis: PipelineAnalysis,
  range: Window,
): BlockFigures {
  const { stages } = analysis.pipeline;
  const last = stages.at(-1);
  let completions = 0;
  let executions = 0;
  let errors = 0;
  let throughputPerSec = 0;
  let slowest: LogHistogram | null = null;
  for (const stage of stages) {
    const ended = endedIn(stage, range);
    executions += ended.executions;
    errors += ended.errors;
    if (ended.service.weight > 0 && quantile95(ended.service) > quantile95(slowest))
      slowest = ended.service;
    // Several processes may each have the last stage.
    if (stage.name !== last?.name) continue;
    completions += ended.items;
    throughputPerSec += perSecond(
      ended.items,
      knownNs(stage.process.gaps, range.fromNs, range.toNs),
    );
  }
  const items = latencyOf(analysis, range);
  return {
    ...range,
    completions,
    throughputPerSec,
    executions,
    errors,
    latencyNs: items ?? (slowest === null ? null : percentilesOf(slowest)),
    latencyBy: items === null ? 'service' : 'items',
    ...gaugesIn([...new Set(stages.map(({ process }) => process))], range),
    lostRecords: lostIn(store, range),
  };
}

interface Ended {
  executions: number;
  items: number;
  errors: number;
  readonly service: LogHistogram;
}

function endedIn(stage: Stage, { fromNs, toNs }: Window): Ended {
  const ended: Ended = { executions: 0, items: 0, errors: 0, service: new LogHistogram() };
  const rows = endedRows([...stage.lanes], { fromNs, endNs: toNs }, (durationNs, word) => {
    ended.executions++;
    ended.items += itemsOf(word);
    if ((word & ExecutionFlag.failed) !== 0) ended.errors++;
    ended.service.record(durationNs);
  });
  while (rows.next().done !== true);
  return ended;
}

function latencyOf(analysis: PipelineAnalysis, range: Window): BlockFigures['latencyNs'] {
  const steps = latencyIn(analysis, { ...range, endNs: range.toNs, isWhole: false });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function quantile95(times: LogHistogram | null): number {
  return times === null || times.weight === 0 ? -1 : times.quantile(0.95);
}

type Gauges = Pick<BlockFigures, 'rssBytes' | 'loopDelayNs' | 'cpuCores'>;

function gaugesIn(processes: readonly Process[], range: Window): Gauges {
  let rssBytes: number | null = null;
  let loopDelayNs: number | null = null;
  let cpuCores: number | null = null;
  for (const process of processes) {
    for (const { gauges } of process.threads.values()) {
      const most = (name: string): number | null => {
        const series = gauges.get(name);
        if (series === undefined) return null;
        const from = series.atNs.lowerBound(range.fromNs);
        let highest: number | null = null;
        for (let i = from; i < series.atNs.length && series.atNs.at(i) < range.toNs; i++) {
          highest = Math.max(highest ?? 0, series.value.at(i));
        }
        return highest;
      };
      const delay = most(GaugeName.eventLoopDelayNs);
      if (delay !== null) loopDelayNs = Math.max(loopDelayNs ?? 0, delay);
      const rss = most(GaugeName.rssBytes);
      if (rss !== null) rssBytes = (rssBytes ?? 0) + rss;
      const cores = most(GaugeName.cpuCores);
      if (cores !== null) cpuCores = (cpuCores ?? 0) + cores;
    }
  }
  return { rssBytes, loopDelayNs, cpuCores };
}

function lostIn(store: TraceStore, { fromNs, toNs }: Window): number {
  return store.losses
    .filter((loss) => loss.toNs >= fromNs && loss.fromNs < toNs)
    .reduce((sum, { records }) => sum + records, 0);
}
