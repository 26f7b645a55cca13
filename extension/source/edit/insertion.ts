/** Where and how an option is written that is not there yet. Keeps the style of what is around it. */
import type { SourceModule } from '../follow/workspace.js';
import type { CallExpr, ObjectExpr } from '../syntax/expression.js';
import type { SyntaxNode } from '../syntax/node.js';

/** The value goes to `offset`, with text before and after it. */
export interface Insertion {
  readonly offset: number;
  readonly before: string;
  readonly after: string;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The white space that the line of `offset` begins with. */
function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? '';
}

/** Does the node begin its line? */
function beginsLine(text: string, node: SyntaxNode): boolean {
  return text.slice(lineStart(text, node.start), node.start).trim() === '';
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Is there a comment behind the node, on the same line? */
function hasCommentBehind(text: string, node: SyntaxNode): boolean {
  return /^[ \t]*,?[ \t]*(\/\/|\/\*|#)/.test(text.slice(node.end, node.end + 200));
}

/** `{ a: 1 }` or `{a: 1}`: as most of the file has it. */
function padding(text: string): string {
  const tight = text.match(/\{(?=[\w'"])/g)?.length ?? 0;
  const spaced = text.match(/\{ (?=[\w'"])/g)?.length ?? 0;
  return tight > spaced ? '' : ' ';
}

/** Behind the last of several things, or before it where a comment would otherwise come between. */
function besideLast(
  text: string,
  last: SyntaxNode,
  { label, isMovable }: { label: string; isMovable: boolean },
): Insertion {
  const onLine = beginsLine(text, last);
  const gap = onLine ? lineEnd(text) + indentAt(text, last.start) : ' ';
  const behind = /^[ \t]*,[ \t]*(\/\/|\/\*|#)[^\r\n]*/.exec(text.slice(last.end))?.[0];
  if (onLine && behind !== undefined && !behind.slice(0, -2).includes('*/')) {
    return { offset: last.end + behind.length, before: `${gap}${label}`, after: ',' };
  }
  if (onLine && isMovable && hasCommentBehind(text, last)) {
    return { offset: last.start, before: label, after: `,${gap}` };
  }
  return { offset: last.end, before: `,${gap}${label}`, after: '' };
}

/** A property of an object that is written out. */
export function intoObject(module: SourceModule, object: ObjectExpr, name: string): Insertion {
  const { text } = module;
  const { node, entries } = object;
  const last = entries.at(-1);
  const isDict = node.type === 'dictionary';
  const isCall = node.type === 'call';
  const label = isDict
    ? `${quoteOf(object)}${name}${quoteOf(object)}: `
    : isCall
      ? `${name}=`
      : `${name}: `;
  if (last !== undefined) {
    return besideLast(text, last.node, { label, isMovable: last.kind !== 'spread' });
  }
  const pad = isDict || isCall ? '' : padding(text);
  const offset = isCall ? node.end - 1 : node.start + 1;
  const isEmpty = text.slice(offset, node.end - 1).trim() === '';
  if (!isEmpty) return { offset, before: `${pad}${label}`, after: ',' };
  return { offset, before: `${pad}${label}`, after: offset === node.end - 1 ? pad : '' };
}

function quoteOf({ entries }: ObjectExpr): string {
  return entries[0]?.node.at('key')?.text.endsWith('"') === true ? '"' : "'";
}

/** One more argument at the end of a call; `label` is a keyword's `name=`. */
function asLast(
  module: SourceModule,
  call: CallExpr,
  wrap: { before: string; after: string },
): Insertion {
  const { text } = module;
  const { list, args, node } = call;
  if (list === undefined) {
    return { offset: node.end, before: `(${wrap.before}`, after: `${wrap.after})` };
  }
  const last = args.at(-1);
  if (last === undefined) return { offset: list.start + 1, ...wrap };
  const isKeyword = last.name !== null && wrap.before.endsWith('=');
  const { before, after, offset } = besideLast(text, last.node, {
    label: wrap.before,
    isMovable: isKeyword,
  });
  return { offset, before, after: wrap.after + after };
}

/** An object of options as the last argument. */
export function optionsArgument(module: SourceModule, call: CallExpr, name: string): Insertion {
  const pad = padding(module.text);
  return asLast(module, call, { before: `{${pad}${name}: `, after: `${pad}}` });
}

/** A keyword argument of Python. */
export function keywordArgument(module: SourceModule, call: CallExpr, name: string): Insertion {
  return asLast(module, call, { before: `${name}=`, after: '' });
}

/** A positional argument: as the last one, or `behind` (1) arguments before the end. */
export function positionalArgument(
  module: SourceModule,
  call: CallExpr,
  behind: number,
): Insertion {
  const next = behind === 0 ? undefined : call.args.at(-behind);
  if (next === undefined) return asLast(module, call, { before: '', after: '' });
  return { offset: next.node.start, before: '', after: ', ' };
}
