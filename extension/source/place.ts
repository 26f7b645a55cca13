/** What goes into the locator and what comes out. Offsets are UTF-16 code units from the start of a file's text. */
import type { KnobKind, SourcePosition } from '../../agent/wire/manifest.js';

/** A knob as a running program declared it; a `KnobReport` is one. */
export interface KnobTarget {
  readonly name: string;
  readonly kind: KnobKind;
  /** `api` for what was declared through Sluice's own API, else the name of the library (`p-queue`). */
  readonly via: string;
  /** The value in force; null: unlimited. */
  readonly value: number | null;
  /** Of the call that declared the knob or constructed what has it, in the text that ran. */
  readonly source: SourcePosition | null;
}

/** Where texts come from. All files are absolute paths, as in `SourcePosition`. */
export interface SourceFiles {
  /** The text now, an editor's where it is not saved yet; null when there is no such file. */
  read(file: string): Promise<string | null>;
  /** The text when the program was started; null when nobody knows. */
  asRun(file: string): Promise<string | null>;
  /** The workspace's source and configuration files, for knobs without a position. The locator looks at a bounded number. */
  find(): AsyncIterable<string>;
}

export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** Some text of a file. `line` counts from 1. */
export interface SourceExcerpt {
  readonly file: string;
  readonly range: SourceRange;
  readonly line: number;
  readonly text: string;
}

/**
 * How the source states a value.
 *
 * - `property`: a named option or keyword argument of the construction (or of the local object that holds its options)
 * - `argument`: a positional argument
 * - `constant`: a constant, enum member or default that the construction refers to, maybe in another file
 * - `environment`: the default of an expression that reads an environment variable (or an argument of the command line)
 * - `assignment`: the text assigned to a setting (`worker_concurrency = 4`)
 * - `config`: a value in a JSON or YAML file
 * - `inserted`: not yet; an option is inserted
 */
export type HowStated =
  'property' | 'argument' | 'constant' | 'environment' | 'assignment' | 'config' | 'inserted';

/** The text that gives a knob its value was found. */
export interface FoundPlace {
  readonly kind: 'found';
  readonly target: KnobTarget;
  readonly how: HowStated;
  /** What an edit replaces; empty where an option is inserted. */
  readonly place: SourceExcerpt;
  /** The value that the source states; null when it is computed, or not stated at all. */
  readonly value: number | null;
  /** The call that the value goes to. */
  readonly construction: SourceExcerpt;
  /** What else the user should know before editing: sentences. */
  readonly notes: readonly string[];
  /** What `edits` needs to know; of no interest to others. */
  readonly recipe: EditRecipe;
}

/** Nothing is edited: the place is not known beyond doubt. */
export interface UnsurePlace {
  readonly kind: 'unsure';
  readonly target: KnobTarget;
  /** A sentence for the user. */
  readonly reason: string;
  /** Places worth a look, best first. */
  readonly candidates: readonly SourceExcerpt[];
}

export type KnobPlace = FoundPlace | UnsurePlace;

/** How a value is written into the text. */
export interface EditRecipe {
  /** The file's text when it was looked at: edits are made for this text only. */
  readonly source: string;
  readonly language: 'javascript' | 'python' | 'data';
  /** What stands before and behind the new value (`, concurrency: ` where an option is inserted). */
  readonly before: string;
  readonly after: string;
  /** Where only a text does (`process.env.N ?? '4'`): how an expression is made one. */
  readonly asText: { readonly quote: string } | null;
  /** false: the place holds a number only (JSON, a member of an enum). */
  readonly takesExpressions: boolean;
}

/** The value to write: a number, or an expression where the place can hold one. */
export interface NewValue {
  readonly value: number;
  /** In the file's language, `os.availableParallelism()` or `os.cpu_count()`, say; null: the number. */
  readonly expression: string | null;
}

/** Replaces `start..end` of a file by `newText`. */
export interface TextEdit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}

/** A construction or declaration in a text and the option of it that is a knob. For lenses and hints. */
export interface KnobSite {
  readonly library: string;
  /** The knob's name, as adapters call it. */
  readonly knob: string;
  readonly kind: KnobKind;
  /** The whole call. */
  readonly call: SourceRange;
  /** From the start of the call to its arguments: what a position in a stack trace points into. */
  readonly head: SourceRange;
  /** The expression that gives the value; null when the option is not given. */
  readonly valueRange: SourceRange | null;
  /** The value where it is a literal. */
  readonly value: number | null;
}
