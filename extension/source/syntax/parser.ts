/** Texts to syntax trees: the only file that knows tree-sitter. Grammars are loaded when a language is first met. */
import type * as TreeSitterModule from '@vscode/tree-sitter-wasm';
import type { Language, TreeCursor as Cursor } from '@vscode/tree-sitter-wasm';
import type { GrammarFile, LoadGrammar } from '../locator.js';
import { SyntaxNode } from './node.js';

type TreeSitter = typeof TreeSitterModule;

/** Larger files are refused: nobody wrote them, and a megabyte costs a second. */
export const MAX_SOURCE_LENGTH = 1_000_000;

type Grammar = Exclude<GrammarFile, 'tree-sitter.wasm'>;

const grammarOf: Readonly<Record<string, Grammar>> = {
  js: 'tree-sitter-javascript.wasm',
  mjs: 'tree-sitter-javascript.wasm',
  cjs: 'tree-sitter-javascript.wasm',
  jsx: 'tree-sitter-javascript.wasm',
  ts: 'tree-sitter-typescript.wasm',
  mts: 'tree-sitter-typescript.wasm',
  cts: 'tree-sitter-typescript.wasm',
  tsx: 'tree-sitter-tsx.wasm',
  py: 'tree-sitter-python.wasm',
  pyw: 'tree-sitter-python.wasm',
};

/** The part behind the last dot, in lower case; empty when there is none. */
export function extensionOf(file: string): string {
  return /\.([A-Za-z0-9]+)$/.exec(file)?.[1]?.toLowerCase() ?? '';
}

/** The language of a file by its name; undefined: none that is understood. */
export function languageOf(file: string): 'javascript' | 'python' | undefined {
  const grammar = grammarOf[extensionOf(file)];
  if (grammar === undefined) return undefined;
  return grammar === 'tree-sitter-python.wasm' ? 'python' : 'javascript';
}

let treeSitter: Promise<TreeSitter> | undefined;

/** One instance of the library for the whole process: its memory only grows, and it cannot be set up twice. */
function libraryFrom(load: LoadGrammar): Promise<TreeSitter> {
  treeSitter ??= setUp(load);
  treeSitter.catch(() => {
    treeSitter = undefined;
  });
  return treeSitter;
}

async function setUp(load: LoadGrammar): Promise<TreeSitter> {
  const imported = await import('@vscode/tree-sitter-wasm');
  // Node's loader of ES modules puts all of a CommonJS module under `default`; bundles do not.
  const library: TreeSitter = 'default' in imported ? imported.default : imported;
  // The declaration knows `locateFile` only; the module that Emscripten makes also takes the bytes.
  const options = {
    wasmBinary: await load('tree-sitter.wasm'),
    locateFile: (file: string) => file,
  };
  await library.Parser.init(options);
  return library;
}

/** Parses files of all languages that are known. */
export class SourceParser {
  readonly #load: LoadGrammar;
  readonly #languages = new Map<Grammar, Promise<Language>>();

  constructor(load: LoadGrammar) {
    this.#load = load;
  }

  /** The tree of a text; undefined when the language is not known or the text too large. Rejects when a grammar is missing. */
  async parse(file: string, text: string): Promise<SyntaxNode | undefined> {
    const grammar = grammarOf[extensionOf(file)];
    if (grammar === undefined || text.length > MAX_SOURCE_LENGTH) return undefined;
    const library = await libraryFrom(this.#load);
    const language = await this.#languageOf(library, grammar);
    const parser = new library.Parser();
    try {
      const tree = parser.setLanguage(language).parse(text);
      if (tree === null) return undefined;
      const cursor = tree.walk();
      try {
        return copyOf(text, cursor);
      } finally {
        cursor.delete();
        tree.delete();
      }
    } finally {
      parser.delete();
    }
  }

  /** Forgets the grammars. */
  dispose(): void {
    this.#languages.clear();
  }

  #languageOf(library: TreeSitter, grammar: Grammar): Promise<Language> {
    const known = this.#languages.get(grammar);
    if (known !== undefined) return known;
    const language = this.#load(grammar).then((bytes) => library.Language.load(bytes));
    this.#languages.set(grammar, language);
    language.catch(() => {
      this.#languages.delete(grammar);
    });
    return language;
  }
}

/** Not recursive: machine-made code nests deeper than the stack. */
function copyOf(text: string, cursor: Cursor): SyntaxNode {
  const root = copyNode(text, null, cursor);
  let node = root;
  for (;;) {
    if (cursor.gotoFirstChild()) {
      node = copyNode(text, node, cursor);
      continue;
    }
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent() || node.parent === null) return root;
      node = node.parent;
    }
    node = copyNode(text, node.parent, cursor);
  }
}

function copyNode(text: string, parent: SyntaxNode | null, cursor: Cursor): SyntaxNode {
  const node = new SyntaxNode(text, parent, {
    type: cursor.nodeIsMissing ? 'MISSING' : cursor.nodeType,
    start: cursor.startIndex,
    end: cursor.endIndex,
    field: cursor.currentFieldName,
    isNamed: cursor.nodeIsNamed,
  });
  parent?.children.push(node);
  return node;
}
