/** What is started at one place of the source is one stage; a helper that starts everything has one for each name. */
import type { SourcePosition } from '../wire/manifest.js';

/** Places beyond this (code made by `eval`, a name that is never the same) share one stage. */
const MAX_PLACES = 500;
const OTHERS = 'others';

/** Finds what belongs to a place and a name. */
export class Places<T> {
  readonly #made = new Map<string, T>();

  /** What was made for the place and the name; made now if it is the first time. */
  at(source: SourcePosition | undefined, name: string, make: (name: string) => T): T {
    const place = source === undefined ? '' : `${source.file}:${source.line}:${source.column}`;
    const key = `${place}\n${name}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    return this.#made.size < MAX_PLACES ? this.#make(key, name, make) : this.#others(make);
  }

  #others(make: (name: string) => T): T {
    return this.#made.get(OTHERS) ?? this.#make(OTHERS, OTHERS, make);
  }

  #make(key: string, name: string, make: (name: string) => T): T {
    const made = make(name);
    this.#made.set(key, made);
    return made;
  }
}
