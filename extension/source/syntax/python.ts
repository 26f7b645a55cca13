/** Expressions of Python. */
import type { Argument, Entry, Expr } from './expression.js';
import type { SyntaxNode } from './node.js';

const functions = new Set(['function_definition', 'lambda']);

/** Is the node a function of any kind? */
export function isPythonFunction(node: SyntaxNode): boolean {
  return node.isNamed && functions.has(node.type);
}

function bare(node: SyntaxNode): SyntaxNode {
  if (node.type === 'parenthesized_expression' || node.type === 'await') {
    const [inner] = node.parts;
    return inner === undefined ? node : bare(inner);
  }
  // `Pool(4) as pool`
  if (node.type === 'as_pattern') return bare(node.parts[0] ?? node);
  return node;
}

/** The text of a plain string; undefined for f-strings, bytes and texts with escapes. */
export function plainText(node: SyntaxNode): string | undefined {
  if (node.type !== 'string') return undefined;
  const start = node.children.find((c) => c.type === 'string_start')?.text ?? '';
  if (!/^[uU]?["']+$/.test(start)) return undefined;
  const content = node.children.filter((c) => c.type === 'string_content');
  if (content.some((c) => c.children.length > 0)) return undefined;
  return content.map((c) => c.text).join('');
}

function textOf(node: SyntaxNode): Expr {
  const value = plainText(node);
  if (value === undefined) return { kind: 'other', node };
  const quote = node.children[0]?.text.replace(/^[uU]/, '') ?? '"';
  return { kind: 'text', node, value, quote };
}

function numberOf(node: SyntaxNode): Expr {
  const value = Number(node.text.replaceAll('_', ''));
  return Number.isNaN(value) ? { kind: 'other', node } : { kind: 'number', node, value };
}

function argumentOf(node: SyntaxNode): Argument {
  const value = node.at('value');
  const name = node.at('name');
  if (node.type === 'keyword_argument' && value !== undefined && name !== undefined) {
    return { node, name: name.text, value, spread: 'none' };
  }
  const inner = node.parts[0] ?? node;
  if (node.type === 'list_splat') return { node, name: null, value: inner, spread: 'list' };
  if (node.type === 'dictionary_splat') return { node, name: null, value: inner, spread: 'map' };
  return { node, name: null, value: node, spread: 'none' };
}

function entryOf(node: SyntaxNode): Entry {
  const key = node.at('key');
  const value = node.at('value');
  if (node.type === 'pair' && key !== undefined && value !== undefined) {
    return { node, key: plainText(key) ?? null, value, kind: 'pair' };
  }
  if (node.type === 'dictionary_splat') {
    return { node, key: null, value: node.parts[0] ?? node, kind: 'spread' };
  }
  return { node, key: null, value: node, kind: 'other' };
}

function entryOfArgument(argument: Argument): Entry {
  const { node, name, value } = argument;
  return { node, key: name, value, kind: name === null ? 'spread' : 'pair' };
}

function callOf(node: SyntaxNode): Expr {
  const callee = node.at('function');
  const list = node.at('arguments');
  if (callee === undefined || list?.type !== 'argument_list') return { kind: 'other', node };
  const args = list.parts.map(argumentOf);
  if (callee.text === 'dict') {
    return { kind: 'object', node, entries: args.map(entryOfArgument) };
  }
  return { kind: 'call', node, callee, list, args, isNew: false };
}

function subscriptOf(node: SyntaxNode): Expr {
  const [object, index] = [node.at('value'), node.at('subscript')];
  const property = index === undefined ? undefined : plainText(index);
  if (object === undefined || property === undefined) return { kind: 'other', node };
  return { kind: 'member', node, object, property };
}

const operators: Readonly<Record<string, string>> = { or: '||', and: '&&' };

function operationOf(node: SyntaxNode): Expr {
  const [left, right] = [node.at('left'), node.at('right')];
  const word = node.at('operator')?.text ?? node.children.find((c) => !c.isNamed)?.text ?? '';
  if (left === undefined || right === undefined) return { kind: 'other', node };
  return { kind: 'binary', node, operator: operators[word] ?? word, left, right };
}

function unaryOf(node: SyntaxNode): Expr {
  const operand = node.at('argument');
  const operator = node.at('operator')?.text ?? node.children[0]?.text ?? '';
  if (operand === undefined) return { kind: 'other', node };
  const inner = readPython(operand);
  if (operator === '-' && inner.kind === 'number') {
    return { kind: 'number', node, value: -inner.value };
  }
  return { kind: 'unary', node, operator, operand };
}

/** `4 if x else 5`. */
function conditionalOf(node: SyntaxNode): Expr {
  const [whenTrue, condition, whenFalse] = node.parts;
  if (condition === undefined || whenTrue === undefined || whenFalse === undefined) {
    return { kind: 'other', node };
  }
  return { kind: 'conditional', node, condition, whenTrue, whenFalse };
}

const readers: Readonly<Record<string, (node: SyntaxNode) => Expr>> = {
  integer: numberOf,
  float: numberOf,
  string: textOf,
  identifier: (node) =>
    node.text === 'self' || node.text === 'cls'
      ? { kind: 'self', node }
      : { kind: 'name', node, name: node.text },
  none: (node) => ({ kind: 'nothing', node }),
  attribute: (node) => {
    const [object, property] = [node.at('object'), node.at('attribute')];
    if (object === undefined || property === undefined) return { kind: 'other', node };
    return { kind: 'member', node, object, property: property.text };
  },
  subscript: subscriptOf,
  dictionary: (node) => ({ kind: 'object', node, entries: node.parts.map(entryOf) }),
  call: callOf,
  binary_operator: operationOf,
  boolean_operator: operationOf,
  unary_operator: unaryOf,
  conditional_expression: conditionalOf,
};

/** Reads an expression of Python. */
export function readPython(wrapped: SyntaxNode): Expr {
  const node = bare(wrapped);
  const read = readers[node.type];
  if (read !== undefined) return read(node);
  return { kind: isPythonFunction(node) ? 'function' : 'other', node };
}
