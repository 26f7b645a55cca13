/** Random sessions of many thousand executions as plain lists, and the same as a model whose rows do not stay in memory. */
import fc from 'fast-check';
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import { DEFAULT_LIMITS } from '../../../../extension/core/model/store.js';
import type { Query, QueryReply } from '../../../../extension/core/panel/query.js';
import { SessionModel } from '../../../../extension/core/sessionModel.js';
import { MemoryPages } from '../../../support/memoryPages.js';
import {
  drawingStartNs,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

export const STAGES = ['read', 'work', 'write'] as const;

export interface SessionOptions {
  readonly seed: number;
  /** Four and more share their rows. */
  readonly processes: number;
  readonly stages: number;
  /** Of each stage and process. */
  readonly lanes: number;
  /** Executions of each lane. */
  readonly rows: number;
  /** `own`: each number once in a process, `reused`: again and again, `random`: any. */
  readonly items: 'none' | 'own' | 'reused' | 'random';
  readonly areBatched: boolean;
  readonly doOverlap: boolean;
  /** One lane is declared, however many there are. */
  readonly isOverrun: boolean;
  /** Longer gaps than usual between executions. */
  readonly gapNs: number;
}

export interface PlainExecution {
  readonly pid: number;
  readonly stage: string;
  readonly slot: number;
  readonly startNs: number;
  readonly durationNs: number;
  readonly item: number | null;
  readonly items: number;
  readonly failed: boolean;
  /** Microseconds. */
  readonly waitUs: number | null;
}

export interface PlainDepth {
  readonly pid: number;
  readonly queue: string;
  readonly atNs: number;
  readonly depth: number;
  /** Depths since the record before, where changes were merged; all of them are equally likely. */
  readonly merged: { readonly low: number; readonly high: number } | null;
}

/** A session, twice. */
export interface RandomSession {
  readonly executions: readonly PlainExecution[];
  readonly depths: readonly PlainDepth[];
  /** Lanes that each stage of a process is declared to have. */
  readonly parallelism: number;
  readonly bytes: Uint8Array;
  /** Moments at which anything begins or ends, in order. */
  readonly moments: Float64Array;
}

export const anySession: fc.Arbitrary<SessionOptions> = fc.record({
  seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
  processes: fc.constantFrom(1, 1, 2, 4),
  stages: fc.integer({ min: 1, max: 3 }),
  lanes: fc.integer({ min: 1, max: 2 }),
  rows: fc.constantFrom(3, 40, 1500, 4200, 9000),
  items: fc.constantFrom('none', 'own', 'reused', 'random'),
  areBatched: fc.boolean(),
  doOverlap: fc.boolean(),
  isOverrun: fc.boolean(),
  gapNs: fc.constantFrom(0, 50, 5000),
});

export function randomFrom(seed: number): () => number {
  let x = seed;
  return () => (x = (x * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
}

export const laneId = (stage: number, slot: number): number => 10 * (stage + 1) + slot;

/** Makes a session. Times are those of the model: 0 is the first event that is written. */
export function makeSession(options: SessionOptions): RandomSession {
  const random = randomFrom(options.seed);
  const parts: Uint8Array[] = [];
  const executions: PlainExecution[] = [];
  const depths: PlainDepth[] = [];
  for (let process = 1; process <= options.processes; process++) {
    const trace = new TraceText(process);
    const pid = 100 + process;
    trace.declare(processDeclaration(pid), { kind: 'pipeline', name: 'p' });
    declareStages(trace, options);
    for (let stage = 0; stage < options.stages; stage++) {
      const made = stageExecutions(options, random, { pid, stage });
      executions.push(...made);
      for (const one of made) writeExecution(trace, laneId(stage, one.slot), one);
      if (stage === 0) continue;
      const changes = queueDepths(random, { pid, queue: `q${stage}`, count: options.rows });
      depths.push(...changes);
      for (const { queue: name, atNs, depth, merged } of changes) {
        const values = { depth, ...merged };
        trace.counter('queue', { name, id: stage, atNs: drawingStartNs + atNs, values });
      }
    }
    trace.declare({ kind: 'end', atNs: drawingStartNs, executions: 0 });
    parts.push(trace.take());
  }
  const anchorNs = executions[0]?.startNs ?? 0;
  const moved = executions.map((one) => ({ ...one, startNs: one.startNs - anchorNs }));
  const movedDepths = depths.map((one) => ({ ...one, atNs: one.atNs - anchorNs }));
  const moments = Float64Array.from([
    ...moved.flatMap(({ startNs, durationNs }) => [startNs, startNs + durationNs]),
    ...movedDepths.map(({ atNs }) => atNs),
  ]).sort();
  const parallelism = parallelismOf(options);
  const bytes = Buffer.concat(parts);
  return { executions: moved, depths: movedDepths, parallelism, bytes, moments };
}

const parallelismOf = ({ lanes, isOverrun }: SessionOptions): number => (isOverrun ? 1 : lanes);

function declareStages(trace: TraceText, options: SessionOptions): void {
  const { stages, lanes } = options;
  const parallelism = parallelismOf(options);
  for (let stage = 0; stage < stages; stage++) {
    const name = STAGES[stage] ?? '';
    const stageKind = stage === 0 ? 'source' : 'cpu';
    trace.declare(stageDeclaration(name, { pipeline: 'p', stageKind, parallelism }));
    for (let slot = 0; slot < lanes; slot++) {
      const lane = laneId(stage, slot);
      trace.declare({ kind: 'lane', lane, stage: name, pipeline: 'p', thread: 'main', slot });
    }
    if (stage === 0) continue;
    const ends = { from: STAGES[stage - 1] ?? '', to: name, pipeline: 'p' };
    const queue = { id: stage, name: `q${stage}`, capacity: 3, via: 'api', source: null };
    trace.declare({ kind: 'queue', ...queue, ...ends });
  }
}

function stageExecutions(
  { lanes, rows, items, areBatched, doOverlap, gapNs }: SessionOptions,
  random: () => number,
  { pid, stage }: { readonly pid: number; readonly stage: number },
): PlainExecution[] {
  const made: PlainExecution[] = [];
  let next = 0;
  const itemOf = (count: number): number | null => {
    if (items === 'none' || (items !== 'own' && random() < 0.05)) return null;
    if (items === 'random') return Math.floor(random() * 2 ** 32);
    const item = next;
    next += count;
    return items === 'own' ? item : item % 500;
  };
  for (let slot = 0; slot < lanes; slot++) {
    let atNs = Math.floor(random() * 1000) + 500 * stage;
    for (let i = 0; i < rows; i++) {
      atNs += Math.floor(random() * random() * (300 + gapNs));
      const durationNs = durationFrom(random);
      const count = areBatched && stage === 1 && random() < 0.3 ? 1 + Math.floor(random() * 8) : 1;
      made.push({
        pid,
        stage: STAGES[stage] ?? '',
        slot,
        startNs: atNs,
        durationNs,
        item: itemOf(count),
        items: count,
        failed: random() < 0.01,
        waitUs: random() < 0.1 ? Math.floor(random() * 3) : null,
      });
      atNs += doOverlap && random() < 0.3 ? Math.floor(durationNs / 2) : durationNs;
    }
  }
  return made;
}

/** Mostly short, some without any length, a few very long. */
function durationFrom(random: () => number): number {
  const kind = random();
  if (kind < 0.02) return 0;
  if (kind > 0.9995) return Math.floor(6e9 * random());
  return Math.floor((kind > 0.99 ? 20_000 : 200) * random());
}

function queueDepths(
  random: () => number,
  { pid, queue, count }: { readonly pid: number; readonly queue: string; readonly count: number },
): PlainDepth[] {
  const changes: PlainDepth[] = [];
  let atNs = Math.floor(random() * 5000);
  for (let i = 0; i < count; i++) {
    const depth = Math.floor(random() * 5);
    const [low, high] = [depth - Math.floor(random() * 3), depth + Math.floor(random() * 3)];
    const merged = i > 0 && random() < 0.2 ? { low: Math.max(low, 0), high } : null;
    changes.push({ pid, queue, atNs, depth, merged });
    atNs += Math.floor(random() * 600);
  }
  return changes;
}

function writeExecution(trace: TraceText, lane: number, one: PlainExecution): void {
  const startNs = drawingStartNs + one.startNs;
  trace.interval(lane, {
    category: 'stage',
    name: one.stage,
    startNs,
    endNs: startNs + one.durationNs,
    failed: one.failed,
    ...(one.item === null ? {} : { item: one.item }),
    ...(one.items === 1 ? {} : { items: one.items }),
    ...(one.waitUs === null ? {} : { waitUs: one.waitUs }),
  });
}

/** A model that keeps next to no rows in memory; `bytes` may be a part of a session. */
export function smallModel(): { readonly model: SessionModel; readonly reader: FxtReader } {
  const limits = { ...DEFAULT_LIMITS, memoryBytes: 1 };
  const model = new SessionModel({ title: 'random', limits, pages: new MemoryPages() });
  return { model, reader: new FxtReader(model.sink) };
}

/** The session as a capture that has been read. */
export function modelOfSession({ bytes }: Pick<RandomSession, 'bytes'>): SessionModel {
  const { model, reader } = smallModel();
  model.setState('capture');
  reader.push(bytes);
  reader.end();
  model.trim();
  return model;
}

/** Asks, and throws everything out of memory between any two steps. */
export function ask<Q extends Query>(
  model: SessionModel,
  query: Q,
): Extract<QueryReply, { kind: ReplyKind<Q['kind']> }> {
  const job = model.queryJob(query);
  while (job.step()) model.trim();
  return job.finish() as Extract<QueryReply, { kind: ReplyKind<Q['kind']> }>;
}

type ReplyKind<K extends Query['kind']> = K extends 'itemAt' ? 'itemPath' : K;

/** Where an execution stands in the panel. */
export interface Place {
  readonly row: number;
  readonly stageRow: number;
  readonly stage: string;
  readonly lane: string;
}

export const keyOf = ({
  pid,
  stage,
  slot,
}: Pick<PlainExecution, 'pid' | 'stage' | 'slot'>): string => `${pid} ${stage} ${slot}`;

/** The places of all lanes, as a snapshot names them. */
export function placesOf(model: SessionModel): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const row of model.snapshot().rows) {
    if (row.kind !== 'stage') continue;
    for (const { id, label } of row.lanes) {
      const [, lane = '', slot = '', , pid] = /^(main #(\d+))( \(pid (\d+)\))?$/.exec(label) ?? [];
      const stage = row.stage.replace(/ \(pid \d+\)$/, '');
      const key = `${pid ?? row.process} ${stage} ${slot}`;
      places.set(key, { row: id, stageRow: row.id, stage: row.stage, lane });
    }
  }
  return places;
}

/** A place in a session, as a share of what happens in it; 0 and 1 are outside of it. */
export const anyShare = fc.oneof(
  fc.constantFrom(0, 1),
  fc.integer({ min: 1, max: 9999 }).map((n) => n / 10_000),
);
export const twoShares = fc.tuple(anyShare, anyShare);

/** The moment at such a place: one at which something happens. */
export function momentIn({ moments }: RandomSession, share: number): number {
  const last = moments.length - 1;
  const atNs = moments[Math.floor(share * last)] ?? 0;
  return share === 0 ? atNs - 10 : share === 1 ? atNs + 10 : atNs;
}

/** A range between two places. */
export function rangeIn(
  session: RandomSession,
  [a, b]: readonly [number, number],
): { readonly fromNs: number; readonly toNs: number } {
  const [fromNs, toNs] = [momentIn(session, Math.min(a, b)), momentIn(session, Math.max(a, b))];
  return { fromNs, toNs };
}
