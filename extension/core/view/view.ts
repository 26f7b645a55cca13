/** Answers a view request: the rows asked for, as pixels, in one buffer. */
import type { CpuAttribution, StageSamples } from '../analysis/cpuAttribution.js';
import type { PipelineAnalysis } from '../analysis/pipelineAnalysis.js';
import { usedLanes, type Lane, type Queue } from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import {
  BOX_BYTES,
  type ViewReply,
  type ViewRequest,
  type ViewSection,
} from '../panel/messages.js';
import { BoxList } from './boxes.js';
import { paintCpu } from './cpuBoxes.js';
import { paintGauge } from './gaugeParts.js';
import type { GaugeRows, GaugeTarget } from './gaugeRows.js';
import { bucketsFor, DepthPyramid, paintHeatmap } from './heatmap.js';
import { paintLane, type LanePicture } from './laneBoxes.js';
import { paintSpans } from './spanBoxes.js';

/** Pixels of all rows together that are drawn one by one; larger requests get coarser pixels, so the work is bounded. */
const MAX_ROW_PIXELS = 2_000_000;

/** A queue that never held more still has this many depths above it, so that staying empty looks empty, not full. */
const MIN_HIGHEST_DEPTH = 4;

/** Sums over a queue's records, kept between views. */
const pyramids = new WeakMap<Queue, DepthPyramid>();

/** What pictures are made from, up to date. */
export interface Prepared {
  readonly analyses: readonly PipelineAnalysis[];
  readonly cpu: CpuAttribution;
  readonly gauges: GaugeRows;
}

/** What stands behind a row id. */
export type RowTarget =
  | { readonly kind: 'lane'; readonly lane: Lane; readonly analysis: PipelineAnalysis }
  | { readonly kind: 'cpu'; readonly row: StageSamples }
  | { readonly kind: 'queue'; readonly queue: Queue }
  | { readonly kind: 'gauge'; readonly gauge: GaugeTarget };

/** Lanes, CPU samples, queues and gauges by row id. */
export function rowTargets(
  store: TraceStore,
  { analyses, cpu, gauges }: Prepared,
): ReadonlyMap<number, RowTarget> {
  const targets = new Map<number, RowTarget>();
  for (const analysis of analyses) {
    for (const stage of analysis.pipeline.stages) {
      for (const lane of stage.lanes) targets.set(lane.rowId, { kind: 'lane', lane, analysis });
      for (const row of cpu.rowsOf(stage)) targets.set(row.rowId, { kind: 'cpu', row });
    }
    for (const { queue } of analysis.pipeline.queues) {
      targets.set(queue.rowId, { kind: 'queue', queue });
    }
  }
  for (const gauge of gauges.targets(store)) targets.set(gauge.rowId, { kind: 'gauge', gauge });
  return targets;
}

/** Draws the rows. Unknown row ids are left out: the panel may ask by an older snapshot. */
export function answerView(store: TraceStore, prepared: Prepared, request: ViewRequest): ViewReply {
  const reply = new ReplyBuilder(store, request);
  const targets = rowTargets(store, prepared);
  if (request.toNs > request.fromNs) {
    for (const row of new Set(request.rows)) {
      const target = targets.get(row);
      if (target !== undefined) reply.row(row, target);
    }
  }
  return reply.finish();
}

/** Where a lane's free time can be explained: within the pipeline's window, and the lane's own life if it is one too many. */
export function freeWindow(
  lane: Lane,
  analysis: PipelineAnalysis,
): { readonly freeFromNs: number; readonly freeToNs: number } {
  const { fromNs, toNs } = analysis.drawnWindow;
  const { stage, executions } = lane;
  const declared = stage?.parallelism.current ?? null;
  if (stage === null || declared === null || usedLanes(stage).length <= declared) {
    return { freeFromNs: fromNs, freeToNs: toNs };
  }
  // More lanes than may run at once: threads come and go, and a lane that is gone waits for nothing.
  const lastEndNs = executions.length === 0 ? fromNs : executions.endNs(executions.length - 1);
  return { freeFromNs: executions.startNs.at(0), freeToNs: lastEndNs };
}

class ReplyBuilder {
  private readonly store: TraceStore;
  private readonly request: ViewRequest;
  private readonly nsPerPx: number;
  private readonly mergeNs: number;
  private readonly names = [''];
  private readonly nameIndex = new Map<string, number>();
  private readonly parts: { readonly at: number; readonly write: (b: ArrayBuffer) => void }[] = [];
  private readonly sections: ViewSection[] = [];
  private byteLength = 0;

  constructor(store: TraceStore, request: ViewRequest) {
    this.store = store;
    this.request = request;
    const { fromNs, toNs, widthPx, rows } = request;
    this.nsPerPx = (toNs - fromNs) / widthPx;
    this.mergeNs = this.nsPerPx * Math.max(Math.ceil((widthPx * rows.length) / MAX_ROW_PIXELS), 1);
  }

  row(row: number, target: RowTarget): void {
    switch (target.kind) {
      case 'lane':
        this.lane(row, target.lane, target.analysis);
        return;
      case 'cpu':
        this.cpu(row, target.row);
        return;
      case 'queue':
        this.queue(row, target.queue);
        return;
      case 'gauge':
        this.gauge(row, target.gauge);
    }
  }

  private lane(row: number, lane: Lane, analysis: PipelineAnalysis): void {
    const { fromNs, toNs } = this.request;
    const boxes = new BoxList(fromNs, this.nsPerPx);
    const picture: LanePicture = {
      fromNs,
      toNs,
      pxNs: this.mergeNs,
      originNs: fromNs,
      timeline: lane.stage === null ? null : analysis.fold(lane.stage).timeline,
      ...freeWindow(lane, analysis),
    };
    paintLane(lane, picture, boxes);
    paintSpans(lane, picture, boxes, (name) => this.name(name));
    this.boxes(row, boxes);
  }

  private cpu(row: number, samples: StageSamples): void {
    const { fromNs, toNs } = this.request;
    const boxes = new BoxList(fromNs, this.nsPerPx);
    const { functions } = this.store.cpu.table;
    const nameOf = (name: string): number => this.text(name);
    paintCpu(samples, { fromNs, toNs, pxNs: this.mergeNs, functions, nameOf }, boxes);
    this.boxes(row, boxes);
  }

  private queue(row: number, queue: Queue): void {
    const { series } = queue;
    const capacity = Math.min(queue.capacity.current ?? 0, 2 ** 31);
    const highest = Math.max(series.maxDepth, capacity, MIN_HIGHEST_DEPTH);
    const { buckets, depthPerBucket } = bucketsFor(highest);
    let pyramid = pyramids.get(queue);
    if (pyramid?.isFor(depthPerBucket) !== true) {
      pyramid = new DepthPyramid(series, depthPerBucket);
      pyramids.set(queue, pyramid);
    }
    const { columns } = this;
    const cells = paintHeatmap(pyramid, queue, {
      fromNs: this.request.fromNs,
      nsPerColumn: (this.nsPerPx * this.request.widthPx) / columns,
      columns,
      buckets,
      depthPerBucket,
      horizonNs: this.store.newestNs,
    });
    const offset = this.byteLength;
    this.sections.push({ kind: 'queue', row, offset, columns, buckets, depthPerBucket });
    this.append(cells.byteLength, (buffer, at) => {
      new Uint8Array(buffer, at, cells.length).set(cells);
    });
  }

  private gauge(row: number, { part }: GaugeTarget): void {
    const { fromNs, toNs } = this.request;
    const values = paintGauge(part, fromNs, toNs, this.columns);
    const columns = values.length;
    this.sections.push({ kind: 'gauge', row, offset: this.byteLength, columns });
    this.append(values.byteLength, (buffer, at) => {
      new Float32Array(buffer, at, columns).set(values);
    });
  }

  /** Of rows that are drawn by column. */
  private get columns(): number {
    return Math.max(Math.floor((this.request.widthPx * this.nsPerPx) / this.mergeNs), 1);
  }

  finish(): ViewReply {
    const buffer = new ArrayBuffer(this.byteLength);
    for (const { write } of this.parts) write(buffer);
    const { seq, fromNs, toNs, widthPx } = this.request;
    return { seq, fromNs, toNs, widthPx, sections: this.sections, names: this.names, buffer };
  }

  private boxes(row: number, boxes: BoxList): void {
    this.sections.push({ kind: 'lane', row, offset: this.byteLength, count: boxes.count });
    this.append(boxes.count * BOX_BYTES, (buffer, at) => {
      boxes.write(buffer, at);
    });
  }

  private append(bytes: number, write: (buffer: ArrayBuffer, at: number) => void): void {
    const at = this.byteLength;
    this.parts.push({
      at,
      write: (buffer) => {
        write(buffer, at);
      },
    });
    this.byteLength += Math.ceil(bytes / 4) * 4;
  }

  private name(name: number): number {
    return this.text(this.store.spanNames[name] ?? '');
  }

  private text(text: string): number {
    const known = this.nameIndex.get(text);
    if (known !== undefined) return known;
    const index = this.names.length;
    this.names.push(text);
    this.nameIndex.set(text, index);
    return index;
  }
}
