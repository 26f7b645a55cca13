// Bloom filters of trigrams, as the index stores one for each file.

/** Size of a file's filter. */
export const TRIGRAM_BITS = 16_384;

/** The two bits of the trigram at `at` in a lower-case text. */
export function* trigramBits(text, at) {
  let hash = 2166136261;
  for (let i = at; i < at + 3; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  yield (hash >>> 18) & (TRIGRAM_BITS - 1);
  yield hash & (TRIGRAM_BITS - 1);
}

/** Can a text with this filter contain `piece`? False is certain, true is not. */
export function mayContain(filter, piece) {
  const lower = piece.toLowerCase();
  for (let i = 0; i + 3 <= lower.length; i++) {
    for (const bit of trigramBits(lower, i))
      if (!(filter[bit >> 3] & (1 << (bit & 7)))) return false;
  }
  return true;
}
