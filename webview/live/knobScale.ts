/** Where a knob's values stand on its slider. Pure. */
import type { KnobReport } from '../../extension/core/report/report.js';

/** Positions of a slider, 0 to this. */
export const STEPS = 1000;
/** From so many values on the scale is logarithmic: the small ones matter most. */
const WIDE = 64;
/** What an unbounded knob's slider reaches at least, and how many times the value at the start. */
const LEAST_REACH = 64;
const REACH = 8;

export interface KnobScale {
  readonly min: number;
  /** Where the slider ends. */
  readonly max: number;
  /** The knob goes on beyond the end. */
  readonly isOpen: boolean;
  readonly isLog: boolean;
}

const powerAbove = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(value, 1)));

/**
 * The scale of a knob. One without a bound ends at eight times what it was at the start, so that the scale stays as it is while
 * the slider is drawn; a larger value, which a number field or the program may set, makes it longer.
 */
export function knobScale(
  { min, max, value }: Pick<KnobReport, 'min' | 'max' | 'value'>,
  start: number | null,
): KnobScale {
  if (max !== null) return { min, max, isOpen: false, isLog: max - min >= WIDE };
  const reach = Math.max(LEAST_REACH, powerAbove(REACH * (start ?? value ?? min)), min + 1);
  const end = value !== null && value > reach ? powerAbove(2 * value) : reach;
  return { min, max: end, isOpen: true, isLog: end - min >= WIDE };
}

/** The position of a value; null: unlimited, at the end. */
export function positionOf(scale: KnobScale, value: number | null): number {
  const { min, max, isLog } = scale;
  if (value === null || max <= min) return STEPS;
  const held = Math.min(Math.max(value, min), max);
  const share = isLog
    ? Math.log(held - min + 1) / Math.log(max - min + 1)
    : (held - min) / (max - min);
  return Math.round(share * STEPS);
}

/** The whole number at a position. */
export function valueAt(scale: KnobScale, position: number): number {
  const { min, max, isLog } = scale;
  const share = Math.min(Math.max(position / STEPS, 0), 1);
  const value = isLog ? min - 1 + (max - min + 1) ** share : min + share * (max - min);
  return Math.min(Math.max(Math.round(value), Math.ceil(min)), Math.floor(max));
}

/** The value after a key on the slider; null: the key means nothing there. */
export function valueAfterKey(scale: KnobScale, value: number | null, key: string): number | null {
  const { min, max, isOpen } = scale;
  const from = value ?? max;
  const hold = (to: number): number =>
    Math.min(Math.max(Math.round(to), Math.ceil(min)), isOpen ? Math.max(max, from) : max);
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return hold(from + 1);
    case 'ArrowLeft':
    case 'ArrowDown':
      return hold(from - 1);
    case 'PageUp':
      return hold(Math.max(2 * from, from + 1));
    case 'PageDown':
      return hold(from / 2);
    case 'Home':
      return hold(min);
    case 'End':
      return hold(max);
    default:
      return null;
  }
}
