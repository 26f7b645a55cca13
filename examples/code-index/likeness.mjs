// Which files are nearly the same: MinHash (Broder 1997). Of all runs of eight characters of a file the smallest value of each of
// 128 hash functions is kept; two files agree in about as many of them as they have of their runs in common.

/** Values in a signature. */
export const HASHES = 128;
const RUN = 8;

// Multipliers and increments of the hash functions: any odd number and any number, the same ones in every run.
const multipliers = Uint32Array.from(
  { length: HASHES },
  (_, i) => Math.imul(i + 1, 0x9e3779b1) | 1,
);
const increments = Uint32Array.from({ length: HASHES }, (_, i) => Math.imul(i + 7, 0x85ebca6b));

/** The signature of a text. What is shorter than a run has none in common with anything. */
export function signatureOf(text) {
  const smallest = new Uint32Array(HASHES).fill(0xffff_ffff);
  for (let at = 0; at + RUN <= text.length; at++) {
    let hash = 2166136261;
    for (let i = at; i < at + RUN; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
    for (let i = 0; i < HASHES; i++) {
      const value = (Math.imul(hash, multipliers[i]) + increments[i]) >>> 0;
      if (value < smallest[i]) smallest[i] = value;
    }
  }
  return smallest;
}

/** About which share of their runs two files have in common, 0 to 1. */
export function likeness(one, other) {
  let same = 0;
  for (let i = 0; i < HASHES; i++) {
    if (one[i] === other[i] && one[i] !== 0xffff_ffff) same++;
  }
  return same / HASHES;
}
