/** What an expression comes down to when names are followed to where they get their values. */
import type { Binding } from '../scopes/scope.js';
import type { CallExpr, Expr } from '../syntax/expression.js';
import type { SyntaxNode } from '../syntax/node.js';
import type { SourceExcerpt } from '../place.js';
import { excerptOf, type SourceModule } from './workspace.js';

/** One name or field that was followed. */
export interface Step {
  readonly module: SourceModule;
  /** Undefined for a field of a class or a property of what has no name. */
  readonly binding: Binding | undefined;
  /** What refers to it. */
  readonly use: SyntaxNode;
  /** The property of it that was read on; undefined: all of it. */
  readonly property: string | undefined;
  /** The name, for the user. */
  readonly name: string;
  /** It was imported: other files may do so, too. */
  readonly isImported: boolean;
}

export type Trail = readonly Step[];

interface At {
  readonly module: SourceModule;
  readonly node: SyntaxNode;
  readonly trail: Trail;
}

export interface Unsure {
  readonly kind: 'unsure';
  readonly reason: string;
  readonly candidates: readonly SourceExcerpt[];
}

export type Reduced =
  | (At & { readonly kind: 'expr'; readonly expr: Expr })
  /** Something of a package or of the language. */
  | (At & { readonly kind: 'external'; readonly name: string })
  | (At & { readonly kind: 'class' | 'enum' | 'function' })
  | (At & {
      readonly kind: 'instance';
      readonly cls: SyntaxNode;
      readonly home: SourceModule;
      readonly call: CallExpr;
    })
  | (At & { readonly kind: 'module' })
  /** A data file, and the way in it so far. */
  | (At & { readonly kind: 'data'; readonly file: string; readonly path: readonly string[] })
  /** `process.env`, or a variable of it. */
  | (At & {
      readonly kind: 'environment';
      readonly variable: string | undefined;
      readonly fallback: SyntaxNode | undefined;
    })
  /** The place says that there is no such value: a property that an object lacks. */
  | (At & { readonly kind: 'missing' })
  | Unsure;

/** A refusal that points at places. */
export function unsure(
  reason: string,
  module?: SourceModule,
  ...nodes: readonly SyntaxNode[]
): Unsure {
  const candidates = module === undefined ? [] : nodes.map((node) => excerptOf(module, node));
  return { kind: 'unsure', reason, candidates };
}
