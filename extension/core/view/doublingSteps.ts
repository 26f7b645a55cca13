/** Equal steps of time, which double whenever there would be too many of them: for series of a fixed size that never end. */
const FIRST_STEP_NS = 1e6;
/** Coarser than this nothing could be told from a picture, however few things there are. */
const MIN_STEPS = 30;

/**
 * How many of `length` steps to tell as one, so that each holds `perStep` things on average: of fewer the picture would show
 * the counting.
 */
export function stepsToJoin(length: number, things: number, perStep: number): number {
  let join = 1;
  while (length / (2 * join) >= MIN_STEPS && (things * join) / length < perStep) join *= 2;
  return join;
}

/** Steps from a moment on, at most `most` of them. */
export class DoublingSteps {
  readonly fromNs: number;
  readonly most: number;
  private length = FIRST_STEP_NS;
  private readonly joinPairs: () => void;

  /** `joinPairs` is called when steps double: then step i holds what was in the steps 2i and 2i + 1. */
  constructor(fromNs: number, most: number, joinPairs: () => void) {
    this.fromNs = fromNs;
    this.most = most;
    this.joinPairs = joinPairs;
  }

  get stepNs(): number {
    return this.length;
  }

  /** The step of a moment, for which room is made; negative before the first. */
  stepAt(atNs: number): number {
    this.makeRoomFor(atNs);
    return Math.min(Math.floor((atNs - this.fromNs) / this.length), this.most - 1);
  }

  /** Steps that have begun before a moment, for which room is made. */
  countUntil(toNs: number): number {
    this.makeRoomFor(toNs);
    return Math.max(Math.ceil((toNs - this.fromNs) / this.length), 0);
  }

  private makeRoomFor(atNs: number): void {
    while (atNs - this.fromNs > this.length * this.most) {
      this.length *= 2;
      this.joinPairs();
    }
  }
}
