/**
 * What the library matrix runs: one small pipeline per library, as an ES module and as CommonJS, on every Node that is
 * supported, with the real agent inside.
 *
 * A program (`programs/*.ts`) imports the library by its ordinary name. It is compiled with a source map, so that positions
 * have to come out in the TypeScript source; a line is named with a comment `// @name` at its end. It prints `ready` when
 * the first half of its work is done, waits for a line on stdin, does the second half, and prints one line of JSON.
 */
import type { SourcePosition } from '../../agent/wire/manifest.js';
import type { Capture } from '../agent/adapters/agentSession.js';

/** How the program is compiled. */
export type ModuleFormat = 'esm' | 'cjs';

/** A version that the README promises. */
export interface LibraryVersion {
  /** Exact version, for the test's title. */
  readonly version: string;
  /** Folder below node_modules that holds it; it is copied to where the program finds it under the library's name. */
  readonly folder: string;
  /** `name@version` to fetch with `npm pack` instead, for versions that are not among the development dependencies. */
  readonly packed?: string;
  /** The library itself needs this Node. */
  readonly minNodeMajor?: number;
}

/** One run, for `check`. */
export interface MatrixRun {
  readonly version: LibraryVersion | undefined;
  readonly nodeMajor: number;
  readonly format: ModuleFormat;
  /** The JSON that the program printed last. */
  readonly result: unknown;
  /** Where the line marked `// @name` stands; the column is that of its first non-blank character, often not the position's. */
  readonly markedAt: (name: string) => SourcePosition;
}

/** One library. */
export interface MatrixCase {
  /** As in the README's table. */
  readonly library: string;
  /** File in programs/. */
  readonly program: string;
  /** Empty for Node's own modules. */
  readonly versions: readonly LibraryVersion[];
  readonly formats: readonly ModuleFormat[];
  /** Further environment of the program. */
  readonly env?: Readonly<Record<string, string>>;
  /** Turned between the halves; without it the second half runs with the same values. `name` is the knob's name. */
  readonly live?: { readonly knob: string; readonly value: number };
  /** Throws when what the agent said is not what the program did. */
  readonly check: (seen: Capture, run: MatrixRun) => void;
  /** Starts what the program needs (a server), returns further environment and what stops it; absent: nothing. */
  readonly setUp?: () => Promise<{
    readonly env: Readonly<Record<string, string>>;
    readonly tearDown: () => Promise<void>;
  }>;
}
