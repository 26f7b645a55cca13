/** Answers a view request: the rows asked for, as pixels, in one buffer. */
import type { StageSamples } from '../analysis/cpuAttribution.js';
import type { PipelineAnalysis } from '../analysis/pipelineAnalysis.js';
import type { Job } from '../job.js';
import { usedLanes, type Lane } from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import {
  BOX_BYTES,
  type StripPlace,
  type ViewReply,
  type ViewRequest,
  type ViewSection,
} from '../panel/view.js';
import { BoxList } from './boxes.js';
import { columnsFor, ColumnSums, type Columns } from './columns.js';
import { paintCpu } from './cpuBoxes.js';
import { paintGauge } from './gaugeParts.js';
import type { GaugeTarget } from './gaugeRows.js';
import { paintHeatmap } from './heatmap.js';
import { paintLane } from './lanePicture.js';
import type { Prepared, QueueRowTarget, RowTarget, StageRowTarget } from './rowTargets.js';
import { paintSpans } from './spanBoxes.js';

/** Pixels of all rows together that are drawn one by one; larger requests get coarser pixels, so the work is bounded. */
const MAX_ROW_PIXELS = 2_000_000;

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
  const lastEndNs = executions.length === 0 ? fromNs : executions.lastEndNs;
  return { freeFromNs: executions.startNs.at(0), freeToNs: lastEndNs };
}

/**
 * What pictures are made from: `former` if that is still good. Between two rows a snapshot may have found that the pipeline is
 * another one, and then nobody brings the former analyses up to date any more.
 */
export type Prepare = (former: Prepared | null) => Prepared;

/**
 * A view request being answered, row by row, so that whoever runs it can stop in between: `step` until it says that nothing is
 * left, then `finish`. Rows that are not known are left out: the panel may ask by an older snapshot.
 */
export class ViewJob implements Job<ViewReply> {
  private readonly store: TraceStore;
  private readonly prepare: Prepare;
  private prepared: Prepared;
  private readonly request: ViewRequest;
  private readonly rows: number[];
  private readonly nsPerPx: number;
  private readonly pxNs: number;
  private readonly columns: Columns;
  private readonly sums: ColumnSums;
  private readonly names = [''];
  private readonly nameIndex = new Map<string, number>();
  private readonly parts: ((buffer: ArrayBuffer) => void)[] = [];
  private readonly sections: ViewSection[] = [];
  private byteLength = 0;

  constructor(store: TraceStore, prepare: Prepare, request: ViewRequest) {
    this.store = store;
    this.prepare = prepare;
    this.prepared = prepare(null);
    this.request = request;
    const { fromNs, toNs, widthPx } = request;
    const isEmpty = !(toNs > fromNs);
    this.rows = isEmpty ? [] : [...new Set(request.rows)].reverse();
    this.nsPerPx = isEmpty ? 1 : (toNs - fromNs) / widthPx;
    const coarser = Math.ceil((widthPx * request.rows.length) / MAX_ROW_PIXELS);
    this.pxNs = this.nsPerPx * Math.max(coarser, 1);
    this.columns = columnsFor(fromNs, isEmpty ? fromNs : toNs, this.pxNs);
    this.sums = new ColumnSums(this.columns);
  }

  /** Draws the next row; false: there was none. */
  step(): boolean {
    const row = this.rows.pop();
    if (row === undefined) return false;
    this.prepared = this.prepare(this.prepared);
    const target = this.prepared.targets.get(row);
    if (target !== undefined) this.paint(row, target);
    return true;
  }

  /** The reply with the rows drawn so far. */
  finish(): ViewReply {
    const buffer = new ArrayBuffer(this.byteLength);
    for (const write of this.parts) write(buffer);
    const { seq, fromNs, toNs, widthPx } = this.request;
    const { widthNs, first } = this.columns;
    return {
      seq,
      fromNs,
      toNs,
      widthPx,
      columnNs: widthNs,
      originNs: first * widthNs,
      sections: this.sections,
      names: this.names,
      buffer,
    };
  }

  private paint(row: number, target: RowTarget): void {
    switch (target.kind) {
      case 'lane':
        this.lane(row, target.lane, target.analysis);
        return;
      case 'stages':
        this.strip(row, target);
        return;
      case 'cpu':
        this.cpu(row, target.row);
        return;
      case 'queues':
        this.queues(row, target);
        return;
      case 'gauge':
        this.gauge(row, target.gauge);
    }
  }

  private lane(row: number, lane: Lane, analysis: PipelineAnalysis): void {
    const { fromNs, toNs } = this.request;
    const boxes = new BoxList(fromNs, this.nsPerPx);
    this.sums.clear();
    this.addLane(lane, analysis, boxes);
    const visible = { fromNs, toNs, pxNs: this.pxNs, originNs: fromNs };
    paintSpans(lane, visible, boxes, (name) => this.name(name));
    const offset = this.boxes(boxes);
    const strip = this.stripOf(1);
    this.sections.push({ kind: 'lane', row, offset, count: boxes.count, strip });
  }

  private strip(row: number, { stages, analysis }: StageRowTarget): void {
    this.sums.clear();
    let lanes = 0;
    for (const stage of stages) {
      const used = usedLanes(stage);
      for (const lane of used) this.addLane(lane, analysis, null);
      lanes += Math.max(used.length, stage.parallelism.current ?? 0);
    }
    this.sections.push({ kind: 'strip', row, strip: this.stripOf(lanes) });
  }

  private addLane(lane: Lane, analysis: PipelineAnalysis, boxes: BoxList | null): void {
    const fold = lane.stage === null ? null : analysis.fold(lane.stage);
    const free = { timeline: fold?.timeline ?? null, ...freeWindow(lane, analysis) };
    const levels = fold?.levelsOf(lane) ?? null;
    paintLane({ lane, levels, free, pxNs: this.pxNs }, this.sums, boxes);
  }

  private cpu(row: number, samples: StageSamples): void {
    const { fromNs, toNs } = this.request;
    const boxes = new BoxList(fromNs, this.nsPerPx);
    const { functions } = this.store.cpu.table;
    const nameOf = (name: string): number => this.text(name);
    paintCpu(samples, { fromNs, toNs, pxNs: this.pxNs, functions, nameOf }, boxes);
    const offset = this.boxes(boxes);
    const strip = { offset: 0, first: 0, count: 0 };
    this.sections.push({ kind: 'lane', row, offset, count: boxes.count, strip });
  }

  private queues(row: number, { queues, analysis }: QueueRowTarget): void {
    const { cells, ...shape } = paintHeatmap(
      queues.map((queue) => ({
        levels: analysis.depthLevels(queue),
        capacity: queue.capacity.current,
        maxDepth: queue.series.maxDepth,
      })),
      this.columns,
      this.store.newestNs,
    );
    const offset = this.append(cells.byteLength, (buffer, at) => {
      new Uint8Array(buffer, at, cells.length).set(cells);
    });
    this.sections.push({ kind: 'queue', row, offset, ...shape });
  }

  private gauge(row: number, { part }: GaugeTarget): void {
    const { fromNs, toNs, widthPx } = this.request;
    const wanted = Math.max(Math.floor((widthPx * this.nsPerPx) / this.pxNs), 1);
    const values = paintGauge(part, fromNs, toNs, wanted);
    const columns = values.length;
    const offset = this.append(values.byteLength, (buffer, at) => {
      new Float32Array(buffer, at, columns).set(values);
    });
    this.sections.push({ kind: 'gauge', row, offset, columns });
  }

  private boxes(boxes: BoxList): number {
    return this.append(boxes.count * BOX_BYTES, (buffer, at) => {
      boxes.write(buffer, at);
    });
  }

  /** The columns that were added up, packed. */
  private stripOf(lanes: number): StripPlace {
    const { first, words } = this.sums.pack(lanes);
    const offset = this.append(words.byteLength, (buffer, at) => {
      new Uint32Array(buffer, at, words.length).set(words);
    });
    return { offset, first, count: words.length };
  }

  private append(bytes: number, write: (buffer: ArrayBuffer, at: number) => void): number {
    const at = this.byteLength;
    this.parts.push((buffer) => {
      write(buffer, at);
    });
    this.byteLength += Math.ceil(bytes / 4) * 4;
    return at;
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
