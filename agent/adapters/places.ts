/** What is started at one place of the source is one stage; a helper that starts everything has one for each name. */
import type { SourcePosition } from '../wire/manifest.js';

/** Places beyond this share what was made first for their name, or the last one's. */
const MAX_PLACES = 500;

/** Finds what belongs to a place and a name. */
export class Places<T> {
  readonly #made = new Map<string, T>();

  /** What was made for the place and the name; made now if it is the first time. */
  at(source: SourcePosition | undefined, name: string, make: (name: string) => T): T {
    const isFull = this.#made.size >= MAX_PLACES;
    const place =
      source === undefined || isFull ? '' : `${source.file}:${source.line}:${source.column}`;
    const key = isFull ? 'others' : `${place}\n${name}`;
    const known = this.#made.get(`${place}\n${name}`) ?? this.#made.get(key);
    if (known !== undefined) return known;
    const made = make(isFull ? 'others' : name);
    this.#made.set(key, made);
    return made;
  }
}
