/** The capture format: how fast executions are read, and what one costs in bytes. */
import { performance } from 'node:perf_hooks';
import { gzipSync } from 'node:zlib';
import { ArgName, ArgType, Category, EventType } from '../../agent/wire/format.js';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import { FxtWriter } from '../../agent/wire/fxtWriter.js';
import type { BenchRow } from './bench.js';

const CHUNK_BYTES = 64 * 1024;
const ROUNDS = 15;

/** Executions of one stage, 32 bytes each, nothing else. */
function plainTrace(executions: number): Uint8Array {
  const w = new FxtWriter();
  const thread = w.threadRef({ process: 4711n, thread: 1n });
  const category = w.ref(Category.stage);
  const name = w.ref('decode');
  const item = w.ref(ArgName.item);
  for (let i = 0; i < executions; i++) {
    w.event({
      eventType: EventType.durationComplete,
      thread,
      category,
      name,
      ticks: 1e15 + i * 1500,
      extra: 1e15 + i * 1500 + 1200,
      args: [{ type: ArgType.uint32, name: item, value: i }],
    });
  }
  return w.take();
}

/**
 * What a small pipeline leaves behind: three stages on seven lanes with log-normal service times, two queues whose depth is
 * recorded with every change, a wait now and then. A fixed generator of chance, so that the bytes are the same every time.
 */
function realisticTrace(items: number): Uint8Array {
  const w = new FxtWriter();
  const chance = lehmer(42);
  const stages = [
    { name: 'read', lanes: 2, meanNs: 80_000 },
    { name: 'decode', lanes: 4, meanNs: 160_000 },
    { name: 'write', lanes: 1, meanNs: 40_000 },
  ];
  const busyUntil = stages.map((s) => new Array<number>(s.lanes).fill(86_400e9));
  const depths = [0, 0];
  for (let item = 0; item < items; item++) {
    let readyNs = 0;
    stages.forEach((stage, s) => {
      const lanes = busyUntil[s] ?? [];
      const slot = item % stage.lanes;
      const freeNs = lanes[slot] ?? 0;
      const startNs = Math.max(freeNs, readyNs);
      const normal = chance() + chance() + chance() - 1.5;
      const endNs = startNs + Math.round(stage.meanNs * Math.exp(normal));
      const thread = w.threadRef({ process: 4711n, thread: BigInt(s * 16 + slot) });
      const complete = { eventType: EventType.durationComplete, thread };
      if (startNs > freeNs) {
        w.event({
          ...complete,
          category: w.ref(Category.wait),
          name: w.ref('input'),
          ticks: freeNs,
          extra: startNs,
        });
      }
      const args = [{ type: ArgType.uint32, name: w.ref(ArgName.item), value: item }];
      const [category, name] = [w.ref(Category.stage), w.ref(stage.name)];
      w.event({ ...complete, category, name, ticks: startNs, extra: endNs, args });
      if (s < 2) {
        const depth = Math.max(0, (depths[s] ?? 0) + (chance() < 0.5 ? 1 : -1));
        depths[s] = depth;
        w.event({
          eventType: EventType.counter,
          thread,
          category: w.ref(Category.queue),
          name: w.ref(`after ${stage.name}`),
          ticks: endNs,
          extra: s,
          args: [{ type: ArgType.uint32, name: w.ref(ArgName.depth), value: depth }],
        });
      }
      lanes[slot] = endNs;
      readyNs = endNs;
    });
  }
  return w.take();
}

/** Lehmer's generator of chance, modulus 2^31 - 1, multiplier 48271. */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
}

/** Reads the trace once, in chunks; returns events per second. */
function readOnce(trace: Uint8Array): { perSec: number; executions: number } {
  let executions = 0;
  let sum = 0;
  const reader = new FxtReader({
    event(event) {
      if (event.eventType === EventType.durationComplete && event.category === Category.stage) {
        executions++;
      }
      // What an ingest reads of every event; without it the compiler may leave the decoding out.
      sum = (sum + event.ticksLo + event.extraLo + Number(event.args[0]?.value)) | 0;
    },
    record: () => undefined,
  });
  const start = performance.now();
  for (let at = 0; at < trace.length; at += CHUNK_BYTES) {
    reader.push(trace.subarray(at, at + CHUNK_BYTES));
  }
  const { problem } = reader.end();
  const seconds = (performance.now() - start) / 1000;
  if (problem !== null || Number.isNaN(sum))
    throw new Error(`unreadable: ${problem?.reason ?? ''}`);
  return { perSec: executions / seconds, executions };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Reader rate and bytes per execution. */
export function bench(): Promise<BenchRow[]> {
  const plain = plainTrace(500_000);
  const rates = Array.from({ length: ROUNDS }, () => readOnce(plain).perSec);
  const realistic = realisticTrace(50_000);
  const { executions } = readOnce(realistic);
  const note = 'three stages, two queues: waits and queue depths included';
  return Promise.resolve([
    {
      name: 'read executions',
      value: median(rates),
      unit: '1/s',
      note: `32 bytes each, chunks of 64 KiB, median of ${ROUNDS}`,
      min: 5_000_000,
    },
    { name: 'bytes per execution', value: realistic.length / executions, unit: 'bytes', note },
    {
      name: 'bytes per execution, gzip',
      value: gzipSync(realistic).length / executions,
      unit: 'bytes',
      note,
    },
  ]);
}
