/** Files of one search: each is read and parsed once. */
import type { SourceExcerpt, SourceFiles, SourceRange } from '../place.js';
import { javaScriptScopes } from '../scopes/javascriptScopes.js';
import { pythonScopes } from '../scopes/pythonScopes.js';
import type { Scopes } from '../scopes/scope.js';
import type { ReadExpr } from '../syntax/expression.js';
import { readJavaScript } from '../syntax/javascript.js';
import type { SyntaxNode } from '../syntax/node.js';
import { languageOf, MAX_SOURCE_LENGTH, type SourceParser } from '../syntax/parser.js';
import { readPython } from '../syntax/python.js';

/** A file that was parsed. */
export interface SourceModule {
  readonly file: string;
  readonly text: string;
  readonly language: 'javascript' | 'python';
  readonly root: SyntaxNode;
  readonly scopes: Scopes;
  readonly read: ReadExpr;
}

/** More files than this are not asked for, for one knob; most of them are not there. */
const MAX_READS = 2000;
/** More files of the workspace than this are not looked at. */
const MAX_FOUND = 400;

export class Workspace {
  readonly #parser: SourceParser;
  readonly #files: SourceFiles;
  readonly #texts = new Map<string, Promise<string | null>>();
  readonly #modules = new Map<string, Promise<SourceModule | undefined>>();

  constructor(parser: SourceParser, files: SourceFiles) {
    this.#parser = parser;
    this.#files = files;
  }

  /** The text now; null when there is no such file. */
  text(file: string): Promise<string | null> {
    const known = this.#texts.get(file);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_READS) return Promise.resolve(null);
    const text = this.#files.read(file);
    this.#texts.set(file, text);
    return text;
  }

  /** The text when the program started; null when that is not known. */
  textAsRun(file: string): Promise<string | null> {
    return this.#files.asRun(file);
  }

  /** Files of the workspace, at most so many. */
  async *found(): AsyncGenerator<string> {
    let left = MAX_FOUND;
    for await (const file of this.#files.find()) {
      if (left-- <= 0) return;
      yield file;
    }
  }

  /** The file as it is now; undefined when it cannot be read, is too large or of a language that is not known. */
  module(file: string): Promise<SourceModule | undefined> {
    const known = this.#modules.get(file);
    if (known !== undefined) return known;
    const module = this.text(file).then((text) =>
      text === null ? undefined : this.parse(file, text),
    );
    this.#modules.set(file, module);
    return module;
  }

  /** The first of these files that is there. */
  async first(files: readonly string[]): Promise<string | undefined> {
    for (const file of files) {
      if ((await this.text(file)) !== null) return file;
    }
    return undefined;
  }

  async parse(file: string, text: string): Promise<SourceModule | undefined> {
    const language = languageOf(file);
    const root = await this.#parser.parse(file, text);
    return root === undefined || language === undefined
      ? undefined
      : moduleOf(file, language, root);
  }
}

/** What follows from a tree. */
export function moduleOf(
  file: string,
  language: SourceModule['language'],
  root: SyntaxNode,
): SourceModule {
  const isPython = language === 'python';
  return {
    file,
    text: root.source,
    language,
    root,
    scopes: isPython ? pythonScopes(root) : javaScriptScopes(root),
    read: isPython ? readPython : readJavaScript,
  };
}

/** Why a file is not understood, for the user. */
export function refusalOf(file: string, text: string | null): string {
  if (text === null) return `${file} cannot be read.`;
  if (text.length > MAX_SOURCE_LENGTH) return `${file} is too large to look into.`;
  return `${file} is in a language that is not understood here.`;
}

/** The line of an offset, from 1. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

/** Some text of a file. */
export function excerpt(file: string, text: string, { start, end }: SourceRange): SourceExcerpt {
  return { file, range: { start, end }, line: lineOf(text, start), text: text.slice(start, end) };
}

/** A node as text of its file. */
export function excerptOf(module: SourceModule, node: SourceRange): SourceExcerpt {
  return excerpt(module.file, module.text, node);
}
