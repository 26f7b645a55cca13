/** Pictures and hits of the simulated run. */
import { CPU_ROW, functionNames, sampleBytes, sampleHit } from './fakeSamples.js';
import { gaugeHit, gaugeValues, isGauge } from './fakeGauges.js';
import {
  BOX_BYTES,
  BoxFlag,
  BoxKind,
  packMeta,
  type ViewReply,
  type ViewRequest,
  type ViewSection,
} from '../../../extension/core/panel/view.js';
import type { HitReply, HitRequest } from '../../../extension/core/panel/hit.js';
import { depthAt, depthShares, lost, MS, queues, result, stages } from './fakeSession.js';
import type { SimSpan } from './simulation.js';

const MAX_BUCKETS = 32;

interface Nested {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Tokenise runs two spans of the user's own inside each execution. */
function nestedOf(stage: number, span: SimSpan): readonly Nested[] {
  if (stage !== 2 || span.state !== 'busy') return [];
  const took = span.endMs - span.startMs;
  const at = (share: number): number => span.startMs + took * share;
  return [
    { name: 'parse', startMs: at(0.02), endMs: at(0.55) },
    { name: 'stem', startMs: at(0.58), endMs: at(0.95) },
  ];
}

interface Box {
  x: number;
  right: number;
  kind: number;
  level: number;
  busy: number;
  flags: number;
  name: number;
}

const names = ['', 'parse', 'stem'];

function addBox(boxes: Box[], box: Box): void {
  const last = boxes.at(-1);
  const narrow = box.right - box.x < 1;
  if (
    last !== undefined &&
    narrow &&
    last.level === box.level &&
    last.right - last.x < 1 &&
    box.x - last.x < 1
  ) {
    last.right = Math.max(last.right, box.right);
    last.busy += box.busy;
    last.flags |= box.flags | BoxFlag.merged;
    if (box.kind === BoxKind.busy) last.kind = BoxKind.busy;
    return;
  }
  boxes.push(box);
}

function laneBoxes(stage: number, lane: number, request: ViewRequest, endMs: number): Box[] {
  const pxPerMs = (request.widthPx / (request.toNs - request.fromNs)) * MS;
  const x = (ms: number): number => (ms - request.fromNs / MS) * pxPerMs;
  const boxes: Box[] = [];
  const spans = (result().lanes[stage]?.[lane] ?? []).filter(
    (s) => !lost(s.endMs) && s.startMs < endMs && x(s.endMs) > 0 && x(s.startMs) < request.widthPx,
  );
  for (const span of spans) {
    const [left, right] = [x(span.startMs), x(Math.min(span.endMs, endMs))];
    const busy = span.state === 'busy' ? right - left : 0;
    const flags = span.failed ? BoxFlag.error : 0;
    addBox(boxes, { x: left, right, kind: BoxKind[span.state], level: 0, busy, flags, name: 0 });
  }
  for (const span of spans) {
    for (const nested of nestedOf(stage, span)) {
      const [left, right] = [x(nested.startMs), x(nested.endMs)];
      addBox(boxes, {
        x: left,
        right,
        kind: BoxKind.span,
        level: 1,
        busy: right - left,
        flags: 0,
        name: names.indexOf(nested.name),
      });
    }
  }
  return boxes;
}

function writeBoxes(boxes: readonly Box[]): Uint8Array {
  const bytes = new ArrayBuffer(boxes.length * BOX_BYTES);
  const floats = new Float32Array(bytes);
  const words = new Uint32Array(bytes);
  for (const [i, box] of boxes.entries()) {
    const width = Math.max(box.right - box.x, (box.flags & BoxFlag.merged) === 0 ? 0 : 1);
    floats[i * 4] = box.x;
    floats[i * 4 + 1] = width;
    const share = Math.min(255, Math.round((box.busy / Math.max(width, 1e-6)) * 255));
    words[i * 4 + 2] = packMeta(box.kind, box.level, share, box.flags);
    words[i * 4 + 3] = box.name;
  }
  return new Uint8Array(bytes);
}

function heatCells(
  queue: number,
  request: ViewRequest,
  endMs: number,
): { cells: Uint8Array; columns: number; buckets: number; depthPerBucket: number } {
  const capacity = queues[queue]?.capacity ?? 0;
  const depthPerBucket = Math.ceil((capacity + 1) / MAX_BUCKETS);
  const buckets = Math.ceil((capacity + 1) / depthPerBucket);
  const columns = Math.ceil(request.widthPx / 3);
  const cells = new Uint8Array(columns * buckets);
  const stepMs = (request.toNs - request.fromNs) / MS / columns;
  for (let column = 0; column < columns; column += 1) {
    const fromMs = request.fromNs / MS + column * stepMs;
    if (fromMs < 0 || fromMs >= endMs || lost(fromMs)) continue;
    const shares = depthShares(queue, fromMs, fromMs + stepMs, capacity + 1);
    for (const [depth, share] of shares.entries()) {
      const at = column * buckets + Math.floor(depth / depthPerBucket);
      if (share > 0)
        cells[at] = Math.min(255, (cells[at] ?? 0) + Math.max(1, Math.round(share * 255)));
    }
  }
  return { cells, columns, buckets, depthPerBucket };
}

const allNames = [...names, ...functionNames];

/** The pixels of the rows asked for. */
export function viewAt(request: ViewRequest, endMs: number): ViewReply {
  const sections: ViewSection[] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  const add = (bytes: Uint8Array): number => {
    const at = offset;
    parts.push(bytes);
    offset += Math.ceil(bytes.length / 4) * 4;
    return at;
  };
  for (const row of request.rows) {
    if (isGauge(row)) {
      const values = gaugeValues(row, request, endMs);
      const offset = add(new Uint8Array(values.buffer));
      sections.push({ kind: 'gauge', row, offset, columns: values.length });
    } else if (row === CPU_ROW) {
      const samples = sampleBytes(request, names.length);
      sections.push({ kind: 'lane', row, offset: add(samples), count: samples.length / 16 });
    } else if (row >= 9000) {
      const { cells, ...shape } = heatCells(row - 9000, request, endMs);
      sections.push({ kind: 'queue', row, offset: add(cells), ...shape });
    } else {
      const boxes = laneBoxes(Math.floor(row / 100) - 1, row % 100, request, endMs);
      sections.push({ kind: 'lane', row, offset: add(writeBoxes(boxes)), count: boxes.length });
    }
  }
  const whole = new Uint8Array(offset);
  for (const [i, part] of parts.entries()) whole.set(part, sections[i]?.offset ?? 0);
  const { seq, fromNs, toNs, widthPx } = request;
  return { seq, fromNs, toNs, widthPx, sections, names: allNames, buffer: whole.buffer };
}

/** What is at a moment on a row. */
export function hitAt(request: HitRequest): HitReply {
  const atMs = request.atNs / MS;
  const { seq, row } = request;
  if (isGauge(row)) return gaugeHit(request);
  if (row === CPU_ROW) return sampleHit(request);
  if (row >= 9000) {
    const queue = queues[row - 9000]?.name ?? '';
    const depth = depthAt(row - 9000, atMs);
    return { seq, hit: { kind: 'depth', queue, atNs: request.atNs, depth } };
  }
  const [stage, lane] = [Math.floor(row / 100) - 1, row % 100];
  const tolerance = request.toleranceNs / MS;
  const span = (result().lanes[stage]?.[lane] ?? []).find(
    (s) => s.startMs - tolerance <= atMs && atMs < s.endMs + tolerance,
  );
  if (span === undefined) return { seq, hit: null };
  const place = {
    lane: `main #${lane}`,
    startNs: span.startMs * MS,
    durationNs: (span.endMs - span.startMs) * MS,
  };
  if (span.state !== 'busy') return { seq, hit: { kind: 'wait', state: span.state, ...place } };
  const name = stages[stage]?.name ?? '';
  return {
    seq,
    hit: {
      kind: 'execution',
      stage: name,
      item: span.item,
      items: 1,
      failed: span.failed,
      ...place,
    },
  };
}
