/** Expressions, the same for all languages: what the locator has to tell apart, and nothing else. */
import type { SyntaxNode } from './node.js';

export interface Argument {
  readonly node: SyntaxNode;
  /** The name of a keyword argument. */
  readonly name: string | null;
  readonly value: SyntaxNode;
  /** `...list`, `*list`: nobody knows how many; `**map`: nobody knows which. */
  readonly spread: 'none' | 'list' | 'map';
}

export interface Entry {
  readonly node: SyntaxNode;
  /** null: computed. */
  readonly key: string | null;
  /** What gives the value; of a shorthand property the name itself. */
  readonly value: SyntaxNode;
  readonly kind: 'pair' | 'shorthand' | 'spread' | 'other';
}

interface Common {
  /** Without the parentheses and type assertions around it. */
  readonly node: SyntaxNode;
}

export type NumberExpr = Common & { readonly kind: 'number'; readonly value: number };
export type TextExpr = Common & {
  readonly kind: 'text';
  readonly value: string;
  readonly quote: string;
};
export type NameExpr = Common & { readonly kind: 'name'; readonly name: string };
export type MemberExpr = Common & {
  readonly kind: 'member';
  readonly object: SyntaxNode;
  readonly property: string;
};
export type ObjectExpr = Common & { readonly kind: 'object'; readonly entries: readonly Entry[] };
export type CallExpr = Common & {
  readonly kind: 'call';
  readonly callee: SyntaxNode;
  readonly isNew: boolean;
  readonly args: readonly Argument[];
  /** The parentheses and what is in them; undefined for `new PQueue`. */
  readonly list: SyntaxNode | undefined;
};
export type BinaryExpr = Common & {
  readonly kind: 'binary';
  /** As JavaScript writes it: Python's `or` is `||`. */
  readonly operator: string;
  readonly left: SyntaxNode;
  readonly right: SyntaxNode;
};
export type ConditionalExpr = Common & {
  readonly kind: 'conditional';
  readonly condition: SyntaxNode;
  readonly whenTrue: SyntaxNode;
  readonly whenFalse: SyntaxNode;
};
export type UnaryExpr = Common & {
  readonly kind: 'unary';
  readonly operator: string;
  readonly operand: SyntaxNode;
};
export type PlainExpr = Common & { readonly kind: 'function' | 'self' | 'nothing' | 'other' };

export type Expr =
  | NumberExpr
  | TextExpr
  | NameExpr
  | MemberExpr
  | ObjectExpr
  | CallExpr
  | BinaryExpr
  | ConditionalExpr
  | UnaryExpr
  | PlainExpr;

/** Reads an expression of one language. */
export type ReadExpr = (node: SyntaxNode) => Expr;
