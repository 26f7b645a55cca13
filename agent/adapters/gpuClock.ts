/**
 * The clock of a device, on the clock of the host.
 *
 * Timestamps of a device count nanoseconds from a beginning of their own. Work begins on it after it was submitted and ends
 * before the host hears of that, so each piece of work bounds the offset from both sides; many of them, intersected, leave a
 * narrow interval, and the offset is taken from its middle. Drivers in software use CLOCK_MONOTONIC itself: when that agrees with
 * the bounds, the offset is exact. Clocks of devices drift, so only the newest work counts.
 *
 * A driver may round timestamps down to a multiple of a quantum (Dawn by default to 65,536 ns, against timing attacks).
 */

/** Pieces of work whose bounds count. */
const WINDOW = 64;
/** Different timestamps from which a common divisor is no accident. */
const MIN_DISTINCT = 16;
/** A step finer than this is the device's own and worth no word. */
const MIN_QUANTUM_NS = 1000;

/** A piece of work as the host (nanoseconds of `Recorder.now`) and as the device saw it. */
export interface TimedWork {
  readonly submittedNs: number;
  readonly doneNs: number;
  readonly begin: bigint;
  readonly end: bigint;
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Calibrates itself by the work that it is shown. */
export class GpuClock {
  readonly #bounds: Bounds[] = [];
  #base: bigint | undefined;
  #offsetNs = 0;
  #spreadNs = Infinity;

  /** How far off the offset may be, in nanoseconds; 0: the device uses the host's clock; Infinity: nothing is known yet. */
  get errorNs(): number {
    return this.#spreadNs / 2;
  }

  /** Takes in a piece of work; `quantumNs`: what its timestamps were rounded down to. */
  observe(work: TimedWork, quantumNs: number): void {
    if (work.end < work.begin || work.doneNs < work.submittedNs) return;
    this.#base ??= work.begin;
    const begin = Number(work.begin - this.#base);
    const end = Number(work.end - this.#base);
    this.#bounds.push({ low: work.submittedNs - begin - quantumNs, high: work.doneNs - end });
    if (this.#bounds.length > WINDOW) this.#bounds.shift();
    this.#settle(this.#base, quantumNs);
  }

  /** A timestamp in nanoseconds of the host's clock. Before the first `observe` there is nothing to go by: NaN. */
  toHostNs(timestamp: bigint): number {
    return this.#base === undefined ? NaN : Number(timestamp - this.#base) + this.#offsetNs;
  }

  #settle(base: bigint, quantumNs: number): void {
    let low = -Infinity;
    let high = Infinity;
    // From the newest backwards: where older ones contradict, the clock has drifted since, and they are forgotten.
    for (let i = this.#bounds.length - 1; i >= 0; i--) {
      const bounds = this.#bounds[i];
      if (bounds === undefined) continue;
      const nextLow = Math.max(low, bounds.low);
      const nextHigh = Math.min(high, bounds.high);
      if (nextLow > nextHigh) {
        this.#bounds.splice(0, i + 1);
        break;
      }
      low = nextLow;
      high = nextHigh;
    }
    if (low > high || this.#bounds.length === 0) return;
    const same = Number(base);
    const isSame = low <= same && same <= high;
    // A value that was rounded down stands for the middle of its step.
    this.#offsetNs = (isSame ? same : (low + high) / 2) + quantumNs / 2;
    this.#spreadNs = isSame ? 0 : high - low;
  }
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** Finds the quantum of a device's timestamps from their values. */
export class QuantumFinder {
  readonly #seen = new Set<bigint>();
  #divisor = 0n;

  /** Shows it a timestamp. */
  add(timestamp: bigint): void {
    this.#divisor = gcd(timestamp, this.#divisor);
    if (this.#seen.size < MIN_DISTINCT) this.#seen.add(timestamp);
  }

  /** Nanoseconds to which timestamps are rounded; undefined: too few were seen to tell; 0: to nothing worth a word. */
  get quantumNs(): number | undefined {
    if (this.#divisor !== 0n && this.#divisor < MIN_QUANTUM_NS) return 0;
    return this.#seen.size < MIN_DISTINCT ? undefined : Number(this.#divisor);
  }
}
