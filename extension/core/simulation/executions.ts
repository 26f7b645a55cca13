/** Executions that hold a lane, as rows of typed arrays that are used again. */
import { grownFloats, grownInts } from './items.js';

export class Executions {
  stage = new Int32Array(64);
  /** Index of its line among the stage's. */
  line = new Int32Array(64);
  /** The item that is passed on, or will be first; -1: all are. */
  item = new Int32Array(64);
  /** Items after that one. */
  rest = new Int32Array(64);
  /** Which of the stage's flows the item is being passed on to. */
  flow = new Int32Array(64);
  /** Pieces of the item that are left for that flow; -1: not counted yet. */
  pieces = new Int32Array(64);
  /** 1: the item itself has gone on or was merged, so that it is not over here. */
  moved = new Uint8Array(64);
  /** The piece that waits for room in the next queue. */
  piece = new Int32Array(64);
  /** The hold on an outer lane that ends when the item has been passed on; -1: none. */
  ending = new Int32Array(64);
  /** Holds on the own lane. */
  holds = new Int32Array(64);
  /** 1: has passed all on, and its lane is only held. */
  held = new Uint8Array(64);
  /** The next of those that wait for the same queue. */
  link = new Int32Array(64);
  waitNs = new Float64Array(64);
  private free = -1;
  private used = 0;

  add(stage: number, line: number): number {
    let execution = this.free;
    if (execution === -1) {
      if (this.used === this.link.length) this.grow();
      execution = this.used++;
    } else this.free = this.link[execution] ?? -1;
    this.stage[execution] = stage;
    this.line[execution] = line;
    this.holds[execution] = 0;
    this.held[execution] = 0;
    this.ending[execution] = -1;
    return execution;
  }

  remove(execution: number): void {
    this.link[execution] = this.free;
    this.free = execution;
  }

  private grow(): void {
    const length = this.link.length * 2;
    this.stage = grownInts(this.stage, length);
    this.line = grownInts(this.line, length);
    this.item = grownInts(this.item, length);
    this.rest = grownInts(this.rest, length);
    this.flow = grownInts(this.flow, length);
    this.pieces = grownInts(this.pieces, length);
    this.piece = grownInts(this.piece, length);
    this.ending = grownInts(this.ending, length);
    this.holds = grownInts(this.holds, length);
    this.link = grownInts(this.link, length);
    this.waitNs = grownFloats(this.waitNs, length);
    const { moved, held } = this;
    this.moved = new Uint8Array(length);
    this.held = new Uint8Array(length);
    this.moved.set(moved);
    this.held.set(held);
  }
}
