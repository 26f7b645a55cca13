// Runs in Piscina's worker threads: the words of one file, the lines they stand on, the file's trigrams and its signature.
import { signatureOf } from './likeness.mjs';
import { TRIGRAM_BITS, trigramBits } from './trigrams.mjs';

const MIN_LENGTH = 2;
const MAX_LENGTH = 40;
const MAX_LINES_PER_WORD = 20;

/** Endings that are cut off, longest first, where at least three letters remain: `parsing` and `parsed` are `pars`. */
const ENDINGS = /(?<=\p{L}{3})(?:ations?|ingly|edly|ings?|ers?|ies|ed|es|ly|s|e)$/u;

/** `readFileSync` is `read`, `file` and `sync`, and also itself; each of them counts under its stem too. */
function* wordsOf(identifier) {
  const parts = identifier.split(/_|(?<=\p{Ll})(?=\p{Lu})|(?<=\p{L})(?=\p{N})/u);
  for (const part of parts.length > 1 ? [identifier, ...parts] : parts) {
    const word = part.normalize('NFKC').toLowerCase();
    yield word;
    const stem = word.replace(ENDINGS, '');
    if (stem !== word) yield stem;
  }
}

function count(found, word, line) {
  const entry = found.get(word);
  if (entry === undefined) {
    found.set(word, [1, [line]]);
    return;
  }
  entry[0]++;
  if (entry[1].length < MAX_LINES_PER_WORD && entry[1].at(-1) !== line) entry[1].push(line);
}

/**
 * Which three-character sequences occur, as a Bloom filter of 16 Kibit with two bits each: says quickly which files cannot
 * contain a piece of text, wherever in a word that stands.
 */
function trigramsOf(text) {
  const bits = new Uint8Array(TRIGRAM_BITS / 8);
  const lower = text.toLowerCase();
  for (let i = 0; i + 3 <= lower.length; i++) {
    for (const bit of trigramBits(lower, i)) bits[bit >> 3] |= 1 << (bit & 7);
  }
  return bits;
}

/**
 * Counts the words of a UTF-8 file. Returns them sorted, with their counts beside them, and as `text` the block that is
 * stored for the file: JSON of `[[word, count, [line, ...]], ...]`. One long text crosses threads faster than many arrays.
 */
export default function tokenise(bytes) {
  const found = new Map();
  const content = new TextDecoder().decode(bytes);
  const lines = content.split('\n');
  for (const [index, line] of lines.entries()) {
    for (const [identifier] of line.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) {
      for (const word of wordsOf(identifier)) {
        if (word.length >= MIN_LENGTH && word.length <= MAX_LENGTH) count(found, word, index + 1);
      }
    }
  }
  const postings = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    words: postings.map(([word]) => word),
    counts: Uint32Array.from(postings, ([, [n]]) => n),
    trigrams: trigramsOf(content),
    signature: signatureOf(content),
    text: JSON.stringify(postings.map(([word, [n, on]]) => [word, n, on])),
  };
}
