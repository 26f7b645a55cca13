/** Suggestions that the user does not want to see in this workspace. */
import { Listeners } from '../disposables.js';

/** What remembers them: VS Code's memory of a workspace. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

const KEY = 'sluice.ignoredSuggestions';
/** The oldest are forgotten. */
const MAX = 200;

/** A suggestion is its knob and the value; another value for the knob is another suggestion. */
export class IgnoredSuggestions {
  readonly #memory: Memory;
  readonly #changes = new Listeners<undefined>();
  #keys: readonly string[];

  constructor(memory: Memory) {
    this.#memory = memory;
    const stored = memory.get(KEY);
    this.#keys = Array.isArray(stored)
      ? stored.filter((key): key is string => typeof key === 'string').slice(-MAX)
      : [];
  }

  readonly onChange = this.#changes.on;

  get count(): number {
    return this.#keys.length;
  }

  has(knob: string, to: number): boolean {
    return this.#keys.includes(keyOf(knob, to));
  }

  async add(knob: string, to: number): Promise<void> {
    if (!this.has(knob, to)) await this.#set([...this.#keys, keyOf(knob, to)].slice(-MAX));
  }

  /** All of them are shown again. */
  async clear(): Promise<void> {
    await this.#set([]);
  }

  async #set(keys: readonly string[]): Promise<void> {
    this.#keys = keys;
    this.#changes.emit(undefined);
    await this.#memory.update(KEY, keys);
  }
}

function keyOf(knob: string, to: number): string {
  return `${to} ${knob}`;
}
