/** What all parts of a simulation share. */
import { Executions } from './executions.js';
import { Items } from './items.js';
import { StageState } from './stageState.js';
import { TimeHeap } from './timeHeap.js';
import { Window } from './window.js';
import type { SimulationOptions, Workload } from './workload.js';

/** Items under way at most; a simulation with more ends. About 40 MB. */
export const MOST_ITEMS = 1 << 20;

/** Kinds of events in the calendar. Its numbers are 4 x what it is about + kind. */
export const END = 0;
export const ARRIVAL = 1;
export const GATE = 2;
export const LINGER = 3;

export class State {
  nowNs = 0;
  readonly calendar = new TimeHeap();
  readonly items = new Items();
  readonly executions = new Executions();
  readonly stages: readonly StageState[];
  readonly window: Window;
  private readonly marked: Uint8Array;
  /** No stage behind it is marked. */
  private lastMarked = -1;

  constructor(workload: Workload, options: SimulationOptions) {
    let lines = 0;
    this.stages = workload.stages.map((own, i) => {
      const stage = new StageState(own, i, options.seed, lines);
      lines += stage.lines.length;
      return stage;
    });
    for (const stage of this.stages) {
      for (const flow of stage.flows) this.stage(flow.to).before.push(stage.index);
      if (stage.own.heldUntil !== null) this.stage(stage.own.heldUntil).endsHolds = true;
    }
    this.window = new Window(options);
    this.marked = new Uint8Array(this.stages.length);
  }

  stage(index: number): StageState {
    const stage = this.stages[index];
    if (stage === undefined) throw new Error(`Sluice bug: no stage ${index}`);
    return stage;
  }

  /** Too many items are under way. */
  get isOverfull(): boolean {
    return this.items.live > MOST_ITEMS;
  }

  /** Something has changed that may let the stage go on. */
  mark(index: number): void {
    this.marked[index] = 1;
    if (index > this.lastMarked) this.lastMarked = index;
  }

  /** The last marked stage, no longer marked; null: none is. */
  takeMarked(): StageState | null {
    while (this.lastMarked >= 0 && this.marked[this.lastMarked] === 0) this.lastMarked--;
    if (this.lastMarked < 0) return null;
    this.marked[this.lastMarked] = 0;
    return this.stage(this.lastMarked);
  }
}
