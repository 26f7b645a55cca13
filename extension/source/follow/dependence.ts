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

/** What is larger depends on everything. */
const MAX_NODES = 2000;

const names = /^(shorthand_property_)?identifier$/;

export class Dependence {
  readonly #module: SourceModule;
  readonly #goal: Goal;
  readonly #seen = new Set<SyntaxNode>();
  #waiting: SyntaxNode[] = [];

  constructor(module: SourceModule, goal: Goal) {
    this.#module = module;
    this.#goal = goal;
  }

  /** May the expression have another value when the text is changed? */
  of(input: Input): boolean {
    this.#waiting = this.#narrowed(input);
    for (let node = this.#waiting.pop(); node !== undefined; node = this.#waiting.pop()) {
      if (this.#seen.size > MAX_NODES) return true;
      if (this.#seen.has(node)) continue;
      this.#seen.add(node);
      if (this.#isGoal(node)) return true;
      if (this.#goThrough(node)) return true;
    }
    return false;
  }

  #isGoal(node: SyntaxNode): boolean {
    const { range } = this.#goal;
    return range !== undefined && node.start <= range.start && range.end <= node.end;
  }

  /** Puts what the names of an expression stand for on the list; true: one leads to the goal in another file. */
  #goThrough(node: SyntaxNode): boolean {
    for (const inner of descendants(node)) {
      const expr = this.#module.read(inner);
      if (expr.node !== inner) continue;
      if (expr.kind === 'member' && this.#module.read(expr.object).kind === 'self') {
        const cls = classAround(inner);
        if (cls !== undefined) this.#add(fieldValues(this.#module, cls, expr.property));
      }
      if (names.test(inner.type) && this.#followName(inner)) return true;
    }
    return false;
  }

  #followName(use: SyntaxNode): boolean {
    const binding = this.#module.scopes.resolve(use.text, use);
    if (binding === undefined) return false;
    const path = this.#pathFrom(use);
    for (const declaration of binding.declarations) {
      if (declaration.origin.kind === 'import') {
        const step = this.#goal.trail.find((s) => s.binding === binding);
        if (
          step !== undefined &&
          (path[0] === undefined || path[0] === (step.property ?? path[0]))
        ) {
          return true;
        }
      }
      this.#add(this.#sources(declaration, path));
    }
    return false;
  }

  /** The properties that are read of a name: `pool.size` of `config` in `config.pool.size`. */
  #pathFrom(use: SyntaxNode): readonly string[] {
    const path: string[] = [];
    for (let node = use; node.parent !== null; node = node.parent) {
      const expr = this.#module.read(node.parent);
      if (expr.kind !== 'member' || expr.node !== node.parent || expr.object !== node) break;
      path.push(expr.property);
    }
    return path;
  }

  #sources({ node, origin }: Declaration, path: readonly string[]): readonly SyntaxNode[] {
    switch (origin.kind) {
      case 'value': {
        const whole = origin.path === null ? [] : [...origin.path, ...path];
        const inits =
          origin.init === null ? [] : this.#narrowed({ node: origin.init, path: whole });
        return [...inits, ...listOf(origin.fallback)];
      }
      case 'parameter':
        return this.#givenTo(origin);
      case 'class':
        return path[0] === undefined
          ? [origin.node]
          : fieldValues(this.#module, origin.node, path[0]);
      case 'function':
      case 'enum':
        return [origin.node];
      case 'opaque':
        return listOf(node.parent);
      case 'import':
        return [];
    }
  }

  /** What callers in this file give to a parameter, and its defaults. */
  #givenTo(origin: ParameterOrigin): readonly SyntaxNode[] {
    const callers = callersOf(this.#module, origin.fn);
    const given = (callers?.calls ?? []).map((call) => {
      const argument = argumentFor(call, origin, callers?.skipped ?? 0);
      return typeof argument === 'string' ? call.node : argument.value;
    });
    return [...given, ...listOf(origin.whole), ...listOf(origin.fallback)];
  }

  /** The parts of an expression that can be what a property of it is. */
  #narrowed({ node, path }: Input): SyntaxNode[] {
    const [first, ...rest] = path;
    const expr = this.#module.read(node);
    if (first === undefined || expr.kind !== 'object') return [node];
    const parts: SyntaxNode[] = [];
    for (const entry of expr.entries.toReversed()) {
      if (entry.kind === 'spread') parts.push(...this.#narrowed({ node: entry.value, path }));
      else if (entry.key === null) parts.push(entry.node);
      else if (entry.key === first) {
        return [...parts, ...this.#narrowed({ node: entry.value, path: rest })];
      }
    }
    return parts;
  }

  #add(nodes: readonly SyntaxNode[]): void {
    this.#waiting.push(...nodes);
  }
}

function listOf(node: SyntaxNode | null): readonly SyntaxNode[] {
  return node === null ? [] : [node];
}
