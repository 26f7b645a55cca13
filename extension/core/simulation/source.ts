/** Where items come from. */
import { Random } from '../statistics/random.js';
import { BlockSampler, blockLengthOf } from './blockSampler.js';
import type { Line, StageState } from './stageState.js';
import { ARRIVAL, type State } from './state.js';
import type { Arrivals, SimulationOptions } from './workload.js';

type Closed = Extract<Arrivals, { kind: 'closed' }>;

export class Source {
  private readonly state: State;
  private readonly arrivals: Arrivals;
  private readonly random: Random;
  private readonly gaps: BlockSampler | null;
  private readonly first: StageState;
  /** Where the next item will wait: drawn before it arrives, for a saturated source waits until there is room. */
  private nextLine: Line;
  /** Arrivals that are still to come. */
  private left: number;

  constructor(state: State, arrivals: Arrivals, options: SimulationOptions) {
    this.state = state;
    this.arrivals = arrivals;
    this.random = new Random(Math.imul(options.seed, 0x85eb_ca6b));
    this.first = state.stage(0);
    this.nextLine = this.first.drawLine();
    this.left = options.sourceEnds === true ? options.items + options.warmUpItems : Infinity;
    this.gaps =
      arrivals.kind === 'open'
        ? new BlockSampler(arrivals.gapsNs.length, blockLengthOf(arrivals.gapsNs), this.random)
        : null;
  }

  /** Nothing will arrive any more. */
  get hasEnded(): boolean {
    return this.left === 0;
  }

  start(): void {
    this.state.mark(0);
    if (this.arrivals.kind === 'open') this.scheduleNext();
    if (this.arrivals.kind !== 'closed') return;
    const { customers, thinkNs, inRounds = false } = this.arrivals;
    if (inRounds) this.think(thinkNs, customers);
    else for (let i = 0; i < customers; i++) this.think(thinkNs);
  }

  /** An arrival of the calendar is due. */
  arrive(): void {
    if (this.hasEnded) return;
    this.add();
    this.state.mark(0);
    if (this.arrivals.kind === 'open') this.scheduleNext();
  }

  /** A saturated source gives what there is room for. */
  fill(): void {
    if (this.arrivals.kind !== 'saturated') return;
    const limit = this.arrivals.inFlight ?? Infinity;
    while (this.state.window.inFlight < limit && !this.hasEnded && this.hasRoom()) this.add();
  }

  /** An item has left. */
  itemLeft(): void {
    if (this.arrivals.kind === 'closed') this.comeBack(this.arrivals);
    else if (this.arrivals.kind === 'saturated' && this.arrivals.inFlight !== null) {
      this.state.mark(0);
    }
  }

  private hasRoom(): boolean {
    const { first, nextLine, state } = this;
    if (state.isOverfull) return false;
    if (first.capacity > 0 && first.capacity < Infinity) return first.queued < first.capacity;
    return nextLine.free > 0 && nextLine.count < first.batchMax;
  }

  private add(): void {
    const { state, first } = this;
    const item = state.items.add(-1);
    state.items.arrivedNs[item] = state.items.sinceNs[item] = state.nowNs;
    state.window.arrive(state.nowNs);
    first.passTo(state.nowNs);
    first.enqueue(this.nextLine, item, state.items);
    this.nextLine = first.drawLine();
    this.left--;
  }

  private scheduleNext(): void {
    if (this.arrivals.kind !== 'open' || this.gaps === null) return;
    const gapNs = this.arrivals.gapsNs[this.gaps.next()] ?? 0;
    this.state.calendar.push(this.state.nowNs + gapNs, ARRIVAL);
  }

  private comeBack({ customers, thinkNs, inRounds = false }: Closed): void {
    if (!inRounds) this.think(thinkNs);
    // Those of a round arrive at one moment, before anything of that moment ends.
    else if (this.state.window.inFlight === 0) this.think(thinkNs, customers);
  }

  /** After some time, so many arrive. */
  private think(thinkNs: number, customers = 1): void {
    const ns = thinkNs > 0 ? this.random.exponential(thinkNs) : 0;
    for (let i = 0; i < customers; i++) this.state.calendar.push(this.state.nowNs + ns, ARRIVAL);
  }
}
