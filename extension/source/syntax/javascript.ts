/** Expressions of JavaScript and TypeScript. */
import type { Argument, CallExpr, Entry, Expr } from './expression.js';
import type { SyntaxNode } from './node.js';

/** Around an expression without changing its value. */
const wrappers = new Set([
  'parenthesized_expression',
  'as_expression',
  'satisfies_expression',
  'non_null_expression',
  'await_expression',
]);

const functions = new Set([
  'arrow_function',
  'function_expression',
  'function',
  'generator_function',
  'generator_function_declaration',
  'function_declaration',
  'method_definition',
]);

/** Is the node a function of any kind? */
export function isJavaScriptFunction(node: SyntaxNode): boolean {
  return node.isNamed && functions.has(node.type);
}

/** The expression inside of parentheses and type assertions. */
function bare(node: SyntaxNode): SyntaxNode {
  if (wrappers.has(node.type)) {
    const [inner] = node.parts;
    return inner === undefined ? node : bare(inner);
  }
  if (node.type === 'type_assertion') {
    const inner = node.parts.at(-1);
    return inner === undefined ? node : bare(inner);
  }
  return node;
}

function numberIn(text: string): number | undefined {
  if (text.endsWith('n')) return undefined;
  const value = Number(text.replaceAll('_', ''));
  return Number.isNaN(value) ? undefined : value;
}

function textOf(node: SyntaxNode): Expr {
  const quote = node.text.slice(0, 1);
  const hasParts = node.children.some(
    (c) => c.type === 'template_substitution' || c.type === 'escape_sequence',
  );
  if (hasParts) return { kind: 'other', node };
  return { kind: 'text', node, value: node.text.slice(1, -1), quote };
}

/** A property's name where it is written out. */
export function propertyName(node: SyntaxNode): string | null {
  if (node.type === 'string') return node.text.slice(1, -1);
  if (node.type === 'computed_property_name') {
    const inner = node.parts[0];
    return inner?.type === 'string' ? inner.text.slice(1, -1) : null;
  }
  return node.text;
}

function entryOf(node: SyntaxNode): Entry {
  const key = node.at('key');
  const value = node.at('value');
  if (node.type === 'pair' && key !== undefined && value !== undefined) {
    return { node, key: propertyName(key), value, kind: 'pair' };
  }
  if (node.type === 'shorthand_property_identifier') {
    return { node, key: node.text, value: node, kind: 'shorthand' };
  }
  if (node.type === 'spread_element') {
    return { node, key: null, value: node.parts[0] ?? node, kind: 'spread' };
  }
  const name = node.at('name');
  return {
    node,
    key: name === undefined ? null : propertyName(name),
    value: node,
    kind: 'other',
  };
}

function argumentOf(node: SyntaxNode): Argument {
  if (node.type === 'spread_element') {
    return { node, name: null, value: node.parts[0] ?? node, spread: 'list' };
  }
  return { node, name: null, value: node, spread: 'none' };
}

/** Objects that nobody can change are read as the objects. */
const freezers = new Set(['Object.freeze', 'Object.seal']);

function callOf(node: SyntaxNode): Expr {
  const callee = node.at('function') ?? node.at('constructor');
  const list = node.at('arguments');
  if (callee === undefined || list?.type === 'template_string') return { kind: 'other', node };
  const args = (list?.parts ?? []).map(argumentOf);
  const [first] = args;
  if (freezers.has(callee.text) && args.length === 1 && first !== undefined) {
    return readJavaScript(first.value);
  }
  const call: CallExpr = {
    kind: 'call',
    node,
    callee,
    list,
    args,
    isNew: node.type === 'new_expression',
  };
  return call;
}

function memberOf(node: SyntaxNode): Expr {
  const object = node.at('object');
  if (object === undefined) return { kind: 'other', node };
  const property = node.at('property');
  if (property !== undefined) return { kind: 'member', node, object, property: property.text };
  const index = node.at('index');
  if (index?.type === 'string') {
    return { kind: 'member', node, object, property: index.text.slice(1, -1) };
  }
  return { kind: 'other', node };
}

function operationOf(node: SyntaxNode): Expr {
  const [left, right] = [node.at('left'), node.at('right')];
  const operator = node.at('operator')?.text ?? node.children.find((c) => !c.isNamed)?.text ?? '';
  if (left === undefined || right === undefined) return { kind: 'other', node };
  return { kind: 'binary', node, operator, left, right };
}

function unaryOf(node: SyntaxNode): Expr {
  const operand = node.at('argument');
  const operator = node.at('operator')?.text ?? node.children[0]?.text ?? '';
  if (operand === undefined) return { kind: 'other', node };
  const inner = readJavaScript(operand);
  if (operator === '-' && inner.kind === 'number') {
    return { kind: 'number', node, value: -inner.value };
  }
  return { kind: 'unary', node, operator, operand };
}

function conditionalOf(node: SyntaxNode): Expr {
  const condition = node.at('condition');
  const whenTrue = node.at('consequence');
  const whenFalse = node.at('alternative');
  if (condition === undefined || whenTrue === undefined || whenFalse === undefined) {
    return { kind: 'other', node };
  }
  return { kind: 'conditional', node, condition, whenTrue, whenFalse };
}

function nameOf(node: SyntaxNode): Expr {
  if (node.text === 'Infinity') return { kind: 'nothing', node };
  return { kind: 'name', node, name: node.text };
}

const readers: Readonly<Record<string, (node: SyntaxNode) => Expr>> = {
  number: (node) => {
    const value = numberIn(node.text);
    return value === undefined ? { kind: 'other', node } : { kind: 'number', node, value };
  },
  string: textOf,
  template_string: textOf,
  identifier: nameOf,
  shorthand_property_identifier: nameOf,
  type_identifier: nameOf,
  undefined: (node) => ({ kind: 'nothing', node }),
  null: (node) => ({ kind: 'nothing', node }),
  this: (node) => ({ kind: 'self', node }),
  member_expression: memberOf,
  subscript_expression: memberOf,
  object: (node) => ({ kind: 'object', node, entries: node.parts.map(entryOf) }),
  call_expression: callOf,
  new_expression: callOf,
  binary_expression: operationOf,
  unary_expression: unaryOf,
  ternary_expression: conditionalOf,
};

/** Reads an expression of JavaScript or TypeScript. */
export function readJavaScript(wrapped: SyntaxNode): Expr {
  const node = bare(wrapped);
  const read = readers[node.type];
  if (read !== undefined) return read(node);
  return { kind: isJavaScriptFunction(node) ? 'function' : 'other', node };
}
