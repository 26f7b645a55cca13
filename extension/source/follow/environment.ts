/** Expressions that read what a program is started with: variables of the environment, arguments of the command line. */
import type { Expr } from '../syntax/expression.js';
import type { SyntaxNode } from '../syntax/node.js';
import type { SourceModule } from './workspace.js';

export interface EnvironmentRead {
  /** For the user: `the environment variable N`. undefined: the environment itself. */
  readonly variable: string | undefined;
  /** What gives the variable its name, where that is not written out. */
  readonly computed?: SyntaxNode;
  /** What it is when the variable is not set, where the same expression says so. */
  readonly fallback: SyntaxNode | undefined;
}

const environments = new Set([
  'process.env',
  'import.meta.env',
  'Bun.env',
  'os.environ',
  'environ',
  'globalThis.process.env',
]);
const getters = new Set(['os.environ.get', 'os.getenv', 'environ.get', 'getenv', 'Deno.env.get']);

/** What the user is told of a variable. */
export function variableTitle(name: string): string {
  return `the environment variable ${name}`;
}

/** undefined: the expression is none that reads the environment. */
export function environmentRead(module: SourceModule, expr: Expr): EnvironmentRead | undefined {
  const argument = /^process\.argv(?:\[(\d+)\]|\.at\((\d+)\))$/.exec(expr.node.text);
  if (argument !== null) {
    // The first two are Node and the program.
    const number = Number(argument[1] ?? argument[2]) - 1;
    return { variable: `argument ${number} of the command line`, fallback: undefined };
  }
  if (expr.kind === 'member') {
    if (environments.has(expr.node.text)) return { variable: undefined, fallback: undefined };
    const object = module.read(expr.object);
    if (!isEnvironment(module, object)) return undefined;
    return { variable: variableTitle(expr.property), fallback: undefined };
  }
  if (expr.kind === 'other') return computedRead(module, expr.node);
  if (expr.kind !== 'call' || !getters.has(expr.callee.text)) return undefined;
  const [name, fallback] = expr.args;
  return name === undefined ? undefined : namedBy(module, name.value, fallback?.value);
}

/** `process.env[name]` */
function computedRead(module: SourceModule, node: SyntaxNode): EnvironmentRead | undefined {
  const object = node.at('object') ?? node.at('value');
  const index = node.at('index') ?? node.at('subscript');
  if (object === undefined || index === undefined) return undefined;
  return isEnvironment(module, module.read(object)) ? namedBy(module, index, undefined) : undefined;
}

function namedBy(
  module: SourceModule,
  name: SyntaxNode,
  fallback: SyntaxNode | undefined,
): EnvironmentRead {
  const text = module.read(name);
  if (text.kind === 'text') return { variable: variableTitle(text.value), fallback };
  return { variable: variableTitle(name.text), computed: name, fallback };
}

function isEnvironment(module: SourceModule, expr: Expr): boolean {
  if (environments.has(expr.node.text)) return true;
  if (expr.kind !== 'name') return false;
  const origin = module.scopes.resolve(expr.name, expr.node)?.declarations[0]?.origin;
  if (origin?.kind === 'import') {
    const name = `${origin.module.replace(/^node:/, '')}.${origin.name}`;
    return name === 'process.env' || name === 'os.environ';
  }
  if (origin?.kind !== 'value' || origin.init === null || origin.path === null) return false;
  const way = [origin.init.text, ...origin.path].join('.');
  return environments.has(way);
}
