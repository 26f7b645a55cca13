/** The grammars as the build copies them, read from where they come from. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { LoadGrammar } from '../../../extension/source/index.js';

const folder = path.dirname(createRequire(import.meta.url).resolve('@vscode/tree-sitter-wasm'));

export const loadGrammar: LoadGrammar = (file) => readFile(path.join(folder, file));
