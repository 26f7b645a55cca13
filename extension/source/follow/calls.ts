/** Who calls a function: what its parameters are. */
import type { Argument, CallExpr } from '../syntax/expression.js';
import { ancestors, descendants, type SyntaxNode } from '../syntax/node.js';
import type { Binding, ParameterOrigin } from '../scopes/scope.js';
import { classAround } from './fullName.js';
import { isExported, referencesOf } from './references.js';
import type { SourceModule } from './workspace.js';

/** The callers of a function within its file. */
export interface Callers {
  /** For the user; empty when the function has none. */
  readonly name: string;
  readonly calls: readonly CallExpr[];
  /** Other files may call it, or somebody calls it whom nobody sees: it was handed on. */
  readonly isOpen: boolean;
  /** How many of its parameters are not arguments (`self`). */
  readonly skipped: number;
}

/** Who calls `fn`; undefined when that is not known. */
export function callersOf(module: SourceModule, fn: SyntaxNode): Callers | undefined {
  const isConstructor = /^(constructor|__init__)$/.test(fn.at('name')?.text ?? '');
  const cls = isConstructor ? classAround(fn) : undefined;
  const name = nameOf(module, cls ?? fn);
  if (name === undefined) return undefined;
  const binding = module.scopes.resolve(name.text, name);
  if (binding?.declarations.length !== 1) return undefined;
  const skipped = cls !== undefined && module.language === 'python' ? 1 : 0;
  return { ...usesOf(module, binding), name: name.text, skipped };
}

function nameOf(module: SourceModule, fn: SyntaxNode): SyntaxNode | undefined {
  if (fn.type === 'method_definition') return undefined;
  const isMethod = fn.type === 'function_definition' && isInClass(module, fn);
  if (isMethod) return undefined;
  const own = fn.at('name');
  if (own !== undefined) return own;
  const { parent } = fn;
  return parent?.type === 'variable_declarator' ? parent.at('name') : undefined;
}

function isInClass(module: SourceModule, fn: SyntaxNode): boolean {
  return fn.parent !== null && module.scopes.scopeOf(fn.parent).node.type === 'class_definition';
}

function usesOf(module: SourceModule, binding: Binding): Pick<Callers, 'calls' | 'isOpen'> {
  const calls: CallExpr[] = [];
  let isOpen = isExported(module, binding);
  for (const use of referencesOf(module, binding)) {
    const call = use.parent === null ? undefined : module.read(use.parent);
    if (call?.kind === 'call' && call.callee === use) calls.push(call);
    else if (!isType(use)) isOpen = true;
  }
  return { calls, isOpen };
}

function isType(use: SyntaxNode): boolean {
  return [...ancestors(use)].some((a) => /^type(_annotation|_arguments)?$/.test(a.type));
}

/** What a call gives to a parameter. `unknown`: somewhere among spread arguments. */
export function argumentFor(
  call: CallExpr,
  { index, name }: Pick<ParameterOrigin, 'index' | 'name'>,
  skipped: number,
): Argument | 'missing' | 'unknown' {
  const named = name === '' ? undefined : call.args.find((a) => a.name === name);
  if (named !== undefined) return named;
  if (call.args.some((a) => a.spread !== 'none')) return 'unknown';
  const positional = call.args.filter((a) => a.name === null);
  return positional[index - skipped] ?? 'missing';
}

/** The one expression that a function returns; undefined: none, several, or it depends on what it is called with. */
export function onlyReturn(module: SourceModule, fn: SyntaxNode): SyntaxNode | undefined {
  const body = fn.at('body');
  if (body === undefined) return undefined;
  if (fn.type === 'arrow_function' && body.type !== 'statement_block') return body;
  const returns = [...descendants(body)].filter(
    (node) => node.type === 'return_statement' && functionAround(module, node) === fn,
  );
  const [only] = returns;
  return returns.length === 1 ? only?.parts[0] : undefined;
}

function functionAround(module: SourceModule, node: SyntaxNode): SyntaxNode | undefined {
  for (const ancestor of ancestors(node)) {
    if (module.read(ancestor).kind === 'function') return ancestor;
  }
  return undefined;
}
