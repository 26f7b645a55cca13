/**
 * The trace store: everything a session recorded, in columns.
 *
 *     process (provider) -+- thread -- lane --- executions, waits, nested spans   (IntervalTable: 16 bytes a row)
 *                         |              \
 *                         +- stage -------+- exact totals and a histogram, kept as records arrive
 *                         +- queue -------- depths                                (DepthSeries: 14 bytes a row)
 *                         +- knob, loss, note
 *
 * Executions arrive by lane, and a lane learns its stage from its declaration, which may come late or never (foreign files,
 * a capture cut at its start). So a lane exists from its first record on, and its stage is a link that can be set again.
 * What belongs to which pipeline is decided even later, when somebody asks (`analysis/topology.ts`): a declaration that
 * arrives last must count as much as one that arrives first.
 *
 * Ids here are local and sequential. Ids of the trace (providers, thread ids, queue ids) are looked up once per record and
 * go no further.
 */
import type { FxtThread } from '../../../agent/wire/records.js';
import type { DeclarationOf } from '../../../agent/wire/manifest.js';
import { BLOCK_MASK, BlockPool, type PageFile } from './blocks.js';
import { SessionClock } from './clock.js';
import { CpuSamples } from './cpuSamples.js';
import { LogHistogram } from './histogram.js';
import type { IntervalRow } from './intervalBlock.js';
import { IntervalTable } from './intervals.js';
import { DepthSeries } from './series.js';
import { countExecution, countRows, recount } from './stageCounts.js';
import { StepHistory } from './steps.js';
import { Tenants } from './tenants.js';
import {
  noSummary,
  type Lane,
  type Process,
  type Queue,
  type Stage,
  type Thread,
} from './entities.js';

/** Bounds on what one session may declare or store; what is over is counted and noted, never kept. */
export interface StoreLimits {
  /** Bytes of rows in memory; older ones go to the page file (`blocks.ts`). */
  readonly memoryBytes: number;
  /** Executions kept for pictures and lane states; totals and histograms go on beyond it. */
  readonly executions: number;
  /** Records of waits, spans, depths and gauges. */
  readonly others: number;
  readonly lanes: number;
  /** Pipelines, stages, queues, knobs, names: of each. */
  readonly entities: number;
  readonly notes: number;
}

/** Stands for the names of spans beyond `limits.entities`. */
const OTHER_SPANS = '(other)';

export const DEFAULT_LIMITS: StoreLimits = {
  memoryBytes: 384 * 2 ** 20,
  executions: 1_000_000_000,
  others: 1_000_000_000,
  lanes: 20_000,
  entities: 2_000,
  notes: 500,
};

/** A stretch of time in which records were lost. */
export interface Loss {
  readonly fromNs: number;
  readonly toNs: number;
  readonly records: number;
  readonly executions: number;
  /** As the process told it, for exports; null: nobody listened. */
  readonly told: { readonly provider: number; readonly line: DeclarationOf<'loss'> } | null;
}

/** A knob that was turned. */
export interface KnobChange {
  readonly atNs: number;
  readonly name: string;
  readonly from: number | null;
  readonly to: number | null;
  /** Number of the process in the trace, and of the knob in the process. */
  readonly provider: number;
  readonly knob: number;
}

/** All data of one session. */
export class TraceStore {
  readonly clock = new SessionClock();
  readonly cpu = new CpuSamples((text) => {
    this.note(text);
  });
  readonly processes = new Map<number, Process>();
  readonly stages: Stage[] = [];
  readonly queues: Queue[] = [];
  readonly pipelineNames = new Set<string>();
  readonly losses: Loss[] = [];
  readonly knobChanges: KnobChange[] = [];
  readonly notes = new Set<string>();
  /** Texts of span names, by the number in a span's first word; 0 stands for the stage itself. */
  readonly spanNames: string[] = [''];
  /** Extent of the data; [Infinity, -Infinity] when empty. */
  oldestNs = Infinity;
  newestNs = -Infinity;
  /** Executions whose records arrived. */
  receivedExecutions = 0;
  lostRecords = 0;
  lostExecutions = 0;
  /** Grows when stages, queues, their links or their pipelines change: derived things start again. */
  shape = 0;
  /** The moment at which `limits.executions` was reached; Infinity: never. */
  fullAtNs = Infinity;
  /** All blocks of rows. */
  readonly pool: BlockPool;
  private readonly limits: StoreLimits;
  private otherRecords = 0;
  private laneCount = 0;
  private declaredLanes = 0;
  private nextRowId = 0;
  private readonly spanNameIds = new Map<string, number>();
  private readonly threadOf = new Map<FxtThread, Thread>();
  private lastKey: FxtThread | null = null;
  private lastThread: Thread | null = null;
  private lastQueue: Queue | null = null;

  /** `pages`: where rows go that memory has no room for; null: nowhere, so that later ones are not kept. */
  constructor(limits: StoreLimits = DEFAULT_LIMITS, pages: PageFile | null = null) {
    this.limits = limits;
    this.pool = new BlockPool(limits.memoryBytes, pages);
  }

  /** Brings memory back under its limit; call it between requests, never while somebody reads. */
  trim(): void {
    const before = this.pool.problem;
    this.pool.trim();
    if (this.pool.problem === before || this.pool.problem === null) return;
    this.note(
      `Older rows cannot be moved out of memory (${this.pool.problem}): later ones are in the totals and in the capture file, but not in the picture.`,
    );
  }

  /** Tells the user something; the same text once. */
  note(text: string): void {
    if (this.notes.size < this.limits.notes) this.notes.add(text);
  }

  process(provider: number): Process {
    const known = this.processes.get(provider);
    if (known !== undefined) return known;
    const process: Process = {
      provider,
      declared: null,
      nameHint: null,
      environment: null,
      ended: false,
      gone: false,
      lostExecutions: 0,
      stages: new Map(),
      queues: new Map(),
      knobs: new Map(),
      gaps: [],
      links: new Map(),
      cost: null,
      laneDeclarations: new Map(),
      threads: new Map(),
      threadsById: new Map(),
      threadNames: new Map(),
    };
    this.processes.set(provider, process);
    return process;
  }

  /** The thread of an event. `key` is the reader's own object for it, so the usual case is one look-up by identity. */
  thread(provider: number, key: FxtThread): Thread {
    // Records come in runs of one thread.
    if (key === this.lastKey && this.lastThread?.process.provider === provider) {
      return this.lastThread;
    }
    this.lastKey = key;
    return (this.lastThread = this.threadAgain(provider, key));
  }

  private threadAgain(provider: number, key: FxtThread): Thread {
    const known = this.threadOf.get(key);
    if (known?.process.provider === provider) return known;
    const process = this.process(provider);
    // After a reconnect another reader hands out another object for the same thread.
    const name = `${key.process}/${key.thread}`;
    let thread = process.threads.get(name);
    if (thread === undefined) {
      thread = {
        process,
        id: key.thread,
        declared: null,
        tenants: new Tenants(),
        lanes: new Map(),
        gauges: new Map(),
        gc: new IntervalTable(this.pool),
        open: [],
        lastName: null,
        lastLane: null,
      };
      process.threads.set(name, thread);
      const id = Number(key.thread);
      const declared = process.laneDeclarations.get(id);
      if (declared !== undefined) isNow(thread, declared);
      process.threadsById.set(id, [...(process.threadsById.get(id) ?? []), thread]);
    }
    this.threadOf.set(key, thread);
    return thread;
  }

  /**
   * The lane of a thread for executions called `name`; null (and a note) when there are too many. A declared lane has one
   * stage, whatever its executions are called.
   */
  lane(thread: Thread, name: string): Lane | null {
    // Most threads have one lane, and the reader's texts are the same objects: one comparison in place of a look-up.
    if (thread.lastName === name) return thread.lastLane;
    const key = thread.declared?.stage ?? name;
    const known = thread.lanes.get(key);
    if (known !== undefined) {
      thread.lastName = name;
      thread.lastLane = known;
      return known;
    }
    return this.newLane(thread, key);
  }

  /** Apart from `lane`, which is called for every record: a closure in there would cost an object each time. */
  private newLane(thread: Thread, key: string): Lane | null {
    if (this.isFull('lanes', this.laneCount, this.limits.lanes)) return null;
    this.laneCount++;
    const lane: Lane = {
      rowId: this.nextRowId++,
      thread,
      name: key,
      stage: null,
      executions: new IntervalTable(this.pool, () => {
        countRows(lane);
      }),
      counted: 0,
      waits: new IntervalTable(this.pool),
      spans: new IntervalTable(this.pool),
      levels: 1,
      leveledSpans: 0,
    };
    thread.lanes.set(key, lane);
    if (key !== '') this.link(lane);
    return lane;
  }

  /** The stage of that name and pipeline; `pipeline` undefined: any pipeline. Made when missing. */
  stage(process: Process, name: string, pipeline: string | null | undefined): Stage | null {
    const known =
      pipeline === undefined
        ? findStage(process, name)
        : process.stages.get(stageKey(name, pipeline));
    if (known !== undefined) return known;
    if (this.isFull('stages', this.stages.length)) return null;
    const stage: Stage = {
      rowId: this.nextRowId++,
      process,
      name,
      pipelineName: pipeline ?? null,
      declared: null,
      parallelism: new StepHistory(),
      lanes: [],
      received: { executions: 0, items: 0, errors: 0 },
      service: new LogHistogram(),
      waited: new LogHistogram(),
      summary: noSummary(),
      lost: { ring: 0, socket: 0 },
      firstStartNs: Infinity,
      lastEndNs: -Infinity,
    };
    process.stages.set(stageKey(name, pipeline ?? null), stage);
    this.stages.push(stage);
    this.shape++;
    return stage;
  }

  queue(process: Process, id: number, name: string): Queue | null {
    // Records come in runs of one queue.
    if (this.lastQueue?.id === id && this.lastQueue.process === process) return this.lastQueue;
    const known = process.queues.get(id);
    if (known !== undefined) return (this.lastQueue = known);
    if (this.isFull('queues', this.queues.length)) return null;
    const queue: Queue = {
      rowId: this.nextRowId++,
      process,
      id,
      name,
      declared: null,
      capacity: new StepHistory(),
      series: new DepthSeries(this.pool),
    };
    process.queues.set(id, queue);
    this.queues.push(queue);
    this.shape++;
    return queue;
  }

  /** Applies a lane's declaration, also to records that came before it. */
  declareLane(process: Process, declared: DeclarationOf<'lane'>): void {
    if (!process.laneDeclarations.has(declared.lane)) {
      if (this.isFull('lane declarations', this.declaredLanes, this.limits.lanes)) return;
      this.declaredLanes++;
    }
    process.laneDeclarations.set(declared.lane, declared);
    if (declared.stage !== null) this.stage(process, declared.stage, declared.pipeline);
    for (const thread of process.threadsById.get(declared.lane) ?? []) {
      isNow(thread, declared);
      // Waits and spans come before the first execution, so they may stand on a lane that has no name yet.
      const unnamed = thread.lanes.get('');
      if (unnamed !== undefined && declared.stage !== null && !thread.lanes.has(declared.stage)) {
        thread.lanes.delete('');
        thread.lastName = null;
        unnamed.name = declared.stage;
        thread.lanes.set(declared.stage, unnamed);
      }
      for (const lane of thread.lanes.values()) if (lane.name === declared.stage) this.link(lane);
    }
  }

  /** A stage was declared: lanes that wait for their declaration may have run under its name (`stage` finds it by name). */
  adoptLanes(stage: Stage): void {
    for (const former of [...stage.process.stages.values()]) {
      if (former === stage || former.name !== stage.name || former.declared !== null) continue;
      for (const lane of [...former.lanes]) if (lane.thread.declared === null) this.link(lane);
    }
  }

  /** Stores one execution; see `IntervalTable` for what the words of its row mean. The object is not kept. */
  addExecution(lane: Lane, row: Readonly<IntervalRow>): void {
    const { executions } = lane;
    this.seen(row);
    this.receivedExecutions++;
    // A block at a time, and before it can leave memory.
    if ((executions.length & BLOCK_MASK) === 0 && executions.length > lane.counted) countRows(lane);
    if (this.receivedExecutions <= this.limits.executions && !this.isFullOfRows) {
      executions.addRow(row);
    } else this.dropExecution(lane, row);
  }

  /** Counts what there is no room for. */
  private dropExecution({ stage }: Lane, row: Readonly<IntervalRow>): void {
    if (stage !== null) countExecution(stage, row);
    if (this.fullAtNs !== Infinity) return;
    this.fullAtNs = row.startNs;
    this.note(
      `More than ${this.receivedExecutions - 1} executions: later ones are in the totals and in the capture file, but not in the picture.`,
    );
  }

  /** Brings the totals of all stages up to date. Call it before they are read. */
  countAll(): void {
    for (const { lanes } of this.stages) for (const lane of lanes) countRows(lane);
  }

  /** Once full, always full: what comes after a hole would look like idle time before it. */
  private get isFullOfRows(): boolean {
    return this.fullAtNs !== Infinity || this.pool.isOver;
  }

  /** Counts an execution for which there is no row any more. */
  countExecution(thread: Thread, name: string, row: Readonly<IntervalRow>): void {
    this.seen(row);
    this.receivedExecutions++;
    const { process, declared } = thread;
    const stage = this.stage(process, declared?.stage ?? name, declared?.pipeline);
    if (stage !== null) countExecution(stage, row);
  }

  /** Whether one more record that is no execution may be kept. */
  admit(row: Readonly<Pick<IntervalRow, 'startNs' | 'durationNs'>>): boolean {
    this.seen(row);
    if (++this.otherRecords <= this.limits.others && !this.isFullOfRows) return true;
    this.note(
      `More than ${this.otherRecords - 1} records of waits, spans, depths and gauges: later ones are only in the capture file.`,
    );
    return false;
  }

  /** Records taken in so far; as long as it stays, nothing has changed. */
  get arrivals(): number {
    return this.receivedExecutions + this.otherRecords + this.cpu.count;
  }

  /** A row id that nothing has. */
  newRowId(): number {
    return this.nextRowId++;
  }

  /** The number of a span's name. */
  spanName(name: string): number {
    const known = this.spanNameIds.get(name);
    if (known !== undefined) return known;
    // One name for all that are one too many; it is the last one there is room for.
    const isLast = this.spanNames.length >= this.limits.entities;
    const text = isLast ? OTHER_SPANS : name;
    const other = isLast ? this.spanNameIds.get(text) : undefined;
    if (other !== undefined) return other;
    const id = this.spanNames.length;
    this.spanNames.push(text);
    this.spanNameIds.set(text, id);
    return id;
  }

  /** Whether `count` things of a kind are all there may be. */
  isFull(what: string, count: number, limit = this.limits.entities): boolean {
    if (count < limit) return false;
    this.note(`More than ${limit} ${what}: the rest is not shown.`);
    return true;
  }

  private seen({
    startNs,
    durationNs,
  }: Readonly<Pick<IntervalRow, 'startNs' | 'durationNs'>>): void {
    if (startNs < this.oldestNs) this.oldestNs = startNs;
    if (startNs + durationNs > this.newestNs) this.newestNs = startNs + durationNs;
  }

  private link(lane: Lane): void {
    const { process, declared } = lane.thread;
    const isDeclared = declared !== null && declared.stage === lane.name;
    const stage = this.stage(process, lane.name, isDeclared ? declared.pipeline : undefined);
    if (stage === lane.stage || stage === null) return;
    const former = lane.stage;
    lane.stage = stage;
    stage.lanes.push(lane);
    if (former !== null) {
      former.lanes.splice(former.lanes.indexOf(lane), 1);
      recount(former);
      recount(stage);
    }
    this.shape++;
  }
}

/** The lane is what was declared from now on; everything that came before it was somebody else's. */
function isNow(thread: Thread, declared: DeclarationOf<'lane'>): void {
  thread.declared = declared;
  thread.lastName = null;
  thread.tenants.enter(declared.thread, lastEndNs(thread));
}

function lastEndNs({ lanes }: Thread): number {
  let lastNs = -Infinity;
  for (const { executions, waits, spans } of lanes.values()) {
    for (const table of [executions, waits, spans]) {
      if (table.length > 0) lastNs = Math.max(lastNs, table.endNs(table.length - 1));
    }
  }
  return lastNs;
}

/** A stage by its name alone: a declared one if there is any. */
function findStage(process: Process, name: string): Stage | undefined {
  const named = [...process.stages.values()].filter((stage) => stage.name === name);
  return named.find((stage) => stage.declared !== null) ?? named[0];
}

function stageKey(name: string, pipeline: string | null): string {
  return pipeline === null ? name : `${pipeline}\n${name}`;
}
