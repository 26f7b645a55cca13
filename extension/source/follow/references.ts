/** All uses of a name in its file, and what is done with them. */
import type { Binding } from '../scopes/scope.js';
import { ancestors, descendants, type SyntaxNode } from '../syntax/node.js';
import type { SourceModule } from './workspace.js';

const names = new Set(['identifier', 'shorthand_property_identifier', 'type_identifier']);

/** A name that is no reference: what it names is somebody else's. */
function isLabel(node: SyntaxNode): boolean {
  const { parent } = node;
  if (parent === null) return false;
  return (
    node.field === 'attribute' ||
    (node.field === 'name' && parent.type === 'keyword_argument') ||
    parent.type === 'import_specifier'
  );
}

/** The uses of a binding, without the places that declare or assign it. */
export function referencesOf(module: SourceModule, binding: Binding): readonly SyntaxNode[] {
  const declared = new Set(binding.declarations.map(({ node }) => node));
  const found: SyntaxNode[] = [];
  for (const node of descendants(binding.scope.node)) {
    if (!names.has(node.type) || declared.has(node) || isLabel(node)) continue;
    if (node.text !== binding.name) continue;
    if (module.scopes.resolve(binding.name, node) === binding) found.push(node);
  }
  return found;
}

/** The property that is read of a use (`config.size`); undefined: all of it. */
export function propertyUsed(module: SourceModule, use: SyntaxNode): string | undefined {
  const { parent } = use;
  if (parent === null) return undefined;
  const expr = module.read(parent);
  if (expr.kind !== 'member' || expr.object !== use) return undefined;
  return expr.property;
}

/** Is the name exported, so that other files can use it? */
export function isExported(module: SourceModule, binding: Binding): boolean {
  if (module.language === 'python' || binding.scope !== module.scopes.top) return false;
  const isDeclared = binding.declarations.some(({ node }) =>
    [...ancestors(node)].some((a) => a.type === 'export_statement'),
  );
  return isDeclared || referencesOf(module, binding).some(isExporting);
}

/** `export { n }`, `module.exports = { n }`, `exports.n = n` */
export function isExporting(use: SyntaxNode): boolean {
  for (const ancestor of ancestors(use)) {
    if (ancestor.type === 'export_specifier') return true;
    if (ancestor.type === 'export_statement') return ancestor === use.parent;
    if (ancestor.type === 'assignment_expression') {
      return /^(module\.)?exports\b/.test(ancestor.at('left')?.text ?? '');
    }
    if (!/^(object|pair|shorthand_property_identifier)$/.test(ancestor.type)) return false;
  }
  return false;
}

const writers = /^(augmented_)?assignment(_expression)?$|^update_expression$/;
/** Functions that change their first argument. */
const mutators =
  /^(Object\.(assign|defineProperty|defineProperties)|Reflect\.(set|defineProperty)|setattr|((_|lodash)\.)?(merge|mergeWith|defaults|defaultsDeep|extend|assignIn|set))$/;
const ownMutators = new Set(['update', 'setdefault', 'pop', 'clear', '__setitem__', 'setattr']);
const members = /^(member_expression|subscript_expression|attribute|subscript)$/;
const wrappers = /^(parenthesized|as|satisfies|non_null)_expression$/;

function unwrapped(use: SyntaxNode): SyntaxNode {
  const { parent } = use;
  return parent !== null && wrappers.test(parent.type) ? unwrapped(parent) : use;
}

/** The member that is read of what a node stands for (`config.size`), if that is what is done with it. */
function memberOf(node: SyntaxNode): SyntaxNode | undefined {
  const { parent, field } = node;
  const isObject = field === 'object' || field === 'value';
  return parent !== null && isObject && members.test(parent.type) ? parent : undefined;
}

/** Does the use change a property of the object that the name stands for, or something within that property? */
export function isMutation(module: SourceModule, use: SyntaxNode, property: string): boolean {
  const whole = unwrapped(use);
  const first = memberOf(whole);
  if (first === undefined) return isChangedArgument(whole);
  const read = module.read(first);
  const name = read.kind === 'member' ? read.property : undefined;
  if (name !== undefined && ownMutators.has(name) && first.field === 'function') return true;
  if (name !== undefined && name !== property) return false;
  for (let member: SyntaxNode | undefined = first; member !== undefined;) {
    if (isWritten(member) || isChangedArgument(member)) return true;
    member = memberOf(unwrapped(member));
  }
  return false;
}

/** Is something set through another name for the object or a part of it (`const c = config.pool; c.size = 8`)? */
export function isMutatedByAlias(module: SourceModule, use: SyntaxNode): boolean {
  let whole = unwrapped(use);
  for (let next = memberOf(whole); next !== undefined; next = memberOf(whole)) {
    whole = unwrapped(next);
  }
  const { parent, field } = whole;
  const isInit = field === 'value' || field === 'right';
  const name = isInit ? (parent?.at('name') ?? parent?.at('left')) : undefined;
  if (name?.type !== 'identifier') return false;
  const alias = module.scopes.resolve(name.text, name);
  return alias !== undefined && referencesOf(module, alias).some((u) => isSetThrough(u));
}

function isSetThrough(use: SyntaxNode): boolean {
  for (let member = memberOf(unwrapped(use)); member !== undefined;) {
    if (isWritten(member)) return true;
    member = memberOf(unwrapped(member));
  }
  return false;
}

function isChangedArgument(use: SyntaxNode): boolean {
  const call = use.parent?.parent;
  return use.parent?.parts[0] === use && mutators.test(call?.at('function')?.text ?? '');
}

/** Is the expression assigned to, counted up or deleted? */
export function isWritten(target: SyntaxNode): boolean {
  const { parent } = target;
  if (parent === null) return false;
  if (writers.test(parent.type)) return target.field === 'left' || target.field === 'argument';
  if (parent.type === 'delete_statement') return true;
  return parent.type === 'unary_expression' && parent.children[0]?.text === 'delete';
}
