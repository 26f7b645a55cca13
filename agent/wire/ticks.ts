/** 64-bit ticks in two halves: joined exactly as bigint, or as nanoseconds since an anchor as number. */

export const TWO_32 = 4_294_967_296;

/** The exact 64-bit value. */
export function joinWord(hi: number, lo: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/** High half of a 64-bit value. */
export function highHalf(word: bigint): number {
  return Number((word >> 32n) & 0xffff_ffffn);
}

/** Low half of a 64-bit value. */
export function lowHalf(word: bigint): number {
  return Number(word & 0xffff_ffffn);
}

/**
 * Nanoseconds from the anchor to the given ticks, for a clock of 1e9 ticks a second. The halves are subtracted before they
 * are joined, so the result is exact as long as the difference is under 2^53 ns (104 days), whatever the uptime.
 */
export function nsSince(anchorHi: number, anchorLo: number, hi: number, lo: number): number {
  return (hi - anchorHi) * TWO_32 + (lo - anchorLo);
}

/** High half of a whole number of nanoseconds below 2^53. */
export function highOfNs(ns: number): number {
  return (ns / TWO_32) >>> 0;
}
