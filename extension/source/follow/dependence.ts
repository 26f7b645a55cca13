/**
 * Does a value depend on some text? Looked at from the other side than following a value: all that may go into an expression
 * is gone through, whatever is done with it, and too much rather than too little.
 */
import { descendants, type SyntaxNode } from '../syntax/node.js';
import type { Declaration, ParameterOrigin } from '../scopes/scope.js';
import { argumentFor, callersOf } from './calls.js';
import { classAround, fieldValues } from './fullName.js';
import type { Trail } from './reduced.js';
import type { SourceModule } from './workspace.js';

/** An expression, and the property of it that counts. */
export interface Input {
  readonly node: SyntaxNode;
  readonly path: readonly string[];
}

/** Where the text stands, and how it was come to. */
export interface Goal {
  /** The file that it is in, if that is the one that is looked at; else only the ways into that file are looked for. */
  readonly range: { readonly start: number; readonly end: number } | undefined;
  readonly trail: Trail;
}

/** What takes more than this many nodes to go through depends on everything. */
const MAX_NODES = 50_000;

const names = /^(shorthand_property_)?identifier$/;

export class Dependence {
  readonly #module: SourceModule;
  readonly #goal: Goal;
  readonly #seen = new Map<SyntaxNode, Set<string>>();
  #waiting: Input[] = [];
  #scanned = 0;

  constructor(module: SourceModule, goal: Goal) {
    this.#module = module;
    this.#goal = goal;
  }

  /** May the expression have another value when the text is changed? */
  of(input: Input): boolean {
    this.#waiting = [...this.#narrowed(input)];
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      if (this.#isSeen(next)) continue;
      if (this.#isGoal(next.node) || this.#goThrough(next)) return true;
      if (this.#scanned > MAX_NODES) return true;
    }
    return false;
  }

  #isSeen({ node, path }: Input): boolean {
    const paths = this.#seen.get(node) ?? new Set();
    this.#seen.set(node, paths);
    const key = path.join('\n');
    const isSeen = paths.has(key);
    paths.add(key);
    return isSeen;
  }

  #isGoal(node: SyntaxNode): boolean {
    const { range } = this.#goal;
    return range !== undefined && node.start <= range.start && range.end <= node.end;
  }

  /** Puts what the names of an expression stand for on the list; true: one leads to the goal in another file. */
  #goThrough({ node, path }: Input): boolean {
    const whole = this.#module.read(node).node;
    for (const inner of descendants(node)) {
      this.#scanned++;
      const expr = this.#module.read(inner);
      if (expr.node !== inner) continue;
      if (expr.kind === 'member' && this.#module.read(expr.object).kind === 'self') {
        const cls = classAround(inner);
        if (cls !== undefined) this.#add(fieldValues(this.#module, cls, expr.property));
      }
      if (!names.test(inner.type)) continue;
      const { end, read } = this.#chainFrom(inner);
      // Of a name by itself, or of a member of it, only a property may be wanted.
      if (this.#followName(inner, end === whole ? [...read, ...path] : read)) return true;
    }
    return false;
  }

  #followName(use: SyntaxNode, path: readonly string[]): boolean {
    const binding = this.#module.scopes.resolve(use.text, use);
    if (binding === undefined) return false;
    for (const declaration of binding.declarations) {
      if (declaration.origin.kind === 'import') {
        const step = this.#goal.trail.find((s) => s.binding === binding);
        const [first] = path;
        if (step !== undefined && (first === undefined || first === (step.property ?? first))) {
          return true;
        }
      }
      this.#waiting.push(...this.#sources(declaration, path));
    }
    return false;
  }

  /** The properties that are read of a name: `pool.size` of `config` in `config.pool.size`, and where that ends. */
  #chainFrom(use: SyntaxNode): { readonly end: SyntaxNode; readonly read: readonly string[] } {
    const read: string[] = [];
    let end = use;
    for (let node = use.parent; node !== null; node = node.parent) {
      const expr = this.#module.read(node);
      if (expr.kind !== 'member' || expr.node !== node || expr.object !== end) break;
      read.push(expr.property);
      end = node;
    }
    return { end, read };
  }

  #sources({ node, origin }: Declaration, path: readonly string[]): readonly Input[] {
    switch (origin.kind) {
      case 'value': {
        const whole = origin.path === null ? [] : [...origin.path, ...path];
        const inits =
          origin.init === null ? [] : this.#narrowed({ node: origin.init, path: whole });
        return [...inits, ...inputs([origin.fallback], path)];
      }
      case 'parameter':
        return this.#givenTo(origin, path);
      case 'class':
        return path[0] === undefined
          ? inputs([origin.node])
          : inputs(fieldValues(this.#module, origin.node, path[0]), path.slice(1));
      case 'function':
      case 'enum':
        return inputs([origin.node]);
      case 'opaque':
        return inputs([node.parent]);
      case 'import':
        return [];
    }
  }

  /** What callers in this file give to a parameter, and its defaults. */
  #givenTo(origin: ParameterOrigin, path: readonly string[]): readonly Input[] {
    const callers = callersOf(this.#module, origin.fn);
    const way = origin.path === null ? [] : [...origin.path, ...path];
    const given = (callers?.calls ?? []).flatMap((call) => {
      const argument = argumentFor(call, origin, callers?.skipped ?? 0);
      return typeof argument === 'string'
        ? inputs([call.node])
        : this.#narrowed({ node: argument.value, path: way });
    });
    return [...given, ...inputs([origin.whole], way), ...inputs([origin.fallback], path)];
  }

  /** The parts of an expression that can be what a property of it is. */
  #narrowed({ node, path }: Input): readonly Input[] {
    const [first, ...rest] = path;
    const expr = this.#module.read(node);
    if (first === undefined || expr.kind !== 'object') return [{ node, path }];
    const parts: Input[] = [];
    for (const entry of expr.entries.toReversed()) {
      if (entry.kind === 'spread') parts.push(...this.#narrowed({ node: entry.value, path }));
      else if (entry.key === null) parts.push({ node: entry.node, path: [] });
      else if (entry.key === first) {
        return [...parts, ...this.#narrowed({ node: entry.value, path: rest })];
      }
    }
    return parts;
  }

  #add(nodes: readonly SyntaxNode[]): void {
    this.#waiting.push(...inputs(nodes));
  }
}

function inputs(
  nodes: readonly (SyntaxNode | null)[],
  path: readonly string[] = [],
): readonly Input[] {
  return nodes.flatMap((node) => (node === null ? [] : [{ node, path }]));
}
