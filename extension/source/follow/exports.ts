/** What a file of the workspace exports under a name. */
import type { SyntaxNode } from '../syntax/node.js';
import type { Binding } from '../scopes/scope.js';
import { isRelative, javaScriptFiles, packageName, pythonFiles } from './paths.js';
import type { SourceModule, Workspace } from './workspace.js';

/** An exported thing: a name of the file, or an expression that has none. */
export type Exported =
  | { readonly kind: 'binding'; readonly module: SourceModule; readonly binding: Binding }
  | { readonly kind: 'value'; readonly module: SourceModule; readonly node: SyntaxNode }
  | { readonly kind: 'module'; readonly module: SourceModule }
  | { readonly kind: 'data'; readonly file: string }
  /** Handed on from a package. */
  | { readonly kind: 'package'; readonly name: string };

/** Re-exports of re-exports. */
const MAX_HOPS = 8;

/** Does the module's name stand for a file of the workspace? Then which? */
export async function fileOf(
  workspace: Workspace,
  importer: SourceModule,
  module: string,
): Promise<string | undefined> {
  const files =
    importer.language === 'python'
      ? pythonFiles(importer.file, module)
      : javaScriptFiles(importer.file, module);
  return workspace.first(files);
}

/** Finds `name` of `module`, as `importer` says it; undefined: not a file of the workspace, or it has no such name. */
export async function exportedAs(
  workspace: Workspace,
  importer: SourceModule,
  { module, name }: { readonly module: string; readonly name: string },
): Promise<Exported | undefined> {
  return new Exports(workspace).from(importer, module, name);
}

/** Finds `name` of a file of the workspace. */
export async function exportedOf(
  workspace: Workspace,
  target: SourceModule,
  name: string,
): Promise<Exported | undefined> {
  return new Exports(workspace).of(target, name);
}

class Exports {
  readonly #workspace: Workspace;
  #hops = 0;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  async from(importer: SourceModule, module: string, name: string): Promise<Exported | undefined> {
    if (++this.#hops > MAX_HOPS) return undefined;
    const file = await fileOf(this.#workspace, importer, module);
    if (file === undefined) {
      // A package of Python needs no file of its own.
      const isPackage = importer.language === 'python' && name !== '*' && !module.endsWith('.');
      return isPackage ? this.from(importer, `${module}.${name}`, '*') : undefined;
    }
    if (file.endsWith('.json')) return { kind: 'data', file };
    const target = await this.#workspace.module(file);
    if (target === undefined) return undefined;
    if (name === '*') return wholeModule(target);
    return this.of(target, name);
  }

  of(target: SourceModule, name: string): Promise<Exported | undefined> {
    return target.language === 'python'
      ? this.#pythonName(target, name)
      : this.#javaScriptName(target, name);
  }

  async #pythonName(target: SourceModule, name: string): Promise<Exported | undefined> {
    const binding = target.scopes.top.find(name);
    if (binding === undefined) {
      // `from . import config`: a module of the package.
      return this.from(target, `.${name}`, '*');
    }
    const [only] = binding.declarations;
    if (only?.origin.kind === 'import') {
      const { origin } = only;
      const further = await this.from(target, origin.module, origin.name);
      if (further !== undefined) return further;
    }
    return { kind: 'binding', module: target, binding };
  }

  async #javaScriptName(target: SourceModule, name: string): Promise<Exported | undefined> {
    for (const statement of target.root.parts) {
      if (statement.type !== 'export_statement') continue;
      const found = await this.#inExport(target, statement, name);
      if (found !== undefined) return found;
    }
    return commonJsName(target, name);
  }

  async #inExport(
    target: SourceModule,
    statement: SyntaxNode,
    name: string,
  ): Promise<Exported | undefined> {
    const source = statement.at('source')?.text.slice(1, -1);
    const clause = statement.parts.find((part) => part.type === 'export_clause');
    if (clause !== undefined) return this.#inClause(target, clause, { name, source });
    if (source !== undefined) {
      return name === 'default' ? undefined : this.from(target, source, name);
    }
    const isDefault = statement.children.some((c) => c.type === 'default');
    if (isDefault) return name === 'default' ? defaultOf(target, statement) : undefined;
    const binding = target.scopes.top.find(name);
    const isHere = binding?.declarations.some(
      ({ node }) => statement.start <= node.start && node.end <= statement.end,
    );
    return isHere === true && binding !== undefined
      ? { kind: 'binding', module: target, binding }
      : undefined;
  }

  async #inClause(
    target: SourceModule,
    clause: SyntaxNode,
    { name, source }: { readonly name: string; readonly source: string | undefined },
  ): Promise<Exported | undefined> {
    for (const specifier of clause.parts) {
      const own = specifier.at('name')?.text;
      const outer = specifier.at('alias')?.text ?? own;
      if (outer !== name || own === undefined) continue;
      if (source !== undefined) return this.#handedOn(target, source, own);
      return this.#bound(target, own);
    }
    return undefined;
  }

  /** `export { default as Queue } from 'p-queue'` */
  async #handedOn(
    target: SourceModule,
    source: string,
    name: string,
  ): Promise<Exported | undefined> {
    const further = await this.from(target, source, name);
    if (further !== undefined || isRelative(source)) return further;
    return { kind: 'package', name: packageName(source, name) };
  }

  async #bound(target: SourceModule, name: string): Promise<Exported | undefined> {
    const binding = target.scopes.top.find(name);
    if (binding === undefined) return undefined;
    const origin = binding.declarations[0]?.origin;
    if (origin?.kind === 'import') {
      const further = await this.from(target, origin.module, origin.name);
      if (further !== undefined) return further;
    }
    return { kind: 'binding', module: target, binding };
  }
}

function defaultOf(target: SourceModule, statement: SyntaxNode): Exported | undefined {
  const value = statement.at('value');
  if (value === undefined) return undefined;
  return { kind: 'value', module: target, node: value };
}

/** What `import * as x` and `require()` give: the value of `module.exports = ...`, or the file. */
function wholeModule(target: SourceModule): Exported {
  const node = assignedTo(target, ['module.exports']);
  return node === undefined
    ? { kind: 'module', module: target }
    : { kind: 'value', module: target, node };
}

function commonJsName(target: SourceModule, name: string): Exported | undefined {
  if (target.language === 'python') return undefined;
  const own = assignedTo(target, [`exports.${name}`, `module.exports.${name}`]);
  if (own !== undefined) return { kind: 'value', module: target, node: own };
  const all = assignedTo(target, ['module.exports']);
  if (all === undefined) return undefined;
  if (name === 'default') return { kind: 'value', module: target, node: all };
  const expr = target.read(all);
  if (expr.kind !== 'object') return undefined;
  const entry = expr.entries.find((e) => e.key === name && e.kind !== 'other');
  return entry === undefined ? undefined : { kind: 'value', module: target, node: entry.value };
}

/** What the file assigns to one of these, where it does so once and at its top level. */
function assignedTo(target: SourceModule, lefts: readonly string[]): SyntaxNode | undefined {
  const found: SyntaxNode[] = [];
  for (const statement of target.root.parts) {
    if (statement.type !== 'expression_statement') continue;
    const assignment = statement.parts[0];
    const right = assignment?.at('right');
    if (assignment?.type !== 'assignment_expression' || right === undefined) continue;
    if (lefts.includes(assignment.at('left')?.text ?? '')) found.push(right);
  }
  return found.length === 1 ? found[0] : undefined;
}
