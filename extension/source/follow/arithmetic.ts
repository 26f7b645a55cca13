/** Expressions that compute a number from the machine and from constants, and depend on nothing else. */
import type { SyntaxNode } from '../syntax/node.js';
import type { Reduced } from './reduced.js';
import type { Reducer } from './reducer.js';
import type { SourceModule } from './workspace.js';

const operators = new Set(['+', '-', '*', '/', '//', '%', '**', '>>', '<<', '|']);

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
    const all = async (...nodes: readonly SyntaxNode[]): Promise<boolean> => {
      for (const inner of nodes) if (!(await this.is(module, inner, depth + 1))) return false;
      return true;
    };
    switch (expr.kind) {
      case 'number':
      case 'nothing':
        return true;
      case 'binary':
        if (!operators.has(expr.operator) && !/^(\|\||\?\?)$/.test(expr.operator)) return false;
        return all(expr.left, expr.right);
      case 'unary':
        return /^[-+~]$/.test(expr.operator) && (await all(expr.operand));
      case 'call': {
        const name = await this.#nameOf(module, expr.callee);
        if (name === undefined || !isSource(name)) return false;
        return all(...expr.args.map(({ value }) => value));
      }
      case 'member':
        return this.#member(module, { object: expr.object, property: expr.property, node }, depth);
      case 'name':
        return this.#reducedIs(await this.#reducer.reduce(module, node), depth);
      default:
        return false;
    }
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

  async #nameOf(module: SourceModule, callee: SyntaxNode): Promise<string | undefined> {
    const reduced = await this.#reducer.reduce(module, callee);
    return reduced.kind === 'external' ? reduced.name : undefined;
  }
}
