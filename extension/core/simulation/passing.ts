/** How items go on after an execution: to the queues of the next stages, into what they are merged with, or out. */
import { Holds } from './holds.js';
import type { FlowState, StageState } from './stageState.js';
import type { State } from './state.js';

/** Sums of fractions such as 0.1 may miss a whole number by their rounding. */
const ROUNDING = 1e-9;

export class Passing {
  private readonly state: State;
  private readonly holds: Holds;
  /** Called when an arrival has left altogether. */
  private readonly left: () => void;

  constructor(state: State, left: () => void) {
    this.state = state;
    this.left = left;
    this.holds = new Holds((execution) => {
      this.holdIsOver(execution);
    });
  }

  /** The execution has ended: passes its items (`item` and `rest`) on. */
  begin(execution: number, stage: StageState): void {
    this.beginItem(execution, stage);
    this.passOn(execution, stage);
  }

  /** There was room for the piece that the execution held: it goes on. */
  resume(execution: number): void {
    const stage = this.state.stage(this.state.executions.stage[execution] ?? -1);
    stage.passTo(this.state.nowNs);
    stage.blocked--;
    this.passOn(execution, stage);
  }

  /**
   * Nothing more comes through the stage: what waits to be merged goes on as it is, whether there is room or not, for no lane
   * is left that would hold it.
   */
  flush(stage: StageState): void {
    const { items, nowNs } = this.state;
    for (const flow of stage.flows) {
      const first = flow.merging;
      if (first === -1) continue;
      flow.merging = items.link[first] ?? -1;
      const piece = this.part(first, flow);
      items.parts[first] = (items.parts[first] ?? 0) - 1;
      const target = this.state.stage(flow.to);
      target.passTo(nowNs);
      items.sinceNs[piece] = nowNs;
      target.enqueue(target.drawLine(), piece, items);
      this.state.mark(flow.to);
    }
  }

  private passOn(execution: number, stage: StageState): void {
    const { executions, items, nowNs } = this.state;
    for (;;) {
      const item = executions.item[execution] ?? -1;
      if (item === -1) break;
      if (!this.passItem(execution, stage, item)) {
        stage.passTo(nowNs);
        stage.blocked++;
        return;
      }
      this.endItem(execution, item);
      const next = executions.rest[execution] ?? -1;
      executions.item[execution] = next;
      if (next === -1) break;
      executions.rest[execution] = items.link[next] ?? -1;
      this.beginItem(execution, stage);
    }
    if ((executions.holds[execution] ?? 0) === 0) this.freeLane(execution, stage);
    else {
      stage.passTo(nowNs);
      stage.held++;
      executions.held[execution] = 1;
    }
  }

  private beginItem(execution: number, stage: StageState): void {
    const { executions, items } = this.state;
    executions.flow[execution] = 0;
    executions.pieces[execution] = -1;
    executions.moved[execution] = 0;
    const item = executions.item[execution] ?? -1;
    const hold = items.hold[item] ?? -1;
    if (stage.endsHolds && hold !== -1) {
      const outer = this.holds.beyond(hold, stage.index);
      if (outer !== hold) {
        if (outer !== -1) this.holds.use(outer);
        items.hold[item] = outer;
        executions.ending[execution] = hold;
      }
    }
    if (stage.own.heldUntil !== null) {
      const outer = items.hold[item] ?? -1;
      items.hold[item] = this.holds.add(execution, stage.own.heldUntil, outer);
      executions.holds[execution] = (executions.holds[execution] ?? 0) + 1;
    }
  }

  /** Passes the item to all flows, from where it stood. False when it waits for room. */
  private passItem(execution: number, stage: StageState, item: number): boolean {
    const { executions } = this.state;
    const { flows } = stage;
    for (let at = executions.flow[execution] ?? 0; at < flows.length; at++) {
      const flow = flows[at];
      if (flow === undefined) break;
      executions.flow[execution] = at;
      if ((executions.pieces[execution] ?? 0) < 0) {
        this.countPieces(execution, flow, item, flows.length === 1);
      }
      for (let left = executions.pieces[execution] ?? 0; left > 0; left--) {
        executions.pieces[execution] = left - 1;
        const piece = executions.moved[execution] === 1 ? item : this.part(item, flow);
        if (!this.offer(flow.to, piece, execution) || this.state.isOverfull) return false;
      }
      executions.pieces[execution] = -1;
    }
    return true;
  }

  /**
   * How many items of the flow the item becomes; with none it waits to be merged. `isOnly`: there is no other flow.
   */
  private countPieces(execution: number, flow: FlowState, item: number, isOnly: boolean): void {
    const { executions, items } = this.state;
    const share = flow.share + flow.itemsPerItem;
    const pieces = Math.floor(share + ROUNDING);
    flow.share = Math.max(share - pieces, 0);
    executions.pieces[execution] = pieces;
    // The usual case: the item itself goes on, and nothing has to be kept of it here.
    if (isOnly && flow.merging === -1 && pieces === 1) executions.moved[execution] = 1;
    if (pieces > 0) return;
    if (isOnly) executions.moved[execution] = 1;
    const merged = isOnly ? item : items.add(item);
    this.releaseHold(merged);
    items.link[merged] = flow.merging;
    flow.merging = merged;
  }

  /** A part of the item for a flow, with whatever waited to be merged into the flow's next. */
  private part(item: number, flow: FlowState): number {
    const { items } = this.state;
    const part = items.add(item);
    const hold = items.hold[item] ?? -1;
    if (hold !== -1) {
      this.holds.use(hold);
      items.hold[part] = hold;
    }
    items.merged[part] = flow.merging;
    flow.merging = -1;
    return part;
  }

  /** Puts the piece into the stage's queue, or the execution before it with the piece. False: before it. */
  private offer(to: number, piece: number, execution: number): boolean {
    const { state } = this;
    const target = state.stage(to);
    const line = target.drawLine();
    state.items.sinceNs[piece] = state.nowNs;
    state.mark(to);
    if (target.atDoor === 0 && target.queued < target.capacity) {
      target.passTo(state.nowNs);
      target.enqueue(line, piece, state.items);
      return true;
    }
    state.executions.piece[execution] = piece;
    target.knock(line, execution, state.executions);
    return false;
  }

  /** All of the item has been passed on. */
  private endItem(execution: number, item: number): void {
    const { executions } = this.state;
    if (executions.moved[execution] === 0) {
      this.releaseHold(item);
      this.partIsGone(item);
    }
    const ending = executions.ending[execution] ?? -1;
    if (ending === -1) return;
    executions.ending[execution] = -1;
    this.holds.release(ending);
  }

  private releaseHold(item: number): void {
    const { items } = this.state;
    const hold = items.hold[item] ?? -1;
    if (hold === -1) return;
    items.hold[item] = -1;
    this.holds.release(hold);
  }

  private partIsGone(item: number): void {
    const { items, nowNs } = this.state;
    const parts = (items.parts[item] ?? 0) - 1;
    items.parts[item] = parts;
    if (parts > 0) return;
    for (let other = items.merged[item] ?? -1; other !== -1;) {
      const next = items.link[other] ?? -1;
      this.partIsGone(other);
      other = next;
    }
    const parent = items.parent[item] ?? -1;
    const arrivedNs = items.arrivedNs[item] ?? 0;
    items.remove(item);
    if (parent !== -1) this.partIsGone(parent);
    else {
      this.state.window.leave(nowNs, arrivedNs);
      this.left();
    }
  }

  private holdIsOver(execution: number): void {
    const { executions, nowNs } = this.state;
    const holds = (executions.holds[execution] ?? 0) - 1;
    executions.holds[execution] = holds;
    if (holds > 0 || executions.held[execution] === 0) return;
    const stage = this.state.stage(executions.stage[execution] ?? -1);
    stage.passTo(nowNs);
    stage.held--;
    this.freeLane(execution, stage);
  }

  private freeLane(execution: number, stage: StageState): void {
    const { executions } = this.state;
    stage.line(executions.line[execution] ?? -1).free++;
    executions.remove(execution);
    this.state.mark(stage.index);
  }
}
