/** What a capture of ten million executions costs: reading it with all levels of detail, memory, opening, pictures. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import type { FxtSink } from '../../agent/wire/records.js';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import type { ViewRequest } from '../../extension/core/panel/view.js';
import { SessionModel } from '../../extension/core/sessionModel.js';
import { workerEngine } from '../../extension/engine/engineClient.js';
import { layout, rowIdsBetween } from '../../webview/timeline/layout.js';
import type { BenchRow } from './bench.js';
import { heldBytes } from './support/heldBytes.js';
import { madeText, temporaryFolder, writeFxt } from './support/madeFiles.js';
import { quantile } from './support/quantile.js';

const MANY = 10_000_000;
const FEW = 1_000_000;
const ROUNDS = 5;
const VIEWS = 80;
/** The plot of a window of 1440 x 860 pixels with the panel in it, and of a screen of 2560 x 1440. */
const WINDOWS = [
  { name: 'a window of 1440 x 860', widthPx: 880, heightPx: 620, isPromised: true },
  { name: 'a screen of 2560 x 1440', widthPx: 2000, heightPx: 1200, isPromised: false },
] as const;
/** Rows that the panel asks for beyond those on screen. */
const AROUND_PX = 200;
/** As captures are read: see `captureReader.ts`. */
const CHUNK_BYTES = 512 * 1024;
const engineScript = fileURLToPath(new URL('../../dist/engine.cjs', import.meta.url));

function pushAll(bytes: Uint8Array, sink: FxtSink): void {
  const reader = new FxtReader(sink);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    reader.push(bytes.subarray(at, at + CHUNK_BYTES));
  }
}

const nobody: FxtSink = { event: () => undefined, record: () => undefined };

function secondsOf(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

/** What the panel asks for to show the beginning of the rows, and all of the time. */
function viewOf(
  { rows, report, extentNs }: PanelSnapshot,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
): Omit<ViewRequest, 'seq'> {
  const shown = rowIdsBetween(layout(rows, report), 0, heightPx + AROUND_PX);
  return { fromNs: extentNs[0], toNs: extentNs[1], widthPx, rows: shown };
}

function modelOf(bytes: Uint8Array): SessionModel {
  const model = new SessionModel({ title: 'bench' });
  model.setState('capture');
  pushAll(bytes, model.sink);
  return model;
}

/** The levels of every lane and queue are made when the first picture is asked for: any picture, even of nothing. */
function makeLevels(model: SessionModel): void {
  const [fromNs, toNs] = model.extentNs;
  model.view({ seq: 0, fromNs, toNs, widthPx: 1, rows: [] });
}

async function ingestRows(bytes: Uint8Array, text: string): Promise<[BenchRow[], SessionModel]> {
  const decoding: number[] = [];
  const whole: number[] = [];
  // What compiles and grows once is not what is measured.
  makeLevels(modelOf(bytes.subarray(0, bytes.length >> 4)));
  for (let round = 1; round < ROUNDS; round++) {
    decoding.push(
      secondsOf(() => {
        pushAll(bytes, nobody);
      }),
    );
    whole.push(
      secondsOf(() => {
        makeLevels(modelOf(bytes));
      }),
    );
    await heldBytes();
  }
  const before = await heldBytes();
  const model = modelOf(bytes);
  model.view({ seq: 0, ...viewOf(model.snapshot(), WINDOWS[1]) });
  const after = await heldBytes();
  const held = after.buffers + after.heap - before.buffers - before.heap;
  const best = Math.min(...whole);
  const rows = [
    {
      name: 'ingest, all levels included',
      value: MANY / best,
      unit: '1/s',
      note: `goal: 5,000,000; best of ${whole.length}, one thread; ${text}`,
    },
    {
      name: 'ingest, per decoding alone',
      value: best / Math.min(...decoding),
      unit: 'x',
      max: 7,
      note: `decoding the same bytes without keeping them: ${format(MANY / Math.min(...decoding) / 1e6)} M/s`,
    },
    {
      name: 'memory per execution, all levels included',
      value: held / MANY,
      unit: 'bytes',
      max: 40,
      note: 'array buffers and heap, queue depths and latencies of single items included',
    },
  ];
  return [rows, model];
}

const format = (value: number): string => value.toPrecision(3);

const ZOOMS = [
  ['full', 1],
  ['middle', 1000],
  ['deepest', 1_000_000],
] as const;

function viewRows(model: SessionModel): BenchRow[] {
  const snapshot = model.snapshot();
  return WINDOWS.flatMap((window) => {
    const whole = viewOf(snapshot, window);
    return ZOOMS.flatMap(([zoom, factor]) => {
      const ms = viewTimes(model, whole, factor);
      const lengthMs = (whole.toNs - whole.fromNs) / factor / 1e6;
      const what = `picture for ${window.name}, ${zoom} zoom`;
      const note = `${whole.rows.length} rows, ${whole.widthPx} pixels, ${format(lengthMs)} ms, all over the session`;
      return [
        { name: `${what}, p50`, value: quantile(ms, 0.5), unit: 'ms', note },
        {
          name: `${what}, p95`,
          value: quantile(ms, 0.95),
          unit: 'ms',
          ...(window.isPromised ? { max: 10 } : {}),
        },
      ];
    });
  });
}

function viewTimes(
  model: SessionModel,
  whole: Omit<ViewRequest, 'seq'>,
  zoom: number,
): readonly number[] {
  const spanNs = whole.toNs - whole.fromNs;
  const lengthNs = spanNs / zoom;
  const at = (i: number): ViewRequest => {
    // In no order that would spare anything.
    const fromNs = whole.fromNs + (spanNs - lengthNs) * ((i * 0.618_034) % 1);
    return { ...whole, seq: i, fromNs, toNs: fromNs + lengthNs };
  };
  for (let i = 0; i < VIEWS / 2; i++) model.view(at(i + 0.5));
  return Array.from({ length: VIEWS }, (_, i) => 1000 * secondsOf(() => model.view(at(i))));
}

interface Opened {
  readonly firstMs: number;
  readonly wholeMs: number;
  readonly steps: number;
}

/** As the panel's channel asks: see `throttle.ts`. */
const SNAPSHOT_INTERVAL_MS = 500;
const REST_PER_COST = 5;

async function changed(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Opens a file as the panel does, in the engine's worker thread, until the picture of all of it is here. */
async function open(file: string, pagesFolder: string): Promise<Opened> {
  const engine = workerEngine(engineScript, { pagesFolder });
  try {
    const start = performance.now();
    let firstMs = Infinity;
    let askedMs = -Infinity;
    const state = { hasChanged: false, isRead: false };
    engine.onEvent((event) => {
      if (event.kind !== 'changed') return;
      state.hasChanged = true;
      state.isRead = event.info.state === 'capture';
    });
    const shares = new Set<number>();
    const { session } = await engine.call('beginCapture', { path: file });
    for (;;) {
      state.hasChanged = false;
      askedMs = performance.now();
      const snapshot = await engine.call('snapshot', { session });
      shares.add(snapshot.readShare);
      const request = { seq: shares.size, ...viewOf(snapshot, WINDOWS[0]) };
      const reply = await engine.call('view', { session, viewer: 1, request });
      if (reply === null || reply.sections.length === 0) continue;
      firstMs = Math.min(firstMs, performance.now() - start);
      if (snapshot.state !== 'reading') {
        return { firstMs, wholeMs: performance.now() - start, steps: shares.size };
      }
      const costMs = performance.now() - askedMs;
      const nextMs = performance.now() + Math.max(SNAPSHOT_INTERVAL_MS, REST_PER_COST * costMs);
      await changed(() => state.isRead || (state.hasChanged && performance.now() >= nextMs));
    }
  } finally {
    await engine.dispose();
  }
}

async function openRows(
  file: string,
  folder: string,
  what: string,
  maxS: number,
): Promise<BenchRow[]> {
  const all: Opened[] = [];
  for (let i = 0; i < 3; i++) all.push(await open(file, folder));
  const best = all.reduce((a, b) => (b.wholeMs < a.wholeMs ? b : a));
  return [
    {
      name: `open ${what} from disk to the picture of all of it`,
      value: best.wholeMs / 1000,
      unit: 's',
      max: maxS,
      note: `best of 3, in the engine’s thread; the first picture, of what had been read, after ${format(best.firstMs / 1000)} s; ${best.steps} steps of progress`,
    },
  ];
}

/** Measures on traces made for it. */
export async function bench(): Promise<BenchRow[]> {
  const folder = temporaryFolder();
  try {
    const [many, few] = ['many.fxt', 'few.fxt'].map((name) => path.join(folder.path, name));
    if (many === undefined || few === undefined) return [];
    const made = writeFxt(many, MANY);
    writeFxt(few, FEW);
    const [rows, model] = await ingestRows(readFileSync(many), madeText(made));
    return [
      ...rows,
      ...viewRows(model),
      ...(await openRows(many, folder.path, '10 M executions', 4)),
      ...(await openRows(few, folder.path, '1 M executions', 1)),
    ];
  } finally {
    folder.remove();
  }
}
