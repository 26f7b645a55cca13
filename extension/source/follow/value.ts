/** From the expression of an option to the text that states its value. */
import type { HowStated } from '../place.js';
import type { BinaryExpr, ConditionalExpr, Expr } from '../syntax/expression.js';
import { descendants, type SyntaxNode } from '../syntax/node.js';
import { Arithmetic } from './arithmetic.js';
import { environmentRead, type EnvironmentRead } from './environment.js';
import { unsure, type Reduced, type Trail, type Unsure } from './reduced.js';
import type { Reducer } from './reducer.js';
import type { SourceModule } from './workspace.js';

/** The text that gives a value. */
export interface Stated {
  readonly kind: 'stated';
  readonly module: SourceModule;
  readonly node: SyntaxNode;
  readonly how: HowStated;
  /** null: computed, or unlimited. */
  readonly value: number | null;
  /** The quotes of a text that holds the number; null: it is a number. */
  readonly quote: string | null;
  readonly trail: Trail;
}

export type Outcome =
  | Stated
  | {
      readonly kind: 'data';
      readonly file: string;
      readonly path: readonly string[];
      readonly trail: Trail;
    }
  /** There is no such value. */
  | { readonly kind: 'missing' }
  | Unsure;

interface At {
  readonly module: SourceModule;
  readonly node: SyntaxNode;
  readonly trail: Trail;
  readonly how: HowStated;
}

const converters = new Set(['Number', 'parseInt', 'Number.parseInt', 'parseFloat', 'int', 'float']);
const MAX_DEPTH = 20;

export class Values {
  readonly #reducer: Reducer;
  readonly #arithmetic: Arithmetic;
  #depth = 0;

  constructor(reducer: Reducer) {
    this.#reducer = reducer;
    this.#arithmetic = new Arithmetic(reducer);
  }

  /** What states the value of an expression. */
  async of(at: At): Promise<Outcome> {
    if (++this.#depth > MAX_DEPTH) {
      return unsure('The way to its value is too long to be followed.', at.module, at.node);
    }
    const expr = at.module.read(at.node);
    const direct = this.#literal(at, expr);
    if (direct !== undefined) return direct;
    switch (expr.kind) {
      case 'binary':
        return this.#binary(at, expr);
      case 'conditional':
        return this.#conditional(at, expr);
      default:
    }
    const inner = converted(expr);
    if (inner !== undefined) return this.of({ ...at, node: inner });
    return this.#reduced(at, await this.#reducer.reduce(at.module, at.node, at.trail));
  }

  /** What was reduced already: there is no expression of its own that could be replaced. */
  async ofReduced(reduced: Reduced): Promise<Outcome> {
    if (reduced.kind === 'unsure') return reduced;
    if (reduced.kind === 'missing') return { kind: 'missing' };
    const { module, node, trail } = reduced;
    if (reduced.kind === 'expr') return this.of({ module, node, trail, how: 'constant' });
    return this.#reduced({ module, node, trail, how: 'constant' }, reduced);
  }

  #literal({ module, trail, how }: At, expr: Expr): Stated | undefined {
    const { node } = expr;
    const common = { kind: 'stated', module, node, how, trail, quote: null } as const;
    if (expr.kind === 'number') return { ...common, value: expr.value };
    if (expr.kind === 'nothing') return { ...common, value: null };
    if (expr.kind !== 'text') return undefined;
    const isNumber = /^\s*\d+\s*$/.test(expr.value);
    return {
      ...common,
      value: isNumber ? Number(expr.value) : null,
      quote: isNumber ? expr.quote : null,
    };
  }

  /** What is behind a name, a member or a call. */
  async #reduced(at: At, reduced: Reduced): Promise<Outcome> {
    switch (reduced.kind) {
      case 'unsure':
        return this.#orArithmetic(at, reduced);
      case 'data':
      case 'missing':
        return reduced;
      case 'environment':
        return this.#environment(at, reduced);
      case 'external': {
        const reason = `\`${at.node.text}\` comes from ${reduced.name}.`;
        return this.#orArithmetic(at, unsure(reason, at.module, at.node));
      }
      case 'expr': {
        const { module, node, trail, expr } = reduced;
        const isFurther = node !== at.module.read(at.node).node || module !== at.module;
        const how = at.how === 'environment' ? at.how : 'constant';
        if (isFurther) return this.of({ module, node, trail, how });
        if (expr.kind === 'function') return unsure('It is a function.', module, node);
        const reason = `\`${shortened(at.node.text)}\` is worked out when the program runs.`;
        return this.#orArithmetic(at, unsure(reason, module, node));
      }
      default:
        return unsure(`\`${at.node.text}\` is no number.`, at.module, at.node);
    }
  }

  async #orArithmetic(at: At, otherwise: Unsure): Promise<Outcome> {
    const { module, trail, how } = at;
    const { node } = module.read(at.node);
    if (!(await this.#arithmetic.is(module, node))) return otherwise;
    return { kind: 'stated', module, node, how, trail, value: null, quote: null };
  }

  #environment(
    at: At,
    read: Extract<Reduced, { kind: 'environment' }>,
  ): Promise<Outcome> | Outcome {
    const { variable, fallback, module, trail } = read;
    const title = variable ?? 'the environment';
    if (fallback === undefined) {
      return unsure(`Its value comes from ${title}, and there is no default.`, at.module, at.node);
    }
    this.#reducer.notes.add(`If set, ${title} overrides it.`);
    return this.of({ module, node: fallback, trail, how: 'environment' });
  }

  async #binary(at: At, expr: BinaryExpr): Promise<Outcome> {
    const { module } = at;
    if (expr.operator !== '??' && expr.operator !== '||') {
      const reason = `\`${shortened(expr.node.text)}\` is worked out when the program runs.`;
      return this.#orArithmetic(at, unsure(reason, module, expr.node));
    }
    const variable = await this.#variableIn(module, expr.left);
    if (variable !== undefined) {
      this.#reducer.notes.add(`If set, ${variable} overrides it.`);
      return this.of({ ...at, node: expr.right, how: 'environment' });
    }
    if (await this.#arithmetic.is(module, expr.node)) {
      return this.#orArithmetic(at, unsure('', module, expr.node));
    }
    const left = await this.#reducer.reduce(module, expr.left, at.trail);
    if (left.kind === 'missing') return this.of({ ...at, node: expr.right });
    if (left.kind === 'unsure') return left;
    return this.#reduced({ ...at, node: expr.left }, left);
  }

  /** The variable of the environment that an expression is about, and nothing else. */
  async #variableIn(module: SourceModule, node: SyntaxNode): Promise<string | undefined> {
    const expr = module.read(node);
    if (expr.kind === 'binary') return this.#eitherVariable(module, expr);
    const inner = converted(expr);
    if (inner !== undefined) return this.#variableIn(module, inner);
    if (!/^(name|member|call|other)$/.test(expr.kind)) return undefined;
    const reduced = await this.#reducer.reduce(module, node);
    if (reduced.kind === 'expr' && reduced.node !== expr.node) {
      return this.#variableIn(reduced.module, reduced.node);
    }
    if (reduced.kind !== 'environment' || reduced.fallback !== undefined) return undefined;
    return reduced.variable;
  }

  /** `process.env.N ?? process.env.M` */
  async #eitherVariable(module: SourceModule, expr: BinaryExpr): Promise<string | undefined> {
    if (expr.operator !== '||' && expr.operator !== '??') return undefined;
    const first = await this.#variableIn(module, expr.left);
    const second = await this.#variableIn(module, expr.right);
    return first === undefined || second === undefined ? undefined : `${first} or ${second}`;
  }

  /** `process.env.N ? Number(process.env.N) : 4`; other conditions are the program's. */
  async #conditional(at: At, expr: ConditionalExpr): Promise<Outcome> {
    const { module } = at;
    const variable = onlyRead(module, expr.condition);
    const [, negation, comparison = ''] = plainCondition.exec(expr.condition.text) ?? [];
    if (variable !== undefined && negation !== undefined) {
      const isUnset = (negation === '!') !== /^(={2,3}|is$)/.test(comparison);
      const [set, unset] = isUnset
        ? [expr.whenFalse, expr.whenTrue]
        : [expr.whenTrue, expr.whenFalse];
      if (onlyRead(module, set) === variable && readsIn(module, unset).length === 0) {
        const title = (await this.#variableIn(module, set)) ?? variable;
        this.#reducer.notes.add(`If set, ${title} overrides it.`);
        return this.of({ ...at, node: unset, how: 'environment' });
      }
    }
    const reason = 'A condition decides between two values.';
    return unsure(reason, module, expr.whenTrue, expr.whenFalse);
  }
}

/** A variable by itself, negated, or compared with nothing. */
const plainCondition =
  /^\s*(!?)[\w.[\]'"()]+(?:\s*(={2,3}|!={1,2}|\bis not\b|\bis\b)\s*(?:undefined|null|None|''|""))?\s*$/;

/** What is converted to a number; undefined: the expression converts nothing. */
function converted(expr: Expr): SyntaxNode | undefined {
  if (expr.kind === 'unary' && expr.operator === '+') return expr.operand;
  if (expr.kind !== 'call' || !converters.has(expr.callee.text)) return undefined;
  const [argument] = expr.args;
  return argument?.spread === 'none' ? argument.value : undefined;
}

/** The one variable of the environment that an expression reads. */
function onlyRead(module: SourceModule, node: SyntaxNode): string | undefined {
  const [only, ...others] = readsIn(module, node);
  return others.length === 0 ? only : undefined;
}

/** A name for a variable of the environment. */
function readOfName(module: SourceModule, expr: Expr): EnvironmentRead | undefined {
  const binding = expr.kind === 'name' ? module.scopes.resolve(expr.name, expr.node) : undefined;
  const [only, ...others] = binding?.declarations ?? [];
  if (only?.origin.kind !== 'value' || others.length > 0) return undefined;
  const { init, path } = only.origin;
  return init === null || path?.length !== 0
    ? undefined
    : environmentRead(module, module.read(init));
}

function readsIn(module: SourceModule, node: SyntaxNode): readonly string[] {
  const variables = new Set<string>();
  for (const inner of descendants(node)) {
    const expr = module.read(inner);
    const read = environmentRead(module, expr) ?? readOfName(module, expr);
    if (read?.variable !== undefined) variables.add(read.variable);
  }
  return [...variables];
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
