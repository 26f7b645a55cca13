/**
 * Random numbers that are the same for the same seed on every machine: what is simulated, resampled or shuffled can be done
 * again. The generator is sfc32 (Doty-Humphrey, PractRand: small, fast, passes its tests), seeded through splitmix32 (after
 * Steele, Lea and Flood, OOPSLA 2014), so that neighbouring seeds have nothing in common.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  /** The second number of the pair that `normal` makes; NaN: none is left. */
  private spare = NaN;

  /** Any finite seed; of fractions and of what is beyond 32 bits the lower 32 bits of the whole part count. */
  constructor(seed: number) {
    const state = { value: seed | 0 };
    this.a = splitMix32(state);
    this.b = splitMix32(state);
    this.c = splitMix32(state);
    for (let i = 0; i < 12; i++) this.next();
  }

  /** Evenly in [0, 1), in steps of 2^-32. */
  next(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return (sum >>> 0) / 4_294_967_296;
  }

  /** A whole number in 0..n-1; 0 when n is below 1. */
  below(n: number): number {
    return Math.floor(this.next() * Math.max(n, 0));
  }

  /** Exponentially distributed with this mean: the gaps of a Poisson stream. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** Normally distributed with mean 0 and deviation 1 (Box and Muller, 1958). */
  normal(): number {
    if (!Number.isNaN(this.spare)) {
      const { spare } = this;
      this.spare = NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

function splitMix32(state: { value: number }): number {
  state.value = (state.value + 0x9e3779b9) | 0;
  let mixed = state.value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
