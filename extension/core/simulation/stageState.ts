/** A stage while it is simulated: what waits before it, its lanes, and what it has done so far. */
import { Random } from '../statistics/random.js';
import { BlockSampler, blockLengthOf } from './blockSampler.js';
import type { Executions } from './executions.js';
import type { Items } from './items.js';
import type { Flow, SimulatedStage, SimulatedStageResult } from './workload.js';

/** Items that wait for the same lanes: all of the stage, or with `laneShares` one lane each. */
export interface Line {
  /** Index among the stage's lines. */
  readonly index: number;
  /** Number among all lines of the workload. */
  readonly id: number;
  /** Free lanes. */
  free: number;
  /** Items in the queue, first to last; -1: none. */
  head: number;
  tail: number;
  count: number;
  /** Executions before it that hold an item for which the queue has no room, first to last. */
  doorHead: number;
  doorTail: number;
  doorCount: number;
  /** Whether an event is under way that looks whether the first item has waited long enough. */
  lingerSet: boolean;
}

/** Items that are to become one, and how much of the next item is there. */
export interface FlowState extends Flow {
  share: number;
  /** List of items by `link`; -1: none. */
  merging: number;
}

export class StageState {
  readonly index: number;
  readonly own: SimulatedStage;
  readonly capacity: number;
  readonly batchMin: number;
  readonly batchMax: number;
  readonly lingerNs: number;
  readonly loop: number;
  readonly flows: readonly FlowState[];
  readonly lines: readonly Line[];
  readonly random: Random;
  /** Whether lanes of other stages are held until items have come out of this one. */
  endsHolds = false;
  /** Indexes of the stages with flows to this one. */
  readonly before: number[] = [];
  /** Nothing will come any more. */
  closed = false;
  /** Closed, and nothing is left that could go on from here. */
  drained = false;
  /** Items in the queue and executions at the door, of all lines. */
  queued = 0;
  atDoor = 0;
  running = 0;
  blocked = 0;
  held = 0;
  /** No execution may begin earlier. */
  gateNs = 0;
  gateSet = false;
  /**
   * Times on a core and of waiting in turn. Samples are drawn from all over, and that the memory has to be waited for is most
   * of what an execution costs: once is better than twice.
   */
  readonly samples: Float64Array;
  private readonly sampler: BlockSampler;
  private readonly shareEnds: Float64Array | null;
  private sinceNs = 0;
  private busyNs = 0;
  private blockedNs = 0;
  private queueNs = 0;
  private waitedNs = 0;
  private taken = 0;
  private executions = 0;

  constructor(own: SimulatedStage, index: number, seed: number, lineId: number) {
    this.own = own;
    this.index = index;
    this.capacity = own.queueCapacity ?? Infinity;
    this.batchMin = own.batch?.min ?? 1;
    this.batchMax = own.batch?.max ?? 1;
    this.lingerNs = own.batch?.lingerNs ?? Infinity;
    this.loop = own.loop ?? -1;
    this.flows = own.next.map((flow) => ({ ...flow, share: 0, merging: -1 }));
    // A stream of its own: under other settings of one stage the others draw the same samples.
    this.random = new Random(Math.imul(seed, 0x85eb_ca6b) + 2 * index + 1);
    const { cpuNs, waitNs } = own.samples;
    this.samples = interleaved(cpuNs, waitNs);
    const totalNs = cpuNs.map((ns, i) => ns + (waitNs[i] ?? 0));
    const drawing = new Random(Math.imul(seed, 0x85eb_ca6b) + 2 * index + 2);
    this.sampler = new BlockSampler(cpuNs.length, blockLengthOf(totalNs), drawing);
    this.shareEnds = own.laneShares === null ? null : cumulated(own.laneShares);
    const count = own.laneShares?.length ?? 1;
    this.lines = Array.from({ length: count }, (_, at) =>
      emptyLine(at, lineId + at, own.laneShares === null ? own.lanes : 1),
    );
  }

  /** Where the next sample stands in `samples`. */
  draw(): number {
    return 2 * this.sampler.next();
  }

  /** The line of the next item. */
  drawLine(): Line {
    let at = 0;
    if (this.shareEnds !== null) {
      const share = this.random.next() * (this.shareEnds.at(-1) ?? 0);
      while (at < this.lines.length - 1 && share >= (this.shareEnds[at] ?? 0)) at++;
    }
    return this.line(at);
  }

  line(at: number): Line {
    const line = this.lines[at];
    if (line === undefined) throw new Error(`Sluice bug: no line ${at}`);
    return line;
  }

  /** Puts what has happened since the last change into the sums: to be called before each change of a count. */
  passTo(nowNs: number): void {
    const ns = nowNs - this.sinceNs;
    if (ns === 0) return;
    this.sinceNs = nowNs;
    this.busyNs += ns * (this.running + this.held);
    this.blockedNs += ns * this.blocked;
    this.queueNs += ns * this.queued;
  }

  /** An execution has begun, and is one of those that run. */
  begun(): void {
    this.running++;
    this.executions++;
  }

  /** Puts an item at the end of the line's queue. */
  enqueue(line: Line, item: number, items: Items): void {
    items.link[item] = -1;
    if (line.tail === -1) line.head = item;
    else items.link[line.tail] = item;
    line.tail = item;
    line.count++;
    this.queued++;
  }

  /** Takes the first item out of the line's queue; to be called only when there is one. */
  dequeue(line: Line, items: Items, nowNs: number): number {
    const item = line.head;
    line.head = items.link[item] ?? -1;
    if (line.head === -1) line.tail = -1;
    line.count--;
    this.queued--;
    this.waitedNs += nowNs - (items.sinceNs[item] ?? 0);
    this.taken++;
    return item;
  }

  /** The item of an execution that was at the door goes straight to a lane. */
  handOver(owner: number, executions: Executions): number {
    this.taken++;
    return executions.piece[owner] ?? -1;
  }

  /** No item waits here or is in an execution. */
  get isEmpty(): boolean {
    return this.queued + this.atDoor + this.running + this.blocked === 0;
  }

  /** How much longer an execution of so many items takes than one of the samples. */
  batchFactor(count: number): number {
    const cost = this.own.batchCost;
    if (cost === null) return 1;
    const sampledNs = cost.fixedNs + cost.perItemNs * cost.sampledItems;
    return (cost.fixedNs + cost.perItemNs * count) / sampledNs;
  }

  /** How much longer an execution takes than its sample because others run. */
  contentionFactor(): number {
    const { contention } = this.own;
    if (contention === null) return 1;
    const { alpha, beta, sampledAt } = contention;
    const cost = (n: number): number => 1 + alpha * (n - 1) + beta * n * (n - 1);
    return cost(this.running) / cost(sampledAt);
  }

  /** An execution waits at the line's door with its `piece`. */
  knock(line: Line, execution: number, executions: Executions): void {
    executions.link[execution] = -1;
    if (line.doorTail === -1) line.doorHead = execution;
    else executions.link[line.doorTail] = execution;
    line.doorTail = execution;
    line.doorCount++;
    this.atDoor++;
  }

  /** Takes the first execution from the door; to be called only when there is one. */
  letIn(line: Line, executions: Executions): number {
    const execution = line.doorHead;
    line.doorHead = executions.link[execution] ?? -1;
    if (line.doorHead === -1) line.doorTail = -1;
    line.doorCount--;
    this.atDoor--;
    return execution;
  }

  /** Forgets what has been so far. */
  resetSums(nowNs: number): void {
    this.passTo(nowNs);
    this.busyNs = this.blockedNs = this.queueNs = this.waitedNs = 0;
    this.taken = this.executions = 0;
  }

  /** What has been since the sums were reset, `durationNs` ago. */
  result(nowNs: number, durationNs: number): SimulatedStageResult {
    this.passTo(nowNs);
    const laneNs = this.own.lanes * durationNs;
    return {
      busyShare: laneNs > 0 ? Math.min(this.busyNs / laneNs, 1) : 0,
      blockedShare: laneNs > 0 ? Math.min(this.blockedNs / laneNs, 1) : 0,
      meanQueue: durationNs > 0 ? this.queueNs / durationNs : 0,
      meanWaitNs: this.taken > 0 ? this.waitedNs / this.taken : 0,
      executions: this.executions,
    };
  }
}

function emptyLine(index: number, id: number, free: number): Line {
  const none = { head: -1, tail: -1, count: 0, doorHead: -1, doorTail: -1, doorCount: 0 };
  return { index, id, free, ...none, lingerSet: false };
}

function cumulated(shares: readonly number[]): Float64Array {
  let sum = 0;
  return Float64Array.from(shares, (share) => (sum += share));
}

/** The values of both in turn; they are as long. */
function interleaved(first: Float64Array, second: Float64Array): Float64Array {
  const both = new Float64Array(2 * first.length);
  for (let i = 0; i < first.length; i++) {
    both[2 * i] = first[i] ?? 0;
    both[2 * i + 1] = second[i] ?? 0;
  }
  return both;
}
