/** The tables that the meaning of a record depends on: strings and threads by index, one set per provider. */
import { ArgName, BlobName, Category, GaugeName, WaitName } from './format.js';
import type { FxtThread } from './records.js';

/** The input breaks the format. Thrown while decoding a record and caught in one place, `FxtReader.push`. */
export class MalformedRecord extends Error {}

/** Bounds of what the tables of one reader may hold, over all its providers. */
export const TableLimit = {
  providers: 4096,
  /** UTF-16 units in registered strings. */
  stringUnits: 64 * 1024 * 1024,
  /** Distinct (process, thread) pairs. */
  threads: 262_144,
} as const;

/**
 * The names that Sluice's own events are told apart by. A text from the input that equals one of them is replaced by it: then
 * receivers compare them, millions of times, by looking at the pointers and not at the letters.
 */
const ownNames = new Map(
  [Category, WaitName, GaugeName, ArgName, BlobName]
    .flatMap((names): readonly string[] => Object.values(names))
    .map((name) => [name, name]),
);

/** Strings and threads of one provider. Index 0 of `strings` is the empty string, as the format has it. */
export interface ProviderTables {
  readonly provider: number;
  // Plain arrays: writers count indexes upwards, which keeps them dense; a lone high index costs a hash table, not 256 KiB.
  readonly strings: (string | undefined)[];
  readonly threads: (FxtThread | undefined)[];
  /** process -> thread -> the one object for the pair. */
  readonly interned: Map<bigint, Map<bigint, FxtThread>>;
}

/** All providers of one input and the one whose section is being read. */
export class FxtTables {
  /** Tables of the provider whose section the reader is in. */
  current: ProviderTables;
  readonly #providers = new Map<number, ProviderTables>();
  #stringUnits = 0;
  #threads = 0;

  constructor(provider: number) {
    this.current = this.#add(provider);
  }

  /** Goes on with the tables of `provider`; they are empty when it is new. Throws MalformedRecord past the limit. */
  switchTo(provider: number): void {
    this.current = this.#providers.get(provider) ?? this.#add(provider);
  }

  /** Registers a string of the current provider in place of what the index meant before. */
  setString(index: number, value: string): void {
    const { strings } = this.current;
    this.#stringUnits += value.length - (strings[index]?.length ?? 0);
    if (this.#stringUnits > TableLimit.stringUnits) {
      throw new MalformedRecord(
        `string table: more than ${TableLimit.stringUnits} characters are registered at once`,
      );
    }
    strings[index] = ownNames.get(value) ?? value;
  }

  /** The current provider's one object for this pair. */
  intern(process: bigint, thread: bigint): FxtThread {
    const { interned } = this.current;
    let ofProcess = interned.get(process);
    if (ofProcess === undefined) interned.set(process, (ofProcess = new Map<bigint, FxtThread>()));
    let found = ofProcess.get(thread);
    if (found === undefined) {
      if (++this.#threads > TableLimit.threads) {
        throw new MalformedRecord(`more than ${TableLimit.threads} different threads`);
      }
      ofProcess.set(thread, (found = { process, thread }));
    }
    return found;
  }

  #add(provider: number): ProviderTables {
    if (this.#providers.size === TableLimit.providers) {
      throw new MalformedRecord(`more than ${TableLimit.providers} providers`);
    }
    const tables = { provider, strings: [''], threads: [], interned: new Map() };
    this.#providers.set(provider, tables);
    return tables;
  }
}
