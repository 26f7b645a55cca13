// Runs in Piscina's worker threads: the words of one file and the lines they stand on.
const MIN_LENGTH = 2;
const MAX_LENGTH = 40;
const MAX_LINES_PER_WORD = 20;

/** `readFileSync` is `read`, `file` and `sync`, and also itself. */
function* wordsOf(identifier) {
  yield identifier;
  const parts = identifier.split(/_|(?<=\p{Ll})(?=\p{Lu})|(?<=\p{L})(?=\p{N})/u);
  if (parts.length > 1) yield* parts;
}

/**
 * Counts the words of a UTF-8 file. Returns them sorted, with the count and the first lines of each:
 * `[[word, count, [line, ...]], ...]`.
 */
export default function tokenise(bytes) {
  const found = new Map();
  const lines = new TextDecoder().decode(bytes).split('\n');
  for (const [index, line] of lines.entries()) {
    for (const [identifier] of line.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) {
      for (const part of wordsOf(identifier)) {
        if (part.length < MIN_LENGTH || part.length > MAX_LENGTH) continue;
        const word = part.toLowerCase();
        const entry = found.get(word);
        if (entry === undefined) found.set(word, [1, [index + 1]]);
        else {
          entry[0]++;
          if (entry[1].length < MAX_LINES_PER_WORD && entry[1].at(-1) !== index + 1) {
            entry[1].push(index + 1);
          }
        }
      }
    }
  }
  return [...found]
    .map(([word, [count, on]]) => [word, count, on])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
