/** Imports that an expression needs: those that are there are used, others are added in the file's own style. */
import type { SourceModule } from '../follow/workspace.js';
import type { TextEdit } from '../place.js';
import type { Binding } from '../scopes/scope.js';
import { descendants, type SyntaxNode } from '../syntax/node.js';

/** An expression as the file can say it, and what has to be inserted for that. */
export interface Prepared {
  readonly expression: string;
  readonly edits: readonly TextEdit[];
}

/** Modules that expressions of Sluice may name. */
const modules: Readonly<Record<SourceModule['language'], readonly string[]>> = {
  javascript: ['os'],
  python: ['os', 'multiprocessing'],
};

/** Makes an expression for a place of a file; undefined: its names mean something else there. */
export function withImports(
  module: SourceModule,
  at: SyntaxNode,
  expression: string,
): Prepared | undefined {
  const name = modules[module.language].find((m) => new RegExp(`\\b${m}\\.`).test(expression));
  if (name === undefined) return { expression, edits: [] };
  const known = importedAs(module, at, name);
  if (known !== undefined) {
    return { expression: renamed(expression, name, known.alias), edits: [] };
  }
  const members = membersOf(expression, name);
  const single = members.map((member) => memberImportedAs(module, at, { name, member }));
  if (single.every((alias) => alias !== undefined)) {
    const said = members.reduce(
      (text, member, i) => text.replaceAll(`${name}.${member}`, single[i] ?? member),
      expression,
    );
    return { expression: said, edits: [] };
  }
  if (isNamed(module, name)) return undefined;
  return { expression, edits: [addedImport(module, name, at.start)] };
}

function membersOf(expression: string, name: string): readonly string[] {
  const found = expression.matchAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g'));
  return [...new Set([...found].map((match) => match[1] ?? ''))];
}

function renamed(expression: string, name: string, alias: string): string {
  return expression.replace(new RegExp(`\\b${name}\\.`, 'g'), `${alias}.`);
}

/** The module that a name is bound to, and what of it. */
function originOf(
  module: SourceModule,
  { declarations }: Binding,
): { readonly module: string; readonly way: readonly string[] } | undefined {
  const [only, ...others] = declarations;
  if (only === undefined || others.length > 0) return undefined;
  const { origin } = only;
  if (origin.kind === 'import') {
    const way = origin.name === '*' || origin.name === 'default' ? [] : [origin.name];
    return { module: origin.module.replace(/^node:/, ''), way };
  }
  if (origin.kind !== 'value' || origin.init === null || origin.path === null) return undefined;
  const required = requiredBy(module, origin.init);
  return required === undefined ? undefined : { module: required, way: origin.path };
}

/** `require('node:os')` */
function requiredBy(module: SourceModule, init: SyntaxNode): string | undefined {
  const call = module.read(init);
  const [argument] = call.kind === 'call' && call.callee.text === 'require' ? call.args : [];
  const name = argument === undefined ? undefined : module.read(argument.value);
  return name?.kind === 'text' ? name.value.replace(/^node:/, '') : undefined;
}

/** All names of the file's top level that still mean that at a place. */
function* topNames(module: SourceModule, at: SyntaxNode): Generator<Binding> {
  const seen = new Set<string>();
  for (const node of descendants(module.root)) {
    if (!node.type.includes('identifier') || seen.has(node.text)) continue;
    seen.add(node.text);
    const binding = module.scopes.top.find(node.text);
    if (binding !== undefined && module.scopes.resolve(node.text, at) === binding) yield binding;
  }
}

function importedAs(
  module: SourceModule,
  at: SyntaxNode,
  name: string,
): { readonly alias: string } | undefined {
  for (const binding of topNames(module, at)) {
    const origin = originOf(module, binding);
    if (origin?.module === name && origin.way.length === 0) return { alias: binding.name };
  }
  return undefined;
}

function memberImportedAs(
  module: SourceModule,
  at: SyntaxNode,
  { name, member }: { name: string; member: string },
): string | undefined {
  for (const binding of topNames(module, at)) {
    const origin = originOf(module, binding);
    if (origin?.module === name && origin.way.join('.') === member) return binding.name;
  }
  return undefined;
}

/** Is the name used in the file for anything but a property? */
function isNamed(module: SourceModule, name: string): boolean {
  const labels = new Set(['property', 'attribute', 'key']);
  return [...descendants(module.root)].some(
    (node) =>
      node.type === 'identifier' &&
      node.text === name &&
      !labels.has(node.field ?? '') &&
      node.parent?.field !== 'module_name',
  );
}

function addedImport(module: SourceModule, name: string, before: number): TextEdit {
  return module.language === 'python'
    ? pythonImport(module, name)
    : javaScriptImport(module, name, before);
}

function insertionAt(module: SourceModule, offset: number, newText: string): TextEdit {
  return { file: module.file, start: offset, end: offset, newText };
}

function endOfLine(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Behind a docstring and imports from the future, before the first other statement. */
function pythonImport(module: SourceModule, name: string): TextEdit {
  const eol = endOfLine(module.text);
  const statements = module.root.parts;
  const isLeading = (node: SyntaxNode, index: number): boolean =>
    node.type === 'future_import_statement' || (index === 0 && node.parts[0]?.type === 'string');
  const first = statements.find((node, index) => !isLeading(node, index));
  const start = first?.start ?? module.text.length;
  const isOwnLine = start === 0 || module.text[start - 1] === '\n';
  return insertionAt(module, start, isOwnLine ? `import ${name}${eol}` : `import ${name}; `);
}

function isRequire(node: SyntaxNode): boolean {
  return (
    /^(lexical|variable)_declaration$/.test(node.type) &&
    node.parts.some((part) => (part.at('value')?.text ?? '').startsWith('require('))
  );
}

function isModule(module: SourceModule): boolean {
  if (/\.c[jt]s$/.test(module.file)) return false;
  if (/\.m[jt]s$/.test(module.file)) return true;
  const statements = module.root.parts;
  if (statements.some((s) => /^(import|export)_statement$/.test(s.type))) return true;
  return !/\brequire\(|\bmodule\.exports\b|\bexports\.\w/.test(module.text);
}

/** Behind the last import or `require` at the file's top. */
function javaScriptImport(module: SourceModule, name: string, before: number): TextEdit {
  const { text } = module;
  const eol = endOfLine(text);
  const isEsm = isModule(module);
  const statements = module.root.parts;
  // Imports are there before anything runs; what is required is there from its line on.
  const imports = statements.filter((s) =>
    isEsm ? s.type === 'import_statement' : isRequire(s) && s.end <= before,
  );
  const style = styleOf(module, imports);
  const specifier = `${style.quote}${style.prefix}${name}${style.quote}`;
  const binding = style.isNamespace ? `* as ${name}` : name;
  const line = isEsm
    ? `import ${binding} from ${specifier}${style.semicolon}`
    : `const ${name} = require(${specifier})${style.semicolon}`;
  const last = imports.at(-1);
  if (last === undefined) return insertionAt(module, firstStatement(module), line + eol);
  const end = text.indexOf('\n', last.end);
  const rest = text.slice(last.end, end < 0 ? text.length : end).trim();
  if (rest !== '' && !/^;?\s*(\/\/|\/\*.*\*\/$)/.test(rest)) {
    const gap = last.text.endsWith(';') ? ' ' : '; ';
    return insertionAt(module, last.end, gap + line);
  }
  return end < 0
    ? insertionAt(module, text.length, eol + line)
    : insertionAt(module, end + 1, line + eol);
}

/** Behind `#!`, directives (`'use strict'`) and the comments before them. */
function firstStatement(module: SourceModule): number {
  const statements = module.root.parts.filter(({ type }) => type !== 'hash_bang_line');
  const first = statements.find(
    (s) => !(s.type === 'expression_statement' && s.parts[0]?.type === 'string'),
  );
  if (first === undefined) return module.text.length;
  // What documents the statement stays with it.
  const all = module.root.children;
  const above = all[all.indexOf(first) - 1];
  const gap = above === undefined ? '' : module.text.slice(above.end, first.start);
  const isAbout = above?.text.startsWith('/**') === true && !/\n\s*\n/.test(gap);
  return isAbout ? above.start : first.start;
}

interface Style {
  readonly quote: string;
  readonly prefix: string;
  readonly semicolon: string;
  readonly isNamespace: boolean;
}

function styleOf(module: SourceModule, imports: readonly SyntaxNode[]): Style {
  const texts = imports.map(({ text }) => text);
  const sample = texts.join('\n');
  const all = sample === '' ? module.text : sample;
  const doubles = all.match(/"/g)?.length ?? 0;
  const singles = all.match(/'/g)?.length ?? 0;
  const isBare =
    /['"](fs|path|os|http|https|crypto|stream|url|util|worker_threads|events)(\/\w+)?['"]/.test(
      sample,
    );
  const hasSemicolon = texts.length === 0 ? /;\s*$/m.test(module.text) : /;\s*$/.test(sample);
  const isNamespace =
    /\.[cm]?tsx?$/.test(module.file) &&
    /\* as \w+ from ['"](node:)?(fs|path|http|https|crypto|stream|url|util|events)/.test(sample);
  return {
    quote: doubles > singles ? '"' : "'",
    prefix: isBare && !/['"]node:/.test(sample) ? '' : 'node:',
    semicolon: hasSemicolon ? ';' : '',
    isNamespace,
  };
}
