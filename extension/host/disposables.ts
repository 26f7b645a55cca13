/** Ownership: who made a thing puts it into a store, and the store is the one that ends it. Knows nothing of VS Code. */

/** Something that can be ended; ending it twice does nothing more. */
export interface Disposable {
  dispose(): void;
}

/** Ends everything that was put in, last first; what arrives after that is ended at once. */
export class DisposableStore implements Disposable {
  readonly #entries = new Set<Disposable>();
  #isDisposed = false;

  /** Takes ownership and hands the same thing back. */
  add<T extends Disposable>(entry: T): T {
    if (this.#isDisposed) entry.dispose();
    else this.#entries.add(entry);
    return entry;
  }

  /** Gives up ownership of something that has ended by itself. */
  forget(entry: Disposable): void {
    this.#entries.delete(entry);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const entries = [...this.#entries].reverse();
    this.#entries.clear();
    for (const entry of entries) entry.dispose();
  }
}

/** A set of listeners of one kind of news. A listener must not throw. */
export class Listeners<T> {
  readonly #listeners = new Set<(news: T) => void>();

  /** The disposable takes the listener out again. */
  readonly on = (listener: (news: T) => void): Disposable => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  /** Tells everybody who listened when the call began. */
  emit(news: T): void {
    for (const listener of [...this.#listeners]) listener(news);
  }
}
