/** Small inputs for the tests of the panel. */
import {
  BOX_BYTES,
  packMeta,
  packStrip,
  type StripPlace,
  type ViewReply,
  type ViewSection,
} from '../../extension/core/panel/view.js';
import type { GaugeRow, GaugesRow, QueueRow, StageRow } from '../../extension/core/panel/rows.js';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import type { Report } from '../../extension/core/report/report.js';
import { openReply, type Picture } from '../../webview/timeline/picture.js';
import { buildTheme, type Theme } from '../../webview/theme.js';

/** Patterns by name, so that a drawing log tells them apart. */
export const testTheme: Theme = {
  ...buildTheme(
    'dark',
    () => '',
    ({ what }) => what,
  ),
  background: 'background',
  stageRow: 'stageRow',
  queueRow: 'queueRow',
  line: 'line',
  grid: 'grid',
  foreground: 'foreground',
  dim: 'dim',
  error: 'error',
  warning: 'warning',
  starved: 'starved',
  limitedFill: 'limited',
  veil: 'veil',
  focus: 'focus',
  markedBand: 'markedBand',
  markedVeil: 'markedVeil',
  capacity: 'capacity',
  area: 'area',
  gaugeLine: 'gaugeLine',
  gaugeWarning: 'gaugeWarning',
  flagInk: 'flagInk',
  heat: Array.from({ length: 256 }, (_, i) => `heat${i}`),
  stages: {
    source: stagePaint('source'),
    cpu: stagePaint('cpu'),
    io: stagePaint('io'),
    gpu: stagePaint('gpu'),
    sink: stagePaint('sink'),
  },
};

function stagePaint(name: string): Theme['stages']['cpu'] {
  return {
    solid: name,
    ink: `${name}-ink`,
    shares: Array.from({ length: 16 }, (_, i) => `${name}-share${i}`),
    spans: [`${name}-span0`, `${name}-span1`],
  };
}

export interface TestBox {
  readonly x: number;
  readonly width: number;
  readonly kind: number;
  readonly level?: number;
  readonly share?: number;
  readonly flags?: number;
  readonly name?: number;
}

/** Shares of a column, and its flags. */
export interface TestColumn {
  readonly busy?: number;
  readonly starved?: number;
  readonly blocked?: number;
  readonly limited?: number;
  readonly flags?: number;
}

export interface TestQueue {
  readonly buckets: number;
  readonly depthPerBucket?: number;
  /** By column, then by bucket. */
  readonly cells: readonly (readonly number[])[];
}

export interface TestReply {
  readonly fromNs: number;
  readonly toNs: number;
  readonly widthPx: number;
  readonly lanes?: Readonly<Record<number, readonly TestBox[]>>;
  /** Of lanes, or of whole stages; as many columns as the widest row has, over the whole range. */
  readonly strips?: Readonly<Record<number, readonly TestColumn[]>>;
  readonly queues?: Readonly<Record<number, TestQueue>>;
  readonly gauges?: Readonly<Record<number, readonly number[]>>;
  readonly names?: readonly string[];
  readonly seq?: number;
}

function boxBytes(boxes: readonly TestBox[]): Uint8Array {
  const bytes = new ArrayBuffer(boxes.length * BOX_BYTES);
  const view = new DataView(bytes);
  for (const [i, box] of boxes.entries()) {
    const { level = 0, share = 255, flags = 0, name = 0 } = box;
    view.setFloat32(i * BOX_BYTES, box.x, true);
    view.setFloat32(i * BOX_BYTES + 4, box.width, true);
    view.setUint32(i * BOX_BYTES + 8, packMeta(box.kind, level, share, flags), true);
    view.setUint32(i * BOX_BYTES + 12, name, true);
  }
  return new Uint8Array(bytes);
}

function stripBytes(columns: readonly TestColumn[]): Uint8Array {
  const words = columns.map(({ flags = 0, ...shares }) =>
    packStrip({ busy: 0, starved: 0, blocked: 0, limited: 0, ...shares }, flags),
  );
  return new Uint8Array(Uint32Array.from(words).buffer);
}

function gaugeSections(
  gauges: Readonly<Record<number, readonly number[]>>,
  add: (bytes: Uint8Array) => number,
): readonly ViewSection[] {
  return Object.entries(gauges).map(([row, values]) => {
    const offset = add(new Uint8Array(Float32Array.from(values).buffer));
    return { kind: 'gauge', row: Number(row), offset, columns: values.length };
  });
}

/** Packs a reply as the host does. */
export function viewReply(input: TestReply): ViewReply {
  const sections: ViewSection[] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  const add = (bytes: Uint8Array): number => {
    const at = offset;
    parts.push(bytes);
    offset += Math.ceil(bytes.length / 4) * 4;
    return at;
  };
  const strips = new Map(Object.entries(input.strips ?? {}));
  const stripOf = (row: string): StripPlace => {
    const columns = strips.get(row) ?? [];
    strips.delete(row);
    return { offset: add(stripBytes(columns)), first: 0, count: columns.length };
  };
  for (const [row, boxes] of Object.entries(input.lanes ?? {})) {
    const offset = add(boxBytes(boxes));
    const strip = stripOf(row);
    sections.push({ kind: 'lane', row: Number(row), offset, count: boxes.length, strip });
  }
  for (const row of [...strips.keys()]) {
    sections.push({ kind: 'strip', row: Number(row), strip: stripOf(row) });
  }
  for (const [row, queue] of Object.entries(input.queues ?? {})) {
    const { buckets, depthPerBucket = 1, cells } = queue;
    const at = add(Uint8Array.from(cells.flat()));
    sections.push({
      kind: 'queue',
      row: Number(row),
      offset: at,
      first: 0,
      columns: cells.length,
      buckets,
      depthPerBucket,
    });
  }
  sections.push(...gaugeSections(input.gauges ?? {}, add));
  const whole = new Uint8Array(offset);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += Math.ceil(part.length / 4) * 4;
  }
  const { fromNs, toNs, widthPx, names = [''], seq = 1 } = input;
  const columnNs = (toNs - fromNs) / Math.max(columnsOf(input), 1);
  const columns = { columnNs, originNs: fromNs };
  return { seq, fromNs, toNs, widthPx, ...columns, sections, names, buffer: whole.buffer };
}

/** Columns of the row that has most of them. */
function columnsOf({ strips = {}, queues = {} }: TestReply): number {
  const strip = Object.values(strips).map((columns) => columns.length);
  const heat = Object.values(queues).map(({ cells }) => cells.length);
  return Math.max(0, ...strip, ...heat);
}

/** A reply, packed and opened. */
export function picture(input: TestReply): Picture {
  const opened = openReply(viewReply(input));
  if ('fault' in opened) throw new Error(opened.fault);
  return opened;
}

export function stageRow(
  id: number,
  stage: string,
  lanes: readonly (readonly [id: number, levels: number])[],
): StageRow {
  return {
    kind: 'stage',
    id,
    pipeline: 'p',
    stage,
    process: 1,
    stageKind: 'cpu',
    lanes: lanes.map(([lane, levels]) => ({ id: lane, label: `main #${lane}`, levels })),
    joined: null,
  };
}

export function queueRow(id: number, queue: string, capacity: number | null): QueueRow {
  return {
    kind: 'queue',
    id,
    pipeline: 'p',
    queue,
    capacity,
    maxDepth: capacity ?? 10,
    joined: null,
  };
}

/** The gauges of process 1: rows from `id` on. */
export function gaugesRow(id: number, gauges: readonly Partial<GaugeRow>[]): GaugesRow {
  const row = { thread: 'main', unit: 'share', mean: 0.5, max: 0.9, scaleMax: 1 } as const;
  return {
    kind: 'gauges',
    id,
    process: 1,
    title: 'app.js',
    gauges: gauges.map((gauge, i) => ({
      id: id + 1 + i,
      label: `gauge ${i}`,
      ...row,
      warnAbove: null,
      limit: null,
      ...gauge,
    })),
  };
}

/** A report that knows nothing. */
export const emptyReport: Report = {
  schema: 'sluice.report/1',
  capture: {
    durationNs: 0,
    executions: 0,
    bytes: 0,
    lost: { records: 0, shareOfExecutions: 0 },
    agentCost: null,
    truncatedAtByte: null,
    truncatedReason: null,
    processes: [],
    environment: null,
  },
  pipelines: [],
  notes: [],
};

export function snapshot(rest: Partial<PanelSnapshot> = {}): PanelSnapshot {
  return {
    generation: 1,
    title: 'test',
    state: 'capture',
    readShare: 1,
    extentNs: [0, 1e9],
    report: emptyReport,
    rows: [],
    throughput: { stepNs: 1e8, perSec: [] },
    latency: null,
    knobChanges: [],
    losses: [],
    emptyText: null,
    ...rest,
  };
}
