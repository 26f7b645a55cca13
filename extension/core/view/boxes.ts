/** Boxes of one lane, collected level by level and then packed into the reply's buffer. */
import { BOX_BYTES, BoxFlag, BoxKind, packMeta } from '../panel/messages.js';

/** Most boxes of one lane; a lane has at most a few per pixel, so only absurd requests reach it. */
const MAX_BOXES = 200_000;

interface Level {
  /** x, width, meta, name; four numbers a box. */
  readonly words: number[];
  /** Position in `words` of the last box of each kind, to join it with an equal neighbour. */
  readonly lastOfKind: Map<number, number>;
}

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

  add(box: Box): void {
    if (this.count >= MAX_BOXES) return;
    const level = this.level(box.level);
    const x = (box.fromNs - this.originNs) / this.nsPerPx;
    const width = (box.toNs - box.fromNs) / this.nsPerPx;
    const share = Math.min(Math.max(Math.round(box.share * 255), 1), 255);
    const meta = packMeta(box.kind, box.level, share, box.flags);
    const { words } = level;
    const last = level.lastOfKind.get(box.kind);
    if (last !== undefined && canJoin(box, words, last, meta) && touches(words, last, x)) {
      words[last + 1] = x + width - (words[last] ?? 0);
      return;
    }
    level.lastOfKind.set(box.kind, words.length);
    words.push(x, width, meta, box.name);
    this.count++;
  }

  /** Writes all boxes at a byte offset, by level and then by x. */
  write(buffer: ArrayBuffer, offset: number): void {
    const floats = new Float32Array(buffer, offset, (this.count * BOX_BYTES) / 4);
    const whole = new Uint32Array(buffer, offset, (this.count * BOX_BYTES) / 4);
    let at = 0;
    for (const { words } of this.levels) {
      for (let i = 0; i < words.length; i += 4, at += 4) {
        floats[at] = words[i] ?? 0;
        floats[at + 1] = words[i + 1] ?? 0;
        whole[at + 2] = words[i + 2] ?? 0;
        whole[at + 3] = words[i + 3] ?? 0;
      }
    }
  }

  private level(index: number): Level {
    while (this.levels.length <= index) this.levels.push({ words: [], lastOfKind: new Map() });
    const level = this.levels[index];
    if (level === undefined) throw new Error('Sluice bug: level not made');
    return level;
  }
}

/** Waiting of one kind reads as one box; two executions stay two, unless both already stand for several. */
function canJoin(box: Box, words: readonly number[], last: number, meta: number): boolean {
  if (words[last + 2] !== meta || words[last + 3] !== box.name) return false;
  const isState =
    box.kind !== BoxKind.busy && box.kind !== BoxKind.span && box.kind !== BoxKind.gpu;
  return isState || (box.flags & BoxFlag.merged) !== 0;
}

function touches(words: readonly number[], last: number, x: number): boolean {
  return Math.abs((words[last] ?? 0) + (words[last + 1] ?? 0) - x) < 1e-6;
}
