/**
 * Where a line of the text that ran stands now. What was edited above or below it does not matter; a line that was changed
 * itself, or that exists more than once in the part that was edited, is nowhere: a lens on the wrong line would be worse.
 */

/** Lines count from 1. */
export class LineMap {
  readonly #old: readonly string[];
  readonly #now: readonly string[];
  /** Lines at the beginning and at the end that are the same in both. */
  readonly #head: number;
  readonly #tail: number;
  #unique: ReadonlyMap<string, number> | null = null;

  constructor(oldText: string, nowText: string) {
    this.#old = linesOf(oldText);
    this.#now = linesOf(nowText);
    const most = Math.min(this.#old.length, this.#now.length);
    let head = 0;
    while (head < most && this.#old[head] === this.#now[head]) head++;
    let tail = 0;
    while (tail < most - head && this.#old.at(-1 - tail) === this.#now.at(-1 - tail)) tail++;
    this.#head = head;
    this.#tail = tail;
  }

  /** The line now; null: it cannot be told. */
  lineNow(line: number): number | null {
    const text = this.#old[line - 1];
    if (text === undefined) return null;
    if (line <= this.#head) return line;
    const fromEnd = this.#old.length - line;
    if (fromEnd < this.#tail) return this.#now.length - fromEnd;
    this.#unique ??= uniqueBetween(this.#old, this.#now, this.#head, this.#tail);
    return this.#unique.get(text.trim()) ?? null;
  }
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/);
}

/** Lines that stand once in the edited part of each text: where they are now. Indentation may have changed. */
function uniqueBetween(
  old: readonly string[],
  now: readonly string[],
  head: number,
  tail: number,
): ReadonlyMap<string, number> {
  const places = (lines: readonly string[]): Map<string, number[]> => {
    const found = new Map<string, number[]>();
    for (let i = head; i < lines.length - tail; i++) {
      const text = lines[i]?.trim() ?? '';
      if (text === '') continue;
      const at = found.get(text);
      if (at === undefined) found.set(text, [i + 1]);
      else at.push(i + 1);
    }
    return found;
  };
  const before = places(old);
  const unique = new Map<string, number>();
  for (const [text, [line, ...others]] of places(now)) {
    if (line !== undefined && others.length === 0 && before.get(text)?.length === 1) {
      unique.set(text, line);
    }
  }
  return unique;
}
