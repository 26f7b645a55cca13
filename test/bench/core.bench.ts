/** What the core costs: reading executions in, memory, pictures and reports at a million executions. */
import { ArgType, BlobName, BlobType, EventType } from '../../agent/wire/format.js';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import { FxtWriter } from '../../agent/wire/fxtWriter.js';
import type { Declaration } from '../../agent/wire/manifest.js';
import { SessionModel } from '../../extension/core/sessionModel.js';
import type { BenchRow } from './bench.js';
import { quantile } from './support/quantile.js';
import { heldBytes } from './support/heldBytes.js';

const EXECUTIONS = 1_000_000;
const LANES = 8;
const VIEWS = 60;
const CHUNK = 65_536;

/** Two stages of four lanes with a bounded queue between them: 1 M executions of 50 to 150 us, 13 s. */
function traceBytes(): Uint8Array {
  const w = new FxtWriter();
  w.magic();
  w.initialization(1_000_000_000);
  w.providerInfo(1, 'bench');
  const declare = (line: Declaration): void => {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    w.blob({ name: w.ref(BlobName.manifest), blobType: BlobType.data, bytes });
  };
  const via = 'api';
  for (const name of ['first', 'second']) {
    const pipeline = 'bench';
    declare({ kind: 'stage', name, pipeline, stageKind: 'cpu', parallelism: 4, via, source: null });
  }
  const link = { from: 'first', to: 'second', pipeline: 'bench', via, source: null };
  declare({ kind: 'queue', id: 1, name: 'q', capacity: 64, ...link });
  for (let lane = 0; lane < LANES; lane++) {
    const stage = lane < LANES / 2 ? 'first' : 'second';
    declare({ kind: 'lane', lane, stage, pipeline: 'bench', thread: `worker ${lane}`, slot: 0 });
  }
  writeEvents(w);
  return w.take();
}

function writeEvents(w: FxtWriter): void {
  const threads = Array.from({ length: LANES }, (_, lane) =>
    w.threadRef({ process: 1n, thread: BigInt(lane) }),
  );
  const refs = { stage: w.ref('stage'), queue: w.ref('queue'), q: w.ref('q') };
  const args = { item: w.ref('item'), depth: w.ref('depth') };
  const names = { first: w.ref('first'), second: w.ref('second') };
  const endNs = new Float64Array(LANES).fill(1e12);
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
  for (let i = 0; i < EXECUTIONS; i++) {
    const lane = i % LANES;
    const startNs = (endNs[lane] ?? 0) + Math.floor(random() * 20_000);
    endNs[lane] = startNs + 50_000 + Math.floor(random() * 100_000);
    w.event({
      eventType: EventType.durationComplete,
      thread: threads[lane] ?? 0,
      category: refs.stage,
      name: lane < LANES / 2 ? names.first : names.second,
      ticks: startNs,
      extra: endNs[lane] ?? 0,
      args: [{ type: ArgType.uint32, name: args.item, value: i >> 1 }],
    });
    if (i % 10 !== 0) continue;
    w.event({
      eventType: EventType.counter,
      thread: threads[lane] ?? 0,
      category: refs.queue,
      name: refs.q,
      ticks: startNs,
      extra: 1,
      args: [{ type: ArgType.uint32, name: args.depth, value: Math.floor(random() * 70) }],
    });
  }
}

function milliseconds(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function ingest(bytes: Uint8Array): SessionModel {
  const model = new SessionModel({ title: 'bench' });
  model.setState('live');
  const reader = new FxtReader(model.sink);
  for (let at = 0; at < bytes.length; at += CHUNK) reader.push(bytes.subarray(at, at + CHUNK));
  return model;
}

function viewRows(model: SessionModel): BenchRow[] {
  const snapshot = model.snapshot();
  const [fromNs, toNs] = snapshot.extentNs;
  const rows = snapshot.rows.flatMap((row) =>
    row.kind === 'stage' ? row.lanes.map((lane) => lane.id) : [row.id],
  );
  const spanNs = toNs - fromNs;
  return [
    ['whole', 1],
    ['1/100', 100],
    ['1/10000', 10_000],
  ].flatMap(([name, zoom]) => {
    const lengthNs = spanNs / Number(zoom);
    const times = Array.from({ length: VIEWS }, (_, i) => {
      const start = fromNs + ((spanNs - lengthNs) * i) / VIEWS;
      const request = { seq: i, fromNs: start, toNs: start + lengthNs, widthPx: 1500, rows };
      return milliseconds(() => model.view(request));
    });
    const what = `view of ${String(name)}, ${rows.length} rows`;
    return [
      { name: `${what}, p50`, value: quantile(times, 0.5), unit: 'ms' },
      { name: `${what}, p95`, value: quantile(times, 0.95), unit: 'ms' },
    ];
  });
}

/** Measures on a trace made in memory. */
export async function bench(): Promise<BenchRow[]> {
  const bytes = traceBytes();
  ingest(bytes.subarray(0, Math.floor(bytes.length / 10 / 8) * 8));
  const { buffers: before } = await heldBytes();
  const start = performance.now();
  const model = ingest(bytes);
  const seconds = (performance.now() - start) / 1000;
  const held = (await heldBytes()).buffers - before;
  const first = milliseconds(() => model.report());
  const again = Array.from({ length: 20 }, () => milliseconds(() => model.snapshot()));
  return [
    { name: 'ingest, bytes to columns', value: EXECUTIONS / seconds, unit: '1/s' },
    { name: 'memory per execution, columns', value: held / EXECUTIONS, unit: 'bytes' },
    { name: 'first report at 1 M executions', value: first, unit: 'ms' },
    { name: 'snapshot at 1 M executions, p50', value: quantile(again, 0.5), unit: 'ms' },
    { name: 'snapshot at 1 M executions, p95', value: quantile(again, 0.95), unit: 'ms' },
    ...viewRows(model),
  ];
}
