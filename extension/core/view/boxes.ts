/** Boxes of one row, collected level by level and then packed into the reply's buffer. */
import { BOX_BYTES, BoxFlag, BoxKind, packMeta } from '../panel/view.js';

/** Most boxes of one row; a row has at most one per pixel and level, so only absurd requests reach it. */
const MAX_BOXES = 200_000;
const WORDS = BOX_BYTES / 4;
const FIRST_CAPACITY = 64;

/** One box. `share` is 0..1. */
export interface Box {
  readonly fromNs: number;
  readonly toNs: number;
  readonly kind: number;
  readonly level: number;
  readonly share: number;
  readonly flags: number;
  readonly name: number;
}

/** Boxes of one level in the order of x. `floats` and `words` look at the same bytes. */
class Level {
  count = 0;
  words = new Uint32Array(FIRST_CAPACITY * WORDS);
  floats = new Float32Array(this.words.buffer);
  /** Position of the last box of each kind plus 1, to join it with an equal neighbour. */
  readonly lastOfKind = new Uint32Array(256);

  push(x: number, width: number, meta: number, name: number): void {
    const at = this.count * WORDS;
    if (at === this.words.length) this.grow();
    this.floats[at] = x;
    this.floats[at + 1] = width;
    this.words[at + 2] = meta;
    this.words[at + 3] = name;
    this.count++;
    this.lastOfKind[meta & 0xff] = this.count;
  }

  private grow(): void {
    const words = new Uint32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    this.floats = new Float32Array(words.buffer);
  }
}

/** Collects boxes in the order of x within each level. */
export class BoxList {
  count = 0;
  private readonly levels: Level[] = [];
  private readonly originNs: number;
  private readonly nsPerPx: number;

  constructor(originNs: number, nsPerPx: number) {
    this.originNs = originNs;
    this.nsPerPx = nsPerPx;
  }

  add({ fromNs, toNs, kind, level, share, flags, name }: Box): void {
    const byte = Math.min(Math.max(Math.round(share * 255), 1), 255);
    const meta = packMeta(kind, level, byte, flags);
    this.put(this.level(level), fromNs, toNs, { meta, name });
  }

  /** A box of level 0 without a name: what the lane does as a whole. */
  addState(fromNs: number, toNs: number, kind: number, flags: number): void {
    if (this.count >= MAX_BOXES) return;
    const level = this.level(0);
    const meta = packMeta(kind, 0, 255, flags);
    const x = (fromNs - this.originNs) / this.nsPerPx;
    const width = (toNs - fromNs) / this.nsPerPx;
    // Executions stay apart, waiting of one kind reads as one box.
    if (kind !== BoxKind.busy && this.joins(level, x, width, { meta, name: 0 })) return;
    level.push(x, width, meta, 0);
    this.count++;
  }

  /** Writes all boxes at a byte offset, by level and then by x. */
  write(buffer: ArrayBuffer, offset: number): void {
    const whole = new Uint32Array(buffer, offset, this.count * WORDS);
    let at = 0;
    for (const { words, count } of this.levels) {
      whole.set(words.subarray(0, count * WORDS), at);
      at += count * WORDS;
    }
  }

  private put(
    level: Level,
    fromNs: number,
    toNs: number,
    what: { readonly meta: number; readonly name: number },
  ): void {
    if (this.count >= MAX_BOXES) return;
    const x = (fromNs - this.originNs) / this.nsPerPx;
    const width = (toNs - fromNs) / this.nsPerPx;
    if (canJoin(what.meta) && this.joins(level, x, width, what)) return;
    level.push(x, width, what.meta, what.name);
    this.count++;
  }

  private joins(
    level: Level,
    x: number,
    width: number,
    { meta, name }: { readonly meta: number; readonly name: number },
  ): boolean {
    const last = (level.lastOfKind[meta & 0xff] ?? 0) - 1;
    if (last < 0) return false;
    const at = last * WORDS;
    if (level.words[at + 2] !== meta || level.words[at + 3] !== name) return false;
    const left = level.floats[at] ?? 0;
    // Positions are kept to 24 bits: at 16,384 pixels that is a thousandth of one.
    if (Math.abs(left + (level.floats[at + 1] ?? 0) - x) > 4e-3) return false;
    level.floats[at + 1] = x + width - left;
    return true;
  }

  private level(index: number): Level {
    while (this.levels.length <= index) this.levels.push(new Level());
    const level = this.levels[index];
    if (level === undefined) throw new Error('Sluice bug: level not made');
    return level;
  }
}

/** Waiting of one kind reads as one box; two spans stay two, unless both already stand for several. */
function canJoin(meta: number): boolean {
  const kind = meta & 0xff;
  const isState = kind !== BoxKind.busy && kind !== BoxKind.span && kind !== BoxKind.gpu;
  return isState || ((meta >>> 24) & BoxFlag.merged) !== 0;
}
