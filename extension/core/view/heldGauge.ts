/**
 * Values of other tools' counters. Those are written when they change, so a value holds until the next one, however long that
 * takes; the agent's own gauges are measured at a pace, and a sample speaks about the time before it (`gaugeHistory.ts`).
 */
import { MaxPyramid } from '../model/maxPyramid.js';
import type { GaugeSeries } from '../model/series.js';
import type { GaugePart, GaugeTotal } from './gaugeParts.js';

/** The highest value of a stretch; below 0 counts as 0, where pictures end. */
export class HeldPart implements GaugePart {
  readonly #series: GaugeSeries;
  #max: MaxPyramid;
  #epoch = 0;
  #total: GaugeTotal | null = null;
  #totalled = 0;

  constructor(series: GaugeSeries) {
    this.#series = series;
    this.#max = new MaxPyramid(series.value);
  }

  valueIn(fromNs: number, toNs: number): number {
    this.#refresh();
    const { atNs } = this.#series;
    const first = Math.max(atNs.upperBound(fromNs) - 1, 0);
    const behind = atNs.lowerBound(toNs);
    return first >= behind ? NaN : Math.max(this.#max.max(first, behind), 0);
  }

  total(): GaugeTotal | null {
    this.#refresh();
    const { atNs, value } = this.#series;
    const { length } = atNs;
    if (length === 0 || length === this.#totalled) return this.#total;
    const fromNs = atNs.at(0);
    const toNs = atNs.at(length - 1);
    let sum = 0;
    for (let i = 1; i < length; i++) sum += value.at(i - 1) * (atNs.at(i) - atNs.at(i - 1));
    const mean = toNs > fromNs ? sum / (toNs - fromNs) : value.at(0);
    this.#total = { mean, max: this.#max.max(0, length), fromNs, toNs };
    this.#totalled = length;
    return this.#total;
  }

  /** The value that holds at a moment, from when and until when; null before the first. */
  sampleAt(atNs: number): { readonly value: number; fromNs: number; toNs: number } | null {
    const times = this.#series.atNs;
    const index = times.upperBound(atNs) - 1;
    if (index < 0) return null;
    const fromNs = times.at(index);
    const toNs = index + 1 < times.length ? times.at(index + 1) : atNs;
    return { value: this.#series.value.at(index), fromNs, toNs };
  }

  #refresh(): void {
    const { epoch, value } = this.#series;
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#max = new MaxPyramid(value);
    this.#totalled = 0;
  }
}
