/**
 * Cores that everything that computes shares, and event loops on which one thing computes at a time.
 *
 * Processor sharing by virtual time: with n pieces on c cores each gets r = min(1, c / n) of a core. Virtual time passes at
 * r, the same for all pieces, so a piece that needs w begins at virtual time V and is done at V + w whatever comes and goes
 * in the meantime. A heap of those ends makes it O(log n) an event.
 */
import { TimeHeap } from './timeHeap.js';

export class Cores {
  /** When the next piece is done if nothing changes; Infinity when nothing computes. */
  nextNs = Infinity;
  private readonly cores: number;
  private readonly ends = new TimeHeap();
  private readonly loops: Loop[];
  private virtualNs = 0;
  private sinceNs = 0;
  private rate = 1;

  /** `cores` may be Infinity. */
  constructor(cores: number, loops: number) {
    this.cores = cores;
    this.loops = Array.from({ length: loops }, () => new Loop());
  }

  /** A piece of `cpuNs` begins to compute, or waits for its loop (-1: for none). */
  start(piece: number, cpuNs: number, loop: number, nowNs: number): void {
    const own = this.loops[loop];
    if (own !== undefined && !own.enter(piece, cpuNs)) return;
    this.passTo(nowNs);
    this.ends.push(this.virtualNs + cpuNs, piece);
    this.share();
  }

  /** Takes away the piece that is done, whose time is `nextNs`. */
  finish(): number {
    const least = this.ends.leastTime;
    this.sinceNs = this.nextNs;
    const piece = this.ends.pop();
    // Not added up: those that end together do so to the bit.
    this.virtualNs = least;
    this.share();
    return piece;
  }

  /** The loop is free for the next piece that waits for it. */
  leaveLoop(loop: number, nowNs: number): void {
    const own = this.loops[loop];
    if (own?.leave() !== true) return;
    this.passTo(nowNs);
    this.ends.push(this.virtualNs + own.cpuNs, own.piece);
    this.share();
  }

  private passTo(nowNs: number): void {
    this.virtualNs += (nowNs - this.sinceNs) * this.rate;
    this.sinceNs = nowNs;
  }

  private share(): void {
    const { size, leastTime } = this.ends;
    this.rate = size > this.cores ? this.cores / size : 1;
    const leftNs = Math.max(leastTime - this.virtualNs, 0);
    this.nextNs = size === 0 ? Infinity : this.sinceNs + leftNs / this.rate;
  }
}

/** One event loop: what waits for it, first come first served. */
class Loop {
  /** What computes, and how long. */
  piece = -1;
  cpuNs = 0;
  private pieces: number[] = [];
  private lengths: number[] = [];
  private first = 0;

  /** Whether it may compute at once. */
  enter(piece: number, cpuNs: number): boolean {
    if (this.piece !== -1) {
      this.pieces.push(piece);
      this.lengths.push(cpuNs);
      return false;
    }
    this.piece = piece;
    this.cpuNs = cpuNs;
    return true;
  }

  /** Whether another one computes now. */
  leave(): boolean {
    this.piece = this.pieces[this.first] ?? -1;
    this.cpuNs = this.lengths[this.first] ?? 0;
    if (this.piece === -1) return false;
    this.first++;
    if (this.first > 1024 && this.first * 2 > this.pieces.length) {
      this.pieces = this.pieces.slice(this.first);
      this.lengths = this.lengths.slice(this.first);
      this.first = 0;
    }
    return true;
  }
}
