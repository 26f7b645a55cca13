/** Defaults of options of the command line: argparse and click. */
import type { Argument, CallExpr } from '../syntax/expression.js';
import { descendants, type SyntaxNode } from '../syntax/node.js';
import type { SourceModule } from './workspace.js';

/** An option, and what it is when the command line does not say. */
export interface CommandOption {
  readonly name: string;
  readonly node: SyntaxNode;
  readonly fallback: SyntaxNode | undefined;
}

function textsOf(module: SourceModule, args: readonly Argument[]): readonly string[] {
  return args.flatMap(({ name, value }) => {
    const expr = module.read(value);
    return name === null && expr.kind === 'text' ? [expr.value] : [];
  });
}

function keywordOf(args: readonly Argument[], name: string): SyntaxNode | undefined {
  return args.find((a) => a.name === name)?.value;
}

function variableOf(module: SourceModule, args: readonly Argument[]): string | undefined {
  const dest = keywordOf(args, 'dest');
  const said = dest === undefined ? undefined : module.read(dest);
  if (said?.kind === 'text') return said.value;
  const texts = textsOf(module, args);
  const plain = texts.find((text) => !text.startsWith('-'));
  const long = texts.find((text) => text.startsWith('--'));
  return (plain ?? long ?? texts[0])?.replace(/^-+/, '').replaceAll('-', '_');
}

function optionOf(module: SourceModule, call: CallExpr): CommandOption {
  const { args, node } = call;
  const texts = textsOf(module, args);
  const name = texts.find((text) => text.startsWith('--')) ?? texts[0] ?? '';
  return { name, node, fallback: keywordOf(args, 'default') };
}

/** The options of a file that `parse_args` would put into `variable`. */
export function argparseOptions(module: SourceModule, variable: string): readonly CommandOption[] {
  const found: CommandOption[] = [];
  for (const node of descendants(module.root)) {
    if (node.type !== 'call') continue;
    const call = module.read(node);
    if (call.kind !== 'call') continue;
    const method = module.read(call.callee);
    if (method.kind !== 'member' || method.property !== 'add_argument') continue;
    if (variableOf(module, call.args) === variable) found.push(optionOf(module, call));
  }
  return found;
}

/** A call that gives the option another default, or an argument, in the program itself. */
export function changesDefault(
  module: SourceModule,
  variable: string,
  name: string,
): SyntaxNode | undefined {
  for (const node of descendants(module.root)) {
    const call = node.type === 'call' ? module.read(node) : undefined;
    if (call?.kind !== 'call') continue;
    const method = module.read(call.callee);
    if (method.kind !== 'member') continue;
    if (method.property === 'set_defaults') {
      const isSet = call.args.some((a) => a.name === variable || a.spread !== 'none');
      if (isSet) return node;
    }
    const isParse = /^parse_(known_)?args$/.test(method.property);
    if (isParse && call.list?.text.includes(name) === true) return node;
  }
  return undefined;
}

/** click's option that gives a function's parameter its value. */
export function clickOption(
  module: SourceModule,
  fn: SyntaxNode,
  parameter: string,
): CommandOption | undefined {
  if (fn.parent?.type !== 'decorated_definition') return undefined;
  for (const decorator of fn.parent.parts) {
    const [inner] = decorator.type === 'decorator' ? decorator.parts : [];
    const call = inner === undefined ? undefined : module.read(inner);
    if (call?.kind !== 'call' || !/(^|\.)(option|argument)$/.test(call.callee.text)) continue;
    if (variableOf(module, call.args) === parameter) return optionOf(module, call);
  }
  return undefined;
}
