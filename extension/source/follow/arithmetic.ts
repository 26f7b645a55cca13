/** Expressions that compute a number from the machine and from constants, and depend on nothing else. */
import type { CallExpr } from '../syntax/expression.js';
import type { SyntaxNode } from '../syntax/node.js';
import type { Reduced } from './reduced.js';
import type { Reducer } from './reducer.js';
import type { SourceModule } from './workspace.js';

const operators = new Set(['+', '-', '*', '/', '//', '%', '**', '>>', '<<', '|', '||', '??']);
const signs = new Set(['+', '-', '~']);

/** Full names of what tells the machine's size, or computes. */
const sources = [
  /^Math\.\w+$/,
  /^os\.(cpus|availableParallelism|cpu_count|process_cpu_count|totalmem|freemem|sched_getaffinity)$/,
  /^(multiprocessing|psutil|torch\.multiprocessing|joblib)\.cpu_count$/,
  /^navigator\.hardwareConcurrency$/,
  /^tensorflow\.data\.(experimental\.)?AUTOTUNE$/,
  /^(int|float|max|min|round|len|abs|Number|parseInt)$/,
  /^math\.\w+$/,
];

const MAX_DEPTH = 12;

function isSource(name: string): boolean {
  return sources.some((pattern) => pattern.test(name));
}

export class Arithmetic {
  readonly #reducer: Reducer;

  constructor(reducer: Reducer) {
    this.#reducer = reducer;
  }

  /** Is the whole expression computed from constants and the machine? */
  async is(module: SourceModule, node: SyntaxNode, depth = 0): Promise<boolean> {
    if (depth > MAX_DEPTH) return false;
    const expr = module.read(node);
    switch (expr.kind) {
      case 'number':
      case 'nothing':
        return true;
      case 'binary':
        return operators.has(expr.operator) && this.#all(module, [expr.left, expr.right], depth);
      case 'unary':
        return signs.has(expr.operator) && this.#all(module, [expr.operand], depth);
      case 'call':
        return this.#call(module, expr, depth);
      case 'member':
        return this.#member(module, { object: expr.object, property: expr.property, node }, depth);
      case 'name':
        return this.#reducedIs(await this.#reducer.reduce(module, node), depth);
      default:
        return false;
    }
  }

  async #all(module: SourceModule, nodes: readonly SyntaxNode[], depth: number): Promise<boolean> {
    for (const inner of nodes) if (!(await this.is(module, inner, depth + 1))) return false;
    return true;
  }

  async #call(module: SourceModule, { callee, args }: CallExpr, depth: number): Promise<boolean> {
    const reduced = await this.#reducer.reduce(module, callee);
    if (reduced.kind !== 'external' || !isSource(reduced.name)) return false;
    const values = args.map(({ value }) => value);
    return this.#all(module, values, depth);
  }

  async #member(
    module: SourceModule,
    { object, property, node }: { object: SyntaxNode; property: string; node: SyntaxNode },
    depth: number,
  ): Promise<boolean> {
    if (property === 'length') return this.is(module, object, depth + 1);
    return this.#reducedIs(await this.#reducer.reduce(module, node), depth);
  }

  async #reducedIs(reduced: Reduced, depth: number): Promise<boolean> {
    if (reduced.kind === 'external') return isSource(reduced.name);
    if (reduced.kind !== 'expr') return false;
    const { expr, module, node } = reduced;
    // What a name comes down to is no name again.
    if (expr.kind === 'name' || expr.kind === 'member') return false;
    return this.is(module, node, depth + 1);
  }
}
