/** Everything computed about one pipeline, kept between reports so that only what is new is read. */
import {
  kindOf,
  pidOf,
  sourceOf,
  usedLanes,
  type Process,
  type Queue,
  type Stage,
} from '../model/entities.js';
import type { LogHistogram } from '../model/histogram.js';
import type { IntervalTable } from '../model/intervals.js';
import type { TraceStore } from '../model/store.js';
import type { PipelineReport, QueueReport, StageReport } from '../report/report.js';
import { DepthLevels } from './depthLevels.js';
import { QueueSums, type DepthSums } from './depthSums.js';
import { surroundingsOf } from './freeState.js';
import { knownNs } from './gaps.js';
import { LatencyFold } from './itemLatency.js';
import { sharesOf, StageFold, withExactBusyTime, type LaneTime } from './laneTime.js';
import { QueueFold } from './queueTime.js';
import { itemsPerEntry } from './queueUnit.js';
import { totalsOf, type StageTotals } from './stageTotals.js';
import { isSameLink } from './links.js';
import { CpuFold } from './threadTime.js';
import { meanLatency } from './meanLatency.js';
import { stageLabel, type LinkedQueue, type Pipeline } from './topology.js';

/**
 * Records that are older than this are taken as complete between reports: agents drain their threads many times a second.
 * One that comes later still is put right (`StageFold` starts again), it only costs more.
 */
const SETTLE_NS = 1e9;

/** The part of a pipeline's report that is measured; verdicts come on top. */
export type MeasuredPipeline = Pick<
  PipelineReport,
  | 'name'
  | 'isShared'
  | 'isImported'
  | 'throughputPerSec'
  | 'latencyNs'
  | 'latencyMean'
  | 'stages'
  | 'queues'
  | 'links'
>;

/** A stretch of session time. */
export interface Window {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Analyses one pipeline. Make a new one when its stages, queues or links change (`isFor`). */
export class PipelineAnalysis {
  readonly pipeline: Pipeline;
  private readonly store: TraceStore;
  private readonly shape: number;
  private fromNs = NaN;
  /** `arrivals` of the store as of the last `refresh`. */
  private refreshedAt = -1;
  private refreshedLive = false;
  /** The window as of the last `refresh` or `measure`: pictures explain free time within it only. */
  drawnWindow: Window = { fromNs: 0, toNs: 0 };
  private readonly stages = new Map<Stage, StageFold>();
  private readonly depths = new Map<Queue, DepthLevels>();
  private readonly sums = new Map<Queue, QueueSums>();
  private queues = new Map<LinkedQueue, QueueFold>();
  private readonly cpu = new Map<Process, CpuFold>();
  private latency: LatencyFold | null = null;

  /** `former`: an analysis of the same pipeline as it was before; what of it still holds is taken over. */
  constructor(store: TraceStore, pipeline: Pipeline, former?: PipelineAnalysis) {
    this.store = store;
    this.pipeline = pipeline;
    this.shape = store.shape;
    if (former !== undefined) this.takeOver(former);
  }

  /** Lets go of what was computed, when another analysis takes this one's place. */
  dispose(): void {
    for (const fold of this.stages.values()) fold.dispose();
    for (const levels of this.depths.values()) levels.dispose();
    this.latency?.dispose();
    this.latency = null;
    this.stages.clear();
    this.depths.clear();
  }

  /** A stage whose queues are the same is still the same stage, whatever became of the others. */
  private takeOver(former: PipelineAnalysis): void {
    for (const stage of this.pipeline.stages) {
      const fold = former.stages.get(stage);
      if (fold?.timeline.isFor(surroundingsOf(stage, this.pipeline)) !== true) continue;
      this.stages.set(stage, fold);
      former.stages.delete(stage);
    }
    for (const { queue } of this.pipeline.queues) {
      const levels = former.depths.get(queue);
      if (levels === undefined) continue;
      this.depths.set(queue, levels);
      former.depths.delete(queue);
    }
    former.dispose();
  }

  /** Whether this analysis still fits: the store has not changed shape, and stages and links are the same. */
  isFor(pipeline: Pipeline): boolean {
    const { stages, links } = this.pipeline;
    return (
      this.shape === this.store.shape &&
      stages.length === pipeline.stages.length &&
      stages.every((stage, i) => stage === pipeline.stages[i]) &&
      links.length === pipeline.links.length &&
      links.every((link, i) => isSameLink(link, pipeline.links[i]))
    );
  }

  /** From the first start of an execution to the last end; `live`: to the newest record. */
  window(live: boolean): Window {
    const { stages } = this.pipeline;
    const fromNs = Math.min(...stages.map((stage) => stage.firstStartNs));
    const lastNs = Math.max(...stages.map((stage) => stage.lastEndNs));
    if (!Number.isFinite(fromNs)) {
      const { oldestNs, newestNs } = this.store;
      return newestNs >= oldestNs ? { fromNs: oldestNs, toNs: newestNs } : { fromNs: 0, toNs: 0 };
    }
    return { fromNs, toNs: live ? Math.max(this.store.newestNs, lastNs) : lastNs };
  }

  /** The fold of a stage, for pictures that must agree with the numbers. Up to date as of the last `refresh`. */
  fold(stage: Stage): StageFold {
    const known = this.stages.get(stage);
    if (known?.isStale === false) return known;
    known?.dispose();
    const fold = new StageFold(stage, surroundingsOf(stage, this.pipeline), this.store.pool);
    this.stages.set(stage, fold);
    return fold;
  }

  /** Time per depth of a queue, for pictures. Up to date as of the last `refresh`. */
  depthLevels(queue: Queue): DepthLevels {
    let levels = this.depths.get(queue);
    if (levels === undefined) {
      levels = new DepthLevels(queue.series, this.store.pool);
      this.depths.set(queue, levels);
    }
    return levels;
  }

  /** Depths of a queue added up over a part of the window, in steps. */
  depthSumsIn(queue: Queue, { fromNs, toNs }: Window): Generator<undefined, DepthSums> {
    let sums = this.sums.get(queue);
    if (sums === undefined) {
      sums = new QueueSums(queue);
      this.sums.set(queue, sums);
    }
    return sums.sumsIn(fromNs, toNs, this.settledNs(this.drawnWindow, this.refreshedLive));
  }

  /**
   * Lane time of a stage in a part of the window, in steps; as of the last `refresh`. `isWhole`: the part is the window, and
   * what is known of lost executions counts.
   */
  *laneTimeIn(stage: Stage, part: Window, isWhole: boolean): Generator<undefined, LaneTime> {
    // Behind the retention limit nothing is stored, so states can be told up to there only.
    const toNs = Math.max(Math.min(part.toNs, this.store.fullAtNs), part.fromNs);
    const time = yield* this.fold(stage).readRange(part.fromNs, toNs);
    if (!isWhole) return time;
    const { lostExecutions, busyNs } = totalsOf(stage, this.store);
    return lostExecutions > 0 ? withExactBusyTime(time, busyNs) : time;
  }

  /**
   * Times of single items from end to end, as they are known in the report: when each left (start), and how long it had taken
   * (duration). null when items cannot be followed.
   */
  followedItems(): { readonly all: LogHistogram; readonly single: IntervalTable } | null {
    const fold = this.latencyFold(this.settledNs(this.drawnWindow, this.refreshedLive));
    return fold === null || fold.latency.weight === 0
      ? null
      : { all: fold.latency, single: fold.items };
  }

  /**
   * Brings everything that pictures and numbers share up to date: the timelines of free lanes and the levels of detail. Cheap
   * when nothing has arrived.
   */
  refresh(live: boolean): void {
    const { arrivals } = this.store;
    if (arrivals === this.refreshedAt && live === this.refreshedLive) return;
    const window = this.moveWindow(live);
    const settledNs = this.settledNs(window, live);
    for (const stage of this.pipeline.stages) {
      this.fold(stage).advance(settledNs, window.toNs, !live);
    }
    for (const { queue } of this.pipeline.queues) this.depthLevels(queue).advance(settledNs);
    this.refreshedAt = arrivals;
    this.refreshedLive = live;
  }

  /** Measures the pipeline as it is known now. */
  measure(live: boolean): MeasuredPipeline {
    this.refresh(live);
    const window = this.drawnWindow;
    const stages = this.pipeline.stages.map((stage) => this.stage(stage, window, live));
    const queues = this.pipeline.queues.map((link) => this.queue(link, window, live));
    const items = this.itemLatency(this.settledNs(window, live));
    return {
      name: this.pipeline.name,
      isShared: this.pipeline.isShared,
      isImported: this.pipeline.isImported,
      throughputPerSec: stages.at(-1)?.ratePerSec ?? 0,
      latencyNs: items === null ? null : percentilesOf(items),
      latencyMean:
        items === null
          ? meanLatency(this.pipeline, { stages, queues })
          : { meanNs: items.mean, by: 'items', isAtLeast: false },
      stages,
      queues,
      links: this.pipeline.links.map(({ from, to, known, isInside }) => ({
        from: stageLabel(from, this.pipeline),
        to: stageLabel(to, this.pipeline),
        known,
        isInside,
      })),
    };
  }

  private moveWindow(live: boolean): Window {
    const window = this.window(live);
    if (window.fromNs !== this.fromNs) {
      this.fromNs = window.fromNs;
      this.queues = new Map();
    }
    this.drawnWindow = window;
    return window;
  }

  private settledNs(window: Window, live: boolean): number {
    return live ? this.store.newestNs - SETTLE_NS : window.toNs;
  }

  private stage(stage: Stage, window: Window, live: boolean): StageReport {
    const totals = totalsOf(stage, this.store);
    // Behind the retention limit nothing is stored, so states can be told up to there only.
    const toNs = Math.min(window.toNs, this.store.fullAtNs);
    const recorded = this.fold(stage).read(window.fromNs, this.settledNs(window, live), toNs);
    const time = totals.lostExecutions > 0 ? withExactBusyTime(recorded, totals.busyNs) : recorded;
    const parallelism = stage.parallelism.current ?? usedLanes(stage).length;
    const shares = sharesOf(time);
    const observedNs = knownNs(stage.process.gaps, window.fromNs, window.toNs);
    return {
      name: stageLabel(stage, this.pipeline),
      kind: kindOf(stage),
      process: pidOf(stage.process),
      parallelism,
      executions: totals.executions,
      lost: totals.lostExecutions,
      items: totals.items,
      errors: totals.errors,
      ratePerSec: perSecond(totals.items, observedNs),
      trueRatePerSec: trueRate(totals, time, observedNs),
      utilization: shares.busy,
      serviceNs: totals.serviceNs,
      shares,
      cpuShare: this.cpuShare(stage, this.settledNs(window, live)),
      source: sourceOf(stage),
    };
  }

  private cpuShare(stage: Stage, settledNs: number): number | null {
    const fold = this.cpu.get(stage.process) ?? new CpuFold(stage.process);
    this.cpu.set(stage.process, fold);
    fold.advance(settledNs);
    return fold.share(stage);
  }

  private queue(link: LinkedQueue, window: Window, live: boolean): QueueReport {
    let fold = this.queues.get(link);
    if (fold === undefined || fold.isStale(window.toNs)) {
      fold = new QueueFold(link.queue, window.fromNs);
      this.queues.set(link, fold);
    }
    const time = fold.read(this.settledNs(window, live), window.toNs);
    const { knownNs } = time;
    const depths = time.depths();
    const capacity = link.queue.capacity.current;
    const unit = itemsPerEntry(link);
    return {
      name: link.queue.name,
      from: link.from === null ? null : stageLabel(link.from, this.pipeline),
      to: link.to === null ? null : stageLabel(link.to, this.pipeline),
      inferred: link.inferred?.by ?? null,
      capacity,
      depth: {
        mean: depths.mean,
        p50: depths.quantile(0.5),
        p95: depths.quantile(0.95),
        max: depths.max,
      },
      fullShare: capacity === null || knownNs === 0 ? null : time.fullNs / knownNs,
      emptyShare: knownNs === 0 ? 1 : time.emptyNs / knownNs,
      waitNs: this.waitNs(link),
      ...(unit === 1 ? {} : { itemsPerEntry: unit }),
    };
  }

  /** Waits of single items, where the agent saw them arrive and the stage has this queue alone. */
  private waitNs({ to }: LinkedQueue): QueueReport['waitNs'] {
    if (to === null || to.waited.weight === 0) return null;
    if (this.pipeline.queues.filter((other) => other.to === to).length > 1) return null;
    return { p50: to.waited.quantile(0.5), p95: to.waited.quantile(0.95) };
  }

  /** Times of single items from end to end; null when they cannot be followed. */
  private itemLatency(settledNs: number): LogHistogram | null {
    const fold = this.latencyFold(settledNs);
    return fold === null || fold.latency.weight === 0 ? null : fold.latency;
  }

  /** When items left the pipeline, and how long they had taken, as of the last measurement; null: they are not followed. */
  get latencies(): IntervalTable | null {
    return this.latency?.items ?? null;
  }

  private latencyFold(settledNs: number): LatencyFold | null {
    const first = this.pipeline.stages[0];
    const last = this.pipeline.stages.at(-1);
    if (first === undefined || last === undefined || this.pipeline.isImported) return null;
    if (this.latency?.first !== first || this.latency.last !== last || this.latency.isStale) {
      this.latency?.dispose();
      this.latency = new LatencyFold(first, last, this.store.pool);
    }
    this.latency.advance(settledNs);
    return this.latency;
  }
}

/** The percentiles of latencies that are told. */
export function percentilesOf(times: LogHistogram): { p50: number; p95: number; p99: number } {
  return { p50: times.quantile(0.5), p95: times.quantile(0.95), p99: times.quantile(0.99) };
}

/** A count per second of the time that was recorded, `observedNs`. */
export function perSecond(count: number, observedNs: number): number {
  return observedNs > 0 ? count / (observedNs / 1e9) : 0;
}

/** items / (busy time / parallelism), with the mean parallelism of the window: lane time / window, both without gaps. */
function trueRate(totals: StageTotals, time: LaneTime, observedNs: number): number | null {
  if (time.busyNs <= 0 || observedNs <= 0) return null;
  const parallelism = time.totalNs / observedNs;
  return totals.items / (time.busyNs / parallelism / 1e9);
}
