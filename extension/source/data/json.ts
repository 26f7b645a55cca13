/** Values in JSON, with comments and trailing commas as editors allow them, and where they stand. */
import type { SourceRange } from '../place.js';

/** A value at a path of keys; undefined: not there, or the text is no JSON. */
export function valueInJson(text: string, path: readonly string[]): SourceRange | undefined {
  try {
    return new Scanner(text).find(path);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Objects nested deeper are no configuration. */
const MAX_DEPTH = 200;

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  find(path: readonly string[]): SourceRange | undefined {
    const found = this.#value(path, 0);
    this.#space();
    if (this.#at < this.#text.length) throw new SyntaxError('more than one value');
    return found;
  }

  #space(): void {
    const space = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\uFEFF)*/y;
    space.lastIndex = this.#at;
    this.#at += space.exec(this.#text)?.[0].length ?? 0;
  }

  /** Reads a value; gives the range of what is at `path` within it. */
  #value(path: readonly string[] | undefined, depth: number): SourceRange | undefined {
    if (depth > MAX_DEPTH) throw new SyntaxError('nested too deep');
    this.#space();
    const start = this.#at;
    let found: SourceRange | undefined;
    if (this.#text[start] === '{') found = this.#members('}', path, depth);
    else if (this.#text[start] === '[') found = this.#members(']', path, depth);
    else this.#scalar();
    return path?.length === 0 ? { start, end: this.#at } : found;
  }

  #members(
    close: '}' | ']',
    path: readonly string[] | undefined,
    depth: number,
  ): SourceRange | undefined {
    this.#at++;
    let found: SourceRange | undefined;
    for (let index = 0; ; index++) {
      this.#space();
      if (this.#text[this.#at] === close) {
        this.#at++;
        return found;
      }
      const key = close === '}' ? this.#key() : String(index);
      const [first, ...rest] = path ?? [];
      const isOnWay = path !== undefined && first === key;
      const inner = this.#value(isOnWay ? rest : undefined, depth + 1);
      if (isOnWay) found = inner;
      this.#space();
      if (this.#text[this.#at] === ',') this.#at++;
      else if (this.#text[this.#at] !== close) throw new SyntaxError('no comma');
    }
  }

  #key(): string {
    const start = this.#at;
    this.#scalar();
    const key: unknown = JSON.parse(this.#text.slice(start, this.#at));
    this.#space();
    if (this.#text[this.#at] !== ':' || typeof key !== 'string') throw new SyntaxError('no key');
    this.#at++;
    return key;
  }

  #scalar(): void {
    const scalar = /"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y;
    scalar.lastIndex = this.#at;
    const text = scalar.exec(this.#text)?.[0];
    if (text === undefined) throw new SyntaxError('no value');
    this.#at += text.length;
  }
}
