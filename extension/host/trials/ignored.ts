/** Suggestions that nobody wants to see, in a workspace. */
import { MAX_SUGGESTION_KEY } from '../../core/panel/live.js';
import { Listeners } from '../disposables.js';

/** Where it is kept: VS Code's `Memento`. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const KEY = 'sluice.ignoredSuggestions';
/** The oldest are forgotten. */
const MAX_IGNORED = 500;

/** Reads and writes the list. */
export class IgnoredSuggestions {
  readonly #memory: Memory;
  readonly #changes = new Listeners<undefined>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  readonly onDidChange = this.#changes.on;

  /** Their keys; see `suggestionKey`. */
  all(): readonly string[] {
    const kept = this.#memory.get(KEY);
    if (!Array.isArray(kept)) return [];
    return kept.filter(
      (key): key is string => typeof key === 'string' && key.length <= MAX_SUGGESTION_KEY,
    );
  }

  async set(key: string, ignored: boolean): Promise<void> {
    const others = this.all().filter((known) => known !== key);
    const next = ignored ? [...others, key].slice(-MAX_IGNORED) : others;
    await this.#memory.update(KEY, next);
    this.#changes.emit(undefined);
  }
}
