/** All calls of a file whose arguments are knobs. */
import { rowsNamed, rowsOfMethod } from '../libraries/all.js';
import type { KnobRow } from '../libraries/row.js';
import type { CallExpr } from '../syntax/expression.js';
import { ancestors, descendants, type SyntaxNode } from '../syntax/node.js';
import { FullNames } from './fullName.js';
import type { SourceModule } from './workspace.js';

/** A call, and one knob of it. */
export interface Site {
  readonly module: SourceModule;
  readonly call: CallExpr;
  readonly row: KnobRow;
  /** The full name of what is called; undefined: only a method's name is known. */
  readonly fullName: string | undefined;
}

const calls = new Set(['call_expression', 'new_expression', 'call']);

/** The calls of a file, as expressions. */
export function* callsIn(module: SourceModule): Generator<CallExpr> {
  for (const node of descendants(module.root)) {
    if (!node.isNamed || !calls.has(node.type)) continue;
    const call = module.read(node);
    if (call.kind === 'call' && call.node === node) yield call;
  }
}

const known = new WeakMap<SourceModule, readonly Site[]>();

/** All sites of a file. Those without a full name are only guesses until something else speaks for them. */
export function sitesIn(module: SourceModule): readonly Site[] {
  const sites = known.get(module) ?? findSites(module);
  known.set(module, sites);
  return sites;
}

function findSites(module: SourceModule): readonly Site[] {
  const names = new FullNames(module);
  const sites: Site[] = [];
  for (const call of callsIn(module)) {
    const fullName = names.of(call.callee);
    const rows = fullName === undefined ? [] : rowsNamed(withoutInit(fullName));
    for (const row of rows) sites.push({ module, call, row, fullName });
    if (rows.length > 0) continue;
    const callee = module.read(call.callee);
    if (callee.kind !== 'member') continue;
    for (const row of rowsOfMethod(callee.property)) {
      sites.push({ module, call, row, fullName: undefined });
    }
  }
  return sites;
}

/** `super().__init__(...)` constructs. */
function withoutInit(fullName: string): string {
  return fullName.replace(/\.__init__$/, '');
}

/** From the start of a call to its arguments: what a position in a stack trace points into. */
export function headOf({ node, list }: CallExpr): { readonly start: number; readonly end: number } {
  return { start: node.start, end: list?.start ?? node.end };
}

/** Where a stack trace says that the call is: the last name of what is called, or `new`. */
export function pointOf(module: SourceModule, call: CallExpr): number {
  if (call.isNew) return call.node.start;
  const callee = module.read(call.callee);
  const property = callee.node.at('property') ?? callee.node.at('attribute');
  return callee.kind === 'member' && property !== undefined ? property.start : call.node.start;
}

function labelOf(node: SyntaxNode): string | undefined {
  if (node.type === 'pair') return node.at('key')?.text;
  if (/assignment(_expression)?$/.test(node.type)) return node.at('left')?.text;
  if (/(definition|declaration|declarator)$/.test(node.type)) {
    return (node.at('name') ?? node.at('property'))?.text;
  }
  return undefined;
}

/** What stays of a call when lines are inserted around it: what is called, and the names of all that it is in. */
export function identityOf({ module, call, row, fullName }: Site): string {
  const labels = [...ancestors(call.node)].map(labelOf).filter((label) => label !== undefined);
  const [first] = call.args;
  const own = row.isNamed === true ? (first?.value.text ?? '') : '';
  const callee = fullName ?? module.read(call.callee).node.text;
  return [row.library, row.knob, callee, own, ...labels].join('\n');
}
