/** Where the values of a gauge row come from: samples, garbage collections, or several of those together. */
import type { Thread } from '../model/entities.js';
import { GAUGE_GAP, type Fold, type GaugeHistory } from './gaugeHistory.js';

/** A value for any stretch of time; NaN: before or behind all samples, GAUGE_GAP: not known. */
export interface GaugePart {
  valueIn(fromNs: number, toNs: number): number;
  /** Over everything known; null: nothing is. A `max` that nobody computed is null. */
  total(): GaugeTotal | null;
}

/** Figures over the session, and the time that they are about. */
export interface GaugeTotal {
  readonly mean: number;
  readonly max: number | null;
  readonly fromNs: number;
  readonly toNs: number;
}

/** Samples, folded one way. */
export class SampledPart implements GaugePart {
  readonly history: GaugeHistory;
  readonly #fold: Fold;

  constructor(history: GaugeHistory, fold: Fold) {
    this.history = history;
    this.#fold = fold;
  }

  valueIn(fromNs: number, toNs: number): number {
    return this.history.valueIn(fromNs, toNs, this.#fold);
  }

  total(): GaugeTotal | null {
    return this.history.total();
  }
}

/**
 * Share of time in garbage collections. Known where the event loop is measured: collections are told by the loop, so where
 * it was not asked, none seen does not mean none.
 */
export class GcPart implements GaugePart {
  readonly #gc: Thread['gc'];
  readonly #loop: GaugeHistory;

  constructor(gc: Thread['gc'], loop: GaugeHistory) {
    this.#gc = gc;
    this.#loop = loop;
  }

  valueIn(fromNs: number, toNs: number): number {
    const known = this.#loop.valueIn(fromNs, toNs, 'max');
    if (Number.isNaN(known) || known === GAUGE_GAP) return known;
    const knownNs = this.#loop.knownIn(fromNs, toNs);
    return knownNs <= 0 ? NaN : Math.min(this.#timeNs(fromNs, toNs) / knownNs, 1);
  }

  total(): GaugeTotal | null {
    const loop = this.#loop.total();
    if (loop === null) return null;
    const { fromNs, toNs } = loop;
    const mean = this.valueIn(fromNs, toNs);
    return Number.isNaN(mean) ? null : { mean, max: null, fromNs, toNs };
  }

  /** Time of [fromNs, toNs) in collections, which do not overlap. */
  #timeNs(fromNs: number, toNs: number): number {
    const gc = this.#gc;
    gc.settle();
    let first = gc.startNs.lowerBound(fromNs);
    if (first > 0 && gc.endNs(first - 1) > fromNs) first--;
    const behind = gc.startNs.lowerBound(toNs);
    if (first >= behind) return 0;
    const early = Math.max(fromNs - gc.startNs.at(first), 0);
    const late = Math.max(gc.endNs(behind - 1) - toNs, 0);
    return gc.durationBefore(behind) - gc.durationBefore(first) - early - late;
  }
}

/** Stretches of the session that the highest value of several threads together is looked for in, fewer with many threads. */
const MAX_STRETCHES = 256;
const MIN_STRETCHES = 16;
/** Values that this may ask of the threads: it is asked with every snapshot. */
const MAX_TOTAL_VALUES = 8192;

/** Several threads as one row. A thread that is not there adds nothing; one that is not known makes a sum unknown. */
export class JoinedPart implements GaugePart {
  readonly parts: readonly GaugePart[];
  readonly #by: 'sum' | 'mean';

  constructor(parts: readonly GaugePart[], by: 'sum' | 'mean') {
    this.parts = parts;
    this.#by = by;
  }

  valueIn(fromNs: number, toNs: number): number {
    let sum = 0;
    let count = 0;
    let isGap = false;
    for (const part of this.parts) {
      const value = part.valueIn(fromNs, toNs);
      if (Number.isNaN(value)) continue;
      if (value === GAUGE_GAP) isGap = true;
      else {
        sum += value;
        count++;
      }
    }
    if (count === 0 || (isGap && this.#by === 'sum')) return isGap ? GAUGE_GAP : NaN;
    return this.#by === 'sum' ? sum : sum / count;
  }

  /** The highest of the means over equal stretches of the session: what a picture of the whole would show. */
  total(): GaugeTotal | null {
    const all = this.parts.flatMap((part) => part.total() ?? []);
    const fromNs = Math.min(...all.map((t) => t.fromNs));
    const toNs = Math.max(...all.map((t) => t.toNs));
    if (!(toNs > fromNs)) return null;
    const affordable = Math.floor(MAX_TOTAL_VALUES / this.parts.length);
    const stretches = Math.min(Math.max(affordable, MIN_STRETCHES), MAX_STRETCHES);
    const stepNs = (toNs - fromNs) / stretches;
    let [sum, count, max] = [0, 0, 0];
    for (let i = 0; i < stretches; i++) {
      const value = this.valueIn(fromNs + i * stepNs, fromNs + (i + 1) * stepNs);
      if (Number.isNaN(value) || value === GAUGE_GAP) continue;
      sum += value;
      count++;
      max = Math.max(max, value);
    }
    return count === 0 ? null : { mean: sum / count, max, fromNs, toNs };
  }
}

/** Values that one row may ask of its threads, all columns together: more threads get wider columns. */
const MAX_VALUES = 50_000;

/** Values of equal columns over [fromNs, toNs), at most `columns` of them. */
export function paintGauge(
  part: GaugePart,
  fromNs: number,
  toNs: number,
  columns: number,
): Float32Array {
  const threads = part instanceof JoinedPart ? part.parts.length : 1;
  const count = Math.max(Math.min(columns, Math.floor(MAX_VALUES / threads)), 1);
  const stepNs = (toNs - fromNs) / count;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = part.valueIn(fromNs + i * stepNs, fromNs + (i + 1) * stepNs);
  }
  return values;
}
