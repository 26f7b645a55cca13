/** The door of this layer. */
import type { KnobPlace, KnobSite, KnobTarget, NewValue, SourceFiles, TextEdit } from './place.js';

/** The files that the locator needs, by name; `dist/grammars` holds them. */
export type GrammarFile =
  | 'tree-sitter.wasm'
  | 'tree-sitter-javascript.wasm'
  | 'tree-sitter-typescript.wasm'
  | 'tree-sitter-tsx.wasm'
  | 'tree-sitter-python.wasm';

/** Reads one of them. A rejection rejects the call that needed the file; the next call tries again. */
export type LoadGrammar = (file: GrammarFile) => Promise<Uint8Array>;

export interface Locator {
  /** Finds the text that gives a knob its value. Never rejects for what stands in the files. */
  locate(target: KnobTarget, files: SourceFiles): Promise<KnobPlace>;
  /**
   * The edits that give a found place another value, in the order of their positions; none where it has it already. An
   * expression may need a second one for its import. When the file has changed since, the place is looked for again.
   * Rejects with an `Error` whose message is a sentence for the user when that fails, or when the place cannot hold the value.
   */
  edits(place: KnobPlace, to: NewValue, files: SourceFiles): Promise<readonly TextEdit[]>;
  /** All constructions in a text whose options are knobs; empty when the language is not known or the text is too large. */
  sites(file: string, text: string): Promise<readonly KnobSite[]>;
  /** Frees the grammars. What was asked before is still answered. */
  dispose(): void;
}

/** Makes a locator; the grammar of a language is loaded when a file of it is first looked at. */
export function createLocator(_load: LoadGrammar): Promise<Locator> {
  return Promise.reject(new Error('not there yet'));
}
