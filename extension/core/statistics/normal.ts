/** The normal distribution. */

/** Of a standard normal variable: how likely it is beyond `z`. Off by at most 1.2e-7 of the value (Press et al., Numerical
 * Recipes, section 6.2: Chebyshev fit of erfc). */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const fit = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ].reduceRight((sum, factor) => sum * t + factor, 0);
  const both = t * Math.exp(-x * x + fit);
  return z >= 0 ? both / 2 : 1 - both / 2;
}

/** Half the width of a 95 % interval of a normal variable, in standard deviations. */
export const NORMAL_95 = 1.959964;
