/**
 * A large capture, made in memory bit by bit: eight stages of eight lanes each, a bounded queue before every one, items that
 * come in bursts. At full load about half a million executions a second, as the agent records them: per thread, drained every
 * 25 ms, changes of a queue's depth within 25 us of its last record merged.
 *
 * Items go through in order; an item leaves a stage when the next queue has room, so a slow stage blocks those before it.
 */
import { BlobName, BlobType, EventType } from '../../../agent/wire/format.js';
import { eventHeaderHi, eventHeaderLo, uint32ArgLo } from '../../../agent/wire/eventWords.js';
import { FxtWriter, type StringRef, type ThreadRef } from '../../../agent/wire/fxtWriter.js';
import type { Declaration } from '../../../agent/wire/manifest.js';

export const STAGES = 8;
export const LANES_PER_STAGE = 8;
export const QUEUE_CAPACITY = 64;
const DRAIN_NS = 25e6;
const MERGE_NS = 25_000;
const START_NS = 1e12;
/** Mean service times; the fifth stage is the slowest. */
const SERVICE_NS = [95e3, 110e3, 90e3, 105e3, 125e3, 85e3, 100e3, 80e3];
const BURST_ITEMS = 6000;
const PAUSE_NS = 100e6;

/** What a made trace holds, to compare with what was read. */
export interface MadeTrace {
  readonly executions: number;
  readonly items: number;
  readonly depths: number;
  readonly durationNs: number;
}

/** One execution, for other formats. Times are nanoseconds since the start of the trace. */
export interface MadeExecution {
  readonly stage: number;
  readonly lane: number;
  readonly item: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** What takes the trace in: pieces of FXT, each of whole records; executions one by one where wanted. */
export interface MadeSink {
  readonly bytes: (piece: Uint8Array) => void;
  readonly execution?: (execution: MadeExecution) => void;
}

/** xorshift, for numbers that are the same everywhere. */
function randomFrom(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

/** Mostly near the mean, sometimes a multiple of it. */
function serviceNs(meanNs: number, random: () => number): number {
  const u = random();
  return Math.round(meanNs * (0.35 + u + (u > 0.99 ? 12 * random() : 0)));
}

class Words {
  private words = new Uint32Array(1 << 16);
  private used = 0;

  four(a: number, b: number, c: number, d: number): void {
    if (this.used + 4 > this.words.length) {
      const larger = new Uint32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    this.words[this.used] = a;
    this.words[this.used + 1] = b;
    this.words[this.used + 2] = c;
    this.words[this.used + 3] = d;
    this.used += 4;
  }

  take(): Uint8Array {
    const bytes = new Uint8Array(this.words.buffer.slice(0, this.used * 4));
    this.used = 0;
    return bytes;
  }
}

const high = (ns: number): number => Math.floor(ns / 2 ** 32);

interface Refs {
  readonly threads: readonly number[];
  readonly ownThread: number;
  readonly stages: readonly number[];
  readonly queues: readonly number[];
  readonly stage: number;
  readonly queue: number;
  readonly item: number;
  readonly depth: number;
  readonly low: number;
  readonly high: number;
}

function declare(w: FxtWriter, line: Declaration): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  w.blob({ name: w.ref(BlobName.manifest), blobType: BlobType.data, bytes });
}

/** A place in a table of the trace; tables have room for all that this trace names. */
function index(ref: StringRef | ThreadRef): number {
  if (typeof ref !== 'number') throw new Error('a table of the trace is full');
  return ref;
}

/** Declarations and tables; the refs stay good for the rest of the trace. */
function writeHead(w: FxtWriter): Refs {
  w.magic();
  w.initialization(1_000_000_000);
  w.providerInfo(1, 'bench');
  declare(w, {
    kind: 'process',
    pid: 1,
    ppid: 0,
    title: 'bench',
    runtime: 'node',
    cwd: '/',
    anchorUnixMs: 0,
    anchorMonotonicNs: START_NS,
  });
  const common = { pipeline: 'bench', via: 'api', source: null };
  const stageNames = Array.from({ length: STAGES }, (_, i) => `stage ${i + 1}`);
  for (const [i, name] of stageNames.entries()) {
    const stageKind = i === STAGES - 1 ? 'sink' : 'cpu';
    declare(w, { kind: 'stage', name, ...common, stageKind, parallelism: LANES_PER_STAGE });
    const from = stageNames[i - 1] ?? null;
    const queue = { name: `before ${name}`, capacity: QUEUE_CAPACITY, from, to: name };
    declare(w, { kind: 'queue', id: i + 1, ...queue, ...common });
    for (let slot = 0; slot < LANES_PER_STAGE; slot++) {
      const lane = i * LANES_PER_STAGE + slot;
      declare(w, {
        kind: 'lane',
        lane,
        stage: name,
        pipeline: 'bench',
        thread: 'main',
        slot: lane,
      });
    }
  }
  const ref = (name: string): number => index(w.ref(name));
  const lanes = Array.from({ length: STAGES * LANES_PER_STAGE }, (_, i) => i);
  return {
    threads: lanes.map((lane) => index(w.threadRef({ process: 1n, thread: BigInt(lane) }))),
    ownThread: index(w.threadRef({ process: 1n, thread: 1000n })),
    stages: stageNames.map(ref),
    queues: stageNames.map((name) => ref(`before ${name}`)),
    stage: ref('stage'),
    queue: ref('queue'),
    item: ref('item'),
    depth: ref('depth'),
    low: ref('low'),
    high: ref('high'),
  };
}

/** Executions of one lane that are not written yet: start, end, item by item. */
class LaneBuffer {
  readonly values: number[] = [];
  freeNs = 0;
}

/** Changes of one queue that are not written yet, and where its record stands. */
class QueueBuffer {
  /** Time, negative when an item left: both ways of one queue in one list. */
  changes: number[] = [];
  /** Starts of the last items behind it, to know when there is room. */
  readonly starts = new Float64Array(QUEUE_CAPACITY);
  depth = 0;
  low = 0;
  high = 0;
  writtenNs = -Infinity;
  pendingNs = -1;
}

class Maker {
  readonly lanes = Array.from({ length: STAGES * LANES_PER_STAGE }, () => new LaneBuffer());
  readonly queues = Array.from({ length: STAGES }, () => new QueueBuffer());
  executions = 0;
  depths = 0;
  lastNs = 0;
  private readonly out = new Words();
  private readonly refs: Refs;
  private readonly sink: MadeSink;
  private readonly random = randomFrom(12_345);
  private arrivalNs = 0;

  constructor(refs: Refs, sink: MadeSink) {
    this.refs = refs;
    this.sink = sink;
  }

  /** Sends one item through all stages. Returns when it began. */
  item(item: number): number {
    if (item % BURST_ITEMS === 0) this.arrivalNs += PAUSE_NS * (0.5 + this.random());
    this.arrivalNs += 9000 * this.random();
    let readyNs = Math.round(this.arrivalNs);
    for (let stage = 0; stage < STAGES; stage++) readyNs = this.through(stage, item, readyNs);
    return this.arrivalNs;
  }

  /** One stage: into its queue when there is room, onto its first free lane, and out again. Returns when it is done. */
  private through(stage: number, item: number, readyNs: number): number {
    const queue = this.queues[stage];
    const before = this.lanes.slice(stage * LANES_PER_STAGE, (stage + 1) * LANES_PER_STAGE);
    const lane = before.reduce((a, b) => (b.freeNs < a.freeNs ? b : a));
    if (queue === undefined) return readyNs;
    const roomNs = queue.starts[item % QUEUE_CAPACITY] ?? 0;
    const enteredNs = Math.max(readyNs, roomNs);
    // The lane that made it was held up until there was room.
    if (stage > 0) this.holdUp(stage - 1, readyNs, enteredNs);
    const startNs = Math.max(enteredNs, lane.freeNs + 400);
    const endNs = startNs + serviceNs(SERVICE_NS[stage] ?? 1e5, this.random);
    queue.starts[item % QUEUE_CAPACITY] = startNs;
    queue.changes.push(enteredNs, -startNs);
    lane.values.push(startNs, endNs, item);
    lane.freeNs = endNs;
    this.executions++;
    this.lastNs = Math.max(this.lastNs, endNs);
    const index = this.lanes.indexOf(lane);
    this.sink.execution?.({ stage, lane: index, item, startNs, endNs });
    return endNs;
  }

  private holdUp(stage: number, sinceNs: number, untilNs: number): void {
    for (const lane of this.lanes.slice(stage * LANES_PER_STAGE, (stage + 1) * LANES_PER_STAGE)) {
      if (lane.freeNs === sinceNs) lane.freeNs = untilNs;
    }
  }

  /** Writes everything that ended before `untilNs`. */
  drain(untilNs: number): void {
    for (const [i, lane] of this.lanes.entries()) this.drainLane(i, lane, untilNs);
    for (const [i, queue] of this.queues.entries()) this.drainQueue(i, queue, untilNs);
    this.sink.bytes(this.out.take());
  }

  private drainLane(index: number, { values }: LaneBuffer, untilNs: number): void {
    const { refs, out } = this;
    const name = refs.stages[Math.floor(index / LANES_PER_STAGE)] ?? 0;
    const lo = eventHeaderLo(EventType.durationComplete, 4, 1, refs.threads[index] ?? 0);
    const hi = eventHeaderHi(refs.stage, name);
    let at = 0;
    for (; at < values.length && (values[at + 1] ?? 0) <= untilNs; at += 3) {
      const [startNs, endNs] = [START_NS + (values[at] ?? 0), START_NS + (values[at + 1] ?? 0)];
      out.four(lo, hi, startNs >>> 0, high(startNs));
      out.four(uint32ArgLo(refs.item), values[at + 2] ?? 0, endNs >>> 0, high(endNs));
    }
    values.splice(0, at);
  }

  private drainQueue(index: number, queue: QueueBuffer, untilNs: number): void {
    const due = queue.changes.filter((c) => Math.abs(c) <= untilNs);
    queue.changes = queue.changes.filter((c) => Math.abs(c) > untilNs);
    due.sort((a, b) => Math.abs(a) - Math.abs(b) || b - a);
    for (const change of due) {
      const atNs = Math.abs(change);
      if (queue.pendingNs >= 0 && atNs - queue.pendingNs >= MERGE_NS) this.writeDepth(index, queue);
      queue.depth += change >= 0 ? 1 : -1;
      queue.low = Math.min(queue.low, queue.depth);
      queue.high = Math.max(queue.high, queue.depth);
      queue.pendingNs = atNs;
      if (atNs - queue.writtenNs >= MERGE_NS) this.writeDepth(index, queue);
    }
  }

  private writeDepth(index: number, queue: QueueBuffer): void {
    const { refs, out } = this;
    const isMerged = queue.low < queue.depth || queue.high > queue.depth;
    const atNs = START_NS + queue.pendingNs;
    const [words, args] = isMerged ? [6, 3] : [4, 1];
    const lo = eventHeaderLo(EventType.counter, words, args, refs.ownThread);
    out.four(lo, eventHeaderHi(refs.queue, refs.queues[index] ?? 0), atNs >>> 0, high(atNs));
    if (isMerged) {
      out.four(uint32ArgLo(refs.depth), queue.depth, uint32ArgLo(refs.low), queue.low);
      out.four(uint32ArgLo(refs.high), queue.high, index + 1, 0);
    } else {
      out.four(uint32ArgLo(refs.depth), queue.depth, index + 1, 0);
    }
    queue.writtenNs = queue.pendingNs;
    queue.pendingNs = -1;
    queue.low = queue.high = queue.depth;
    this.depths++;
  }
}

/** Makes a trace of `executions` executions (a multiple of the stages) and hands it to the sink piece by piece. */
export function makeTrace(executions: number, sink: MadeSink): MadeTrace {
  const writer = new FxtWriter();
  const refs = writeHead(writer);
  sink.bytes(writer.take());
  const maker = new Maker(refs, sink);
  const items = Math.floor(executions / STAGES);
  let drainedNs = 0;
  for (let item = 0; item < items; item++) {
    const beganNs = maker.item(item);
    if (beganNs - drainedNs < DRAIN_NS) continue;
    drainedNs = beganNs;
    maker.drain(drainedNs);
  }
  maker.drain(Infinity);
  declare(writer, { kind: 'end', atNs: START_NS + maker.lastNs, executions: maker.executions });
  sink.bytes(writer.take());
  const { depths, lastNs } = maker;
  return { executions: maker.executions, items, depths, durationNs: lastNs };
}
