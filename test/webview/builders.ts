/** Small inputs for the tests of the panel. */
import {
  BOX_BYTES,
  packMeta,
  type ViewReply,
  type ViewSection,
} from '../../extension/core/panel/view.js';
import type { GaugeRow, GaugesRow, PanelRow } from '../../extension/core/panel/rows.js';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import type { Report } from '../../extension/core/report/report.js';
import type { QueueRow } from '../../webview/layout.js';
import { openReply, type Picture } from '../../webview/picture.js';
import { buildTheme, type Theme } from '../../webview/theme.js';

/** Patterns by name, so that a drawing log tells them apart. */
export const testTheme: Theme = {
  ...buildTheme(
    'dark',
    () => '',
    (what) => what,
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
  limited: 'limited',
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
  for (const [row, boxes] of Object.entries(input.lanes ?? {})) {
    sections.push({
      kind: 'lane',
      row: Number(row),
      offset: add(boxBytes(boxes)),
      count: boxes.length,
    });
  }
  for (const [row, queue] of Object.entries(input.queues ?? {})) {
    const { buckets, depthPerBucket = 1, cells } = queue;
    const at = add(Uint8Array.from(cells.flat()));
    sections.push({
      kind: 'queue',
      row: Number(row),
      offset: at,
      columns: cells.length,
      buckets,
      depthPerBucket,
    });
  }
  sections.push(...gaugeSections(input.gauges ?? {}, add));
  const whole = new Uint8Array(offset);
  for (const [i, part] of parts.entries()) whole.set(part, sections[i]?.offset ?? 0);
  const { fromNs, toNs, widthPx, names = [''], seq = 1 } = input;
  return { seq, fromNs, toNs, widthPx, sections, names, buffer: whole.buffer };
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
): PanelRow {
  return {
    kind: 'stage',
    id,
    pipeline: 'p',
    stage,
    process: 1,
    stageKind: 'cpu',
    lanes: lanes.map(([lane, levels]) => ({ id: lane, label: `main #${lane}`, levels })),
  };
}

export function queueRow(id: number, queue: string, capacity: number | null): QueueRow {
  return { kind: 'queue', id, pipeline: 'p', queue, capacity, maxDepth: capacity ?? 10 };
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
    extentNs: [0, 1e9],
    report: emptyReport,
    rows: [],
    throughput: { stepNs: 1e8, perSec: [] },
    knobChanges: [],
    losses: [],
    emptyText: null,
    ...rest,
  };
}
