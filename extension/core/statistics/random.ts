/** Random numbers that are the same for the same seed: sfc32 (Doty-Humphrey, PractRand), a period of about 2^127. */
const TWO_32 = 4_294_967_296;

/** A stream of random numbers. Streams of different seeds have nothing to do with each other. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** `seed` is any finite number; its whole part counts, modulo 2^32. */
  constructor(seed: number) {
    let state = seed | 0;
    // splitmix32, so that seeds close to each other begin far apart.
    const mixed = (): number => {
      state = (state + 0x9e37_79b9) | 0;
      let z = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a_2d97);
      return z ^ (z >>> 15);
    };
    this.a = mixed();
    this.b = mixed();
    this.c = mixed();
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** Uniform in [0, 1), 53 bits. */
  next(): number {
    return ((this.bits() >>> 5) * 67_108_864 + (this.bits() >>> 6)) / 9_007_199_254_740_992;
  }

  /** A whole number in [0, n); `n` at most 2^32. */
  below(n: number): number {
    return Math.floor(((this.bits() >>> 0) / TWO_32) * n);
  }

  /** Exponentially distributed, never negative. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** Normally distributed with mean 0 and variance 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  private bits(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum;
  }
}
