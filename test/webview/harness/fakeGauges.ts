/** Gauges of the simulated session: the loop hangs now and then, and nothing was measured for two seconds. */
import type { ViewRequest } from '../../../extension/core/panel/view.js';
import type { HitReply, HitRequest } from '../../../extension/core/panel/hit.js';
import type { GaugeRow, GaugesRow } from '../../../extension/core/panel/rows.js';

const MS = 1e6;
const STEP_MS = 250;
const FIRST_ROW = 7000;
const GAP_MS = [15_000, 17_000] as const;

interface Gauge extends Omit<GaugeRow, 'id'> {
  readonly at: (ms: number) => number;
}

const base = { thread: null, warnAbove: null, limit: null } as const;

const gauges: readonly Gauge[] = [
  {
    ...base,
    label: 'event loop delay',
    thread: 'main',
    unit: 'ns',
    mean: null,
    max: 112 * MS,
    scaleMax: 112 * MS,
    warnAbove: 50 * MS,
    at: (ms) => (ms % 4000 < 500 ? 112 : 4 + (ms % 1700) / 60) * MS,
  },
  {
    ...base,
    label: 'event loop busy',
    thread: 'main',
    unit: 'share',
    mean: 0.61,
    max: 0.99,
    scaleMax: 1,
    warnAbove: 0.95,
    at: (ms) => (ms % 4000 < 500 ? 0.99 : 0.5 + 0.2 * Math.sin(ms / 900)),
  },
  {
    ...base,
    label: 'garbage collection',
    thread: 'main',
    unit: 'share',
    mean: 0.04,
    max: null,
    scaleMax: 1,
    at: (ms) => (ms % 1000 < 250 ? 0.3 : 0),
  },
  {
    ...base,
    label: 'CPU, cores',
    unit: 'cores',
    mean: 2.1,
    max: 3.4,
    scaleMax: 8,
    limit: 8,
    at: (ms) => 2.1 + 1.2 * Math.sin(ms / 2500),
  },
  {
    ...base,
    label: 'held by quota',
    unit: 'share',
    mean: 0.01,
    max: 0.2,
    scaleMax: 0.2,
    warnAbove: 0.01,
    at: (ms) => (ms > 9000 && ms < 10_500 ? 0.2 : 0),
  },
  {
    ...base,
    label: 'memory, resident',
    unit: 'bytes',
    mean: 300 * 2 ** 20,
    max: 412 * 2 ** 20,
    scaleMax: 412 * 2 ** 20,
    at: (ms) => (120 + ((ms / 40) % 290)) * 2 ** 20,
  },
  ...[1, 2].flatMap((worker): readonly Gauge[] => [
    {
      ...base,
      label: `worker ${worker} CPU`,
      thread: `worker ${worker}`,
      unit: 'share',
      mean: 0.9,
      max: 0.97,
      scaleMax: 1,
      at: (ms) => 0.9 + 0.07 * Math.sin(ms / (300 * worker)),
    },
  ]),
];

function rowOf(gauge: Gauge, index: number): GaugeRow {
  const { label, thread, unit, mean, max, scaleMax, warnAbove, limit } = gauge;
  return { id: FIRST_ROW + index, label, thread, unit, mean, max, scaleMax, warnAbove, limit };
}

/** The group below the pipelines. */
export const gaugesRow: GaugesRow = {
  kind: 'gauges',
  id: FIRST_ROW - 1,
  process: 4711,
  title: 'index.mjs',
  gauges: gauges.map(rowOf),
};

export const isGauge = (row: number): boolean => gauges[row - FIRST_ROW] !== undefined;

/** The sample that speaks about a moment. */
function valueAt(row: number, atMs: number, endMs: number): number {
  if (atMs < 0 || atMs >= endMs) return NaN;
  if (atMs >= GAP_MS[0] && atMs < GAP_MS[1]) return -1;
  return gauges[row - FIRST_ROW]?.at(Math.floor(atMs / STEP_MS) * STEP_MS) ?? NaN;
}

/** Columns of a row, one per pixel. */
export function gaugeValues(row: number, request: ViewRequest, endMs: number): Float32Array {
  const { fromNs, toNs, widthPx } = request;
  const stepMs = (toNs - fromNs) / widthPx / MS;
  return Float32Array.from({ length: widthPx }, (_, i) =>
    valueAt(row, fromNs / MS + (i + 0.5) * stepMs, endMs),
  );
}

/** The sample at a moment. */
export function gaugeHit({ seq, row, atNs }: HitRequest): HitReply {
  const gauge = gauges[row - FIRST_ROW];
  const startMs = Math.floor(atNs / MS / STEP_MS) * STEP_MS;
  const value = valueAt(row, startMs, Infinity);
  if (gauge === undefined || !(value >= 0)) return { seq, hit: null };
  const { label, thread, unit } = gauge;
  const time = { startNs: startMs * MS, durationNs: STEP_MS * MS };
  const who = { label, thread, unit, process: 'index.mjs', collection: null };
  return { seq, hit: { kind: 'gauge', ...who, value, ...time } };
}
