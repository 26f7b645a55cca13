// What the programs of this folder share, as a small project would have it: a bounded queue, loops that can be added and
// ended while the program runs, and settings from outside.
//
//     KNOBS='{"fetch concurrency":16}' node io.mjs

const given = JSON.parse(process.env.KNOBS ?? '{}');

/** The value that a knob starts with: from outside, else `fallback`. */
export function setting(name, fallback) {
  const value = given[name] ?? fallback;
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new Error(`KNOBS: ${name} is no number`);
  return value;
}

/**
 * Items between two stages. `put` waits while there is no room; with a capacity of 0 until somebody takes the item.
 * Sluice sees the depth, those that wait to put theirs not counted.
 */
export class BoundedQueue {
  #items = [];
  #putters = [];
  #takers = [];
  #capacity;
  #seen;

  constructor(pipeline, name, { capacity, from, to }) {
    this.#capacity = capacity;
    this.#seen = pipeline.queue(name, { capacity, from, to });
  }

  get length() {
    return this.#items.length;
  }

  get capacity() {
    return this.#capacity;
  }

  set capacity(capacity) {
    this.#capacity = capacity;
    this.#admit();
  }

  async put(item) {
    const taker = this.#takers.shift();
    if (taker !== undefined) return taker(item);
    if (this.#items.length < this.#capacity) return this.#push(item);
    await new Promise((resolve) => this.#putters.push({ item, resolve }));
  }

  async take() {
    if (this.#items.length > 0) {
      const item = this.#items.shift();
      this.#seen.depth(this.#items.length);
      this.#admit();
      return item;
    }
    const putter = this.#putters.shift();
    if (putter !== undefined) {
      putter.resolve();
      return putter.item;
    }
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Waits for one item, and takes with it what else is there, `most` in all. */
  async takeUpTo(most) {
    const batch = [await this.take()];
    while (batch.length < most && this.#items.length + this.#putters.length > 0) {
      batch.push(await this.take());
    }
    return batch;
  }

  /** Waits until there are `count` items. */
  async takeExactly(count) {
    const batch = [];
    while (batch.length < count) batch.push(await this.take());
    return batch;
  }

  #push(item) {
    this.#items.push(item);
    this.#seen.depth(this.#items.length);
  }

  #admit() {
    while (this.#putters.length > 0 && this.#items.length < this.#capacity) {
      const { item, resolve } = this.#putters.shift();
      this.#push(item);
      resolve();
    }
  }
}

/** `count` loops around `step`, each of which begins again when its last one has ended. */
export class Lanes {
  #step;
  #wanted = 0;
  #running = 0;

  constructor(count, step) {
    this.#step = step;
    this.resize(count);
  }

  /** More loops begin at once; those that are too many end with what they do. */
  resize(count) {
    this.#wanted = count;
    while (this.#running < this.#wanted) {
      this.#running++;
      void this.#loop();
    }
  }

  async #loop() {
    while (this.#running <= this.#wanted) await this.#step();
    this.#running--;
  }
}

/** Makes items, numbered and with the time of their making. */
export function itemMaker() {
  let id = 0;
  return () => ({ id: ++id, madeAtMs: performance.now() });
}
