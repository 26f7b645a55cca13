/** Sets a knob at once, and remembers what was asked for until the program is there. */
import { paced } from '../frames.js';

/** A program is told at most so often while the slider is drawn. */
const SEND_EVERY_MS = 120;
/** A value that the program has not taken over by then is not shown any more. */
const PATIENCE_MS = 3000;

export interface ShownValue {
  readonly value: number | null;
  /** The program is still on its way there. */
  readonly isPending: boolean;
}

/** The value that was asked for last. */
interface Wanted {
  readonly value: number;
  readonly untilMs: number;
}

/** One for each knob. */
export class KnobSetter {
  private readonly send: (value: number) => void;
  private readonly expired: () => void;
  private wanted: Wanted | null = null;

  /** `expired` is called when what was asked for is given up, perhaps. */
  constructor(send: (value: number) => void, expired: () => void) {
    this.send = paced(SEND_EVERY_MS, send);
    this.expired = expired;
  }

  set(value: number): void {
    this.wanted = { value, untilMs: performance.now() + PATIENCE_MS };
    this.send(value);
    setTimeout(this.expired, PATIENCE_MS + 1);
  }

  /** The value to show where the program is at `present`; `isHeld`: somebody has hold of the slider. */
  shown(present: number | null, isHeld: boolean): ShownValue {
    const { wanted } = this;
    const isOver = wanted !== null && !isHeld && performance.now() >= wanted.untilMs;
    if (wanted === null || isOver || wanted.value === present) {
      this.wanted = null;
      return { value: present, isPending: false };
    }
    return { value: wanted.value, isPending: true };
  }
}
