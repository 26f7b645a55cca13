/** Names and what they stand for, within one file. */
import type { SyntaxNode } from '../syntax/node.js';

/** Where a name comes from. */
export type Origin =
  | { readonly kind: 'import'; readonly module: string; readonly name: string }
  | {
      readonly kind: 'value';
      /** null: declared without a value. */
      readonly init: SyntaxNode | null;
      /** Properties of `init` that lead to the value; null: a way that is not followed. */
      readonly path: readonly string[] | null;
      /** What it is when that has none. */
      readonly fallback: SyntaxNode | null;
    }
  | ParameterOrigin
  | { readonly kind: 'function' | 'class' | 'enum'; readonly node: SyntaxNode }
  /** Changed by something that is not followed: a loop, `+=`, a `catch`. */
  | { readonly kind: 'opaque' };

export interface ParameterOrigin {
  readonly kind: 'parameter';
  readonly fn: SyntaxNode;
  readonly index: number;
  readonly name: string;
  readonly path: readonly string[] | null;
  /** The default of the whole parameter. */
  readonly whole: SyntaxNode | null;
  /** The default of the property that the name is bound to. */
  readonly fallback: SyntaxNode | null;
}

/** One place that gives a name its meaning. */
export interface Declaration {
  /** The name there. */
  readonly node: SyntaxNode;
  readonly origin: Origin;
  /** false: an assignment to what is declared elsewhere. */
  readonly isDeclaration: boolean;
}

export interface Binding {
  readonly name: string;
  readonly scope: Scope;
  readonly declarations: Declaration[];
}

export class Scope {
  readonly node: SyntaxNode;
  readonly parent: Scope | null;
  readonly #bindings = new Map<string, Binding>();

  constructor(node: SyntaxNode, parent: Scope | null) {
    this.node = node;
    this.parent = parent;
  }

  find(name: string): Binding | undefined {
    return this.#bindings.get(name);
  }

  declare(name: string, declaration: Declaration): void {
    const known = this.#bindings.get(name);
    if (known !== undefined) known.declarations.push(declaration);
    else this.#bindings.set(name, { name, scope: this, declarations: [declaration] });
  }
}

/** The scopes of a file. */
export interface Scopes {
  readonly top: Scope;
  /** The nearest scope around a node. */
  scopeOf(node: SyntaxNode): Scope;
  /** What the name means at a place; undefined: not declared in this file. */
  resolve(name: string, at: SyntaxNode): Binding | undefined;
  /** Modules of which all names are imported. */
  readonly wildcards: readonly string[];
}

/** The innermost of `scopes` around a node. */
export function innermost(
  scopes: ReadonlyMap<SyntaxNode, Scope>,
  node: SyntaxNode,
  top: Scope,
): Scope {
  for (let next: SyntaxNode | null = node; next !== null; next = next.parent) {
    const scope = scopes.get(next);
    if (scope !== undefined) return scope;
  }
  return top;
}
