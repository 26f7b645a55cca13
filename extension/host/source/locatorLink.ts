/** The knob locator, loaded with the first question: its grammars are megabytes, and most windows never ask. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Locator } from '../../source/locator.js';
import type * as Source from '../../source/index.js';
import type { Disposable } from '../disposables.js';

/** Loads a bundle. */
type Load = (file: string) => typeof Source;

/** Owns the locator of this window. */
export class LocatorLink implements Disposable {
  readonly #dist: string;
  readonly #load: Load;
  #locator: Promise<Locator> | null = null;
  #isDisposed = false;

  /** `dist`: the folder of the built files. */
  constructor(dist: string, load: Load = (file) => createRequire(file)(file) as typeof Source) {
    this.#dist = dist;
    this.#load = load;
  }

  /** The locator. Rejects when its files cannot be loaded; the next call tries again. */
  get(): Promise<Locator> {
    if (this.#isDisposed) return Promise.reject(new Error('Sluice is shutting down.'));
    this.#locator ??= this.#start().catch((error: unknown) => {
      this.#locator = null;
      throw error;
    });
    return this.#locator;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#locator?.then(
      (locator) => {
        locator.dispose();
      },
      () => undefined, // Whoever asked for it was told.
    );
  }

  async #start(): Promise<Locator> {
    const { createLocator } = this.#load(path.join(this.#dist, 'source.cjs'));
    return createLocator((file) => readFile(path.join(this.#dist, 'grammars', file)));
  }
}
