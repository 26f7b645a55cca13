/** The door of this layer: what files hold, as places and edits. */
import { editsFor } from './edit/edits.js';
import { Search } from './follow/locate.js';
import { siteList } from './follow/siteList.js';
import { Workspace, moduleOf } from './follow/workspace.js';
import type { KnobPlace, KnobSite, KnobTarget, NewValue, SourceFiles, TextEdit } from './place.js';
import { languageOf, SourceParser } from './syntax/parser.js';

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
  /** Finds the text that gives a knob its value. Rejects only when a grammar or a file rejects. */
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

class TreeLocator implements Locator {
  readonly #parser: SourceParser;

  constructor(load: LoadGrammar) {
    this.#parser = new SourceParser(load);
  }

  locate(target: KnobTarget, files: SourceFiles): Promise<KnobPlace> {
    return new Search(new Workspace(this.#parser, files), target).find();
  }

  async edits(place: KnobPlace, to: NewValue, files: SourceFiles): Promise<readonly TextEdit[]> {
    if (place.kind === 'unsure') throw new Error(place.reason);
    const isFresh = (await files.read(place.place.file)) === place.recipe.source;
    const now = isFresh ? place : await this.locate(place.target, files);
    if (now.kind === 'unsure') throw new Error(now.reason);
    return editsFor(this.#parser, now, to);
  }

  async sites(file: string, text: string): Promise<readonly KnobSite[]> {
    const language = languageOf(file);
    const root = await this.#parser.parse(file, text);
    if (root === undefined || language === undefined) return [];
    return siteList(moduleOf(file, language, root));
  }

  dispose(): void {
    this.#parser.dispose();
  }
}

/** Makes a locator; the grammar of a language is loaded when a file of it is first looked at. */
export function createLocator(load: LoadGrammar): Promise<Locator> {
  return Promise.resolve(new TreeLocator(load));
}
