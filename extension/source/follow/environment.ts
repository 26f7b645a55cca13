/** Expressions that read variables of the environment. */
import type { Expr } from '../syntax/expression.js';
import type { SyntaxNode } from '../syntax/node.js';
import type { SourceModule } from './workspace.js';

/** A variable; `undefined`: the environment itself. */
export interface EnvironmentRead {
  readonly variable: string | undefined;
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

/** undefined: the expression is none that reads the environment. */
export function environmentRead(module: SourceModule, expr: Expr): EnvironmentRead | undefined {
  if (expr.kind === 'member') {
    if (environments.has(expr.node.text)) return { variable: undefined, fallback: undefined };
    const object = module.read(expr.object);
    if (!isEnvironment(module, object)) return undefined;
    return { variable: expr.property, fallback: undefined };
  }
  if (expr.kind !== 'call' || !getters.has(expr.callee.text)) return undefined;
  const [name, fallback] = expr.args;
  const variable = name === undefined ? undefined : module.read(name.value);
  if (variable?.kind !== 'text') return undefined;
  return { variable: variable.value, fallback: fallback?.value };
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
