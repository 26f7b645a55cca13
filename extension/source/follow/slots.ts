/** Where a call takes the value of a knob, and what stands there. */
import type { KnobRow, Slot } from '../libraries/row.js';
import type { Argument, CallExpr, Entry, Expr } from '../syntax/expression.js';
import type { SyntaxNode } from '../syntax/node.js';
import { mutated, withProperty } from './properties.js';
import { unsure, type Reduced, type Trail, type Unsure } from './reduced.js';
import type { Reducer } from './reducer.js';
import type { SourceModule } from './workspace.js';

/** What a slot holds. */
export type Given =
  | {
      readonly kind: 'given';
      readonly how: 'property' | 'argument';
      readonly module: SourceModule;
      readonly value: SyntaxNode;
      readonly trail: Trail;
      /** The name is the property, too (`{ concurrency }`). */
      readonly isShorthand: boolean;
      readonly note: string | undefined;
    }
  /** Something that has no expression of its own: a value of a data file, say. */
  | { readonly kind: 'reduced'; readonly reduced: Reduced }
  | {
      readonly kind: 'absent';
      readonly slot: Slot;
      /** Where it can be inserted: an object of options, or the call's arguments. */
      readonly module: SourceModule;
      readonly into: SyntaxNode;
      readonly trail: Trail;
    }
  /** The call has another shape. */
  | { readonly kind: 'other' }
  | Unsure;

const other: Given = { kind: 'other' };

export class Slots {
  readonly #reducer: Reducer;
  readonly #module: SourceModule;
  readonly #call: CallExpr;

  constructor(reducer: Reducer, module: SourceModule, call: CallExpr) {
    this.#reducer = reducer;
    this.#module = module;
    this.#call = call;
  }

  /** What the row's knob is given in this call. */
  async find(row: KnobRow): Promise<Given> {
    const absent: Extract<Given, { kind: 'absent' }>[] = [];
    let doubt: Unsure | undefined;
    for (const slot of row.slots) {
      const found = await this.#in(slot, row);
      if (found.kind === 'given' || found.kind === 'reduced') return found;
      if (found.kind === 'absent') absent.push(found);
      // The next one may understand the same argument otherwise.
      if (found.kind === 'unsure') doubt ??= found;
    }
    if (doubt !== undefined) return doubt;
    const own = absent.find(({ slot }) => slot.at !== 'argument' && slot.name === row.knob);
    return (
      own ??
      absent[0] ??
      unsure('The call is made in a way that is not known.', this.#module, this.#call.node)
    );
  }

  #in(slot: Slot, row: KnobRow): Promise<Given> | Given {
    switch (slot.at) {
      case 'option':
        return this.#module.language === 'python'
          ? other
          : this.#option(slot, mayBeNumber(row, slot));
      case 'argument':
        return this.#argument(slot);
      case 'keyword':
        return this.#module.language === 'python' ? this.#keyword(slot) : other;
    }
  }

  #absent(slot: Slot): Given {
    return { kind: 'absent', slot, module: this.#module, into: this.#call.node, trail: [] };
  }

  /** `isAmbiguous`: a number may stand in the options' place. */
  #option(slot: Extract<Slot, { at: 'option' }>, isAmbiguous: boolean): Promise<Given> | Given {
    const { args } = this.#call;
    const index = slot.index < 0 ? args.length + slot.index : slot.index;
    if (args.slice(0, index + 1).some((a) => a.spread !== 'none')) {
      return unsure(
        'Its options are among arguments that are spread.',
        this.#module,
        this.#call.node,
      );
    }
    const argument = args[index];
    if (argument === undefined) {
      return args.length === index || slot.index < 0 ? this.#absent(slot) : other;
    }
    return this.#optionIn(argument.value, slot, isAmbiguous);
  }

  async #optionIn(
    value: SyntaxNode,
    slot: Extract<Slot, { at: 'option' }>,
    isAmbiguous: boolean,
  ): Promise<Given> {
    const options = await this.#reducer.reduce(this.#module, value);
    if (options.kind === 'expr' && isNoObject(options.expr)) {
      return slot.index < 0 ? this.#absent(slot) : other;
    }
    if (isAmbiguous && options.kind !== 'expr' && options.kind !== 'unsure') return other;
    const found = await this.#lookUp(options, slot);
    return found.kind === 'given' && slot.note !== undefined
      ? { ...found, note: slot.note }
      : found;
  }

  async #lookUp(
    options: Reduced,
    slot: Extract<Slot, { at: 'option' | 'keyword' }>,
  ): Promise<Given> {
    if (options.kind === 'unsure') return options;
    const { name } = slot;
    if (options.kind === 'external') {
      return unsure(`Its options come from ${options.name}.`, this.#module, this.#call.node);
    }
    const trail = withProperty(options.trail, 0, name);
    const own = this.#reducer.options.ownWrites;
    const changed = mutated(trail, 0, { property: name, own });
    if (changed !== undefined) return changed;
    if (options.kind !== 'expr') {
      const at = { module: this.#module, node: this.#call.node, known: 0 };
      const reduced = await this.#reducer.property(options, name, at);
      return reduced.kind === 'missing'
        ? unsure(`\`${name}\` is not found in its options.`, this.#module, this.#call.node)
        : { kind: 'reduced', reduced };
    }
    if (options.expr.kind !== 'object') {
      return unsure('Its options are not written out.', options.module, options.node);
    }
    for (const entry of options.expr.entries.toReversed()) {
      const found = await this.#inEntry(options.module, entry, { slot, trail });
      if (found !== undefined) return found;
    }
    return { kind: 'absent', slot, module: options.module, into: options.node, trail };
  }

  async #inEntry(
    module: SourceModule,
    entry: Entry,
    { slot, trail }: { slot: Extract<Slot, { at: 'option' | 'keyword' }>; trail: Trail },
  ): Promise<Given | undefined> {
    const { name } = slot;
    if (entry.kind === 'spread') {
      const spread = await this.#reducer.reduce(module, entry.value, trail);
      const found = await this.#lookUp(spread, slot);
      return found.kind === 'absent' ? undefined : found;
    }
    if (entry.key === null) {
      return unsure(`Options with computed names may be \`${name}\`.`, module, entry.node);
    }
    if (entry.key !== name) return undefined;
    if (entry.kind === 'other') return unsure(`\`${name}\` is computed.`, module, entry.node);
    const isShorthand = entry.kind === 'shorthand';
    return {
      kind: 'given',
      how: 'property',
      module,
      value: entry.value,
      trail,
      isShorthand,
      note: undefined,
    };
  }

  async #argument(slot: Extract<Slot, { at: 'argument' }>): Promise<Given> {
    const positional = this.#call.args.filter((a) => a.name === null && a.spread !== 'map');
    const index = slot.index < 0 ? positional.length + slot.index : slot.index;
    if (positional.slice(0, index + 1).some((a) => a.spread !== 'none')) {
      return unsure('Its value is among arguments that are spread.', this.#module, this.#call.node);
    }
    const found = positional[index];
    const isEnough = positional.length >= (slot.atLeast ?? 0);
    if (found === undefined || !isEnough) {
      const isNext = slot.index < 0 || positional.length === index;
      return isNext ? this.#absent(slot) : other;
    }
    return this.#positional(slot, found);
  }

  async #positional(slot: Extract<Slot, { at: 'argument' }>, { value }: Argument): Promise<Given> {
    const reduced = slot.index < 0 ? await this.#reducer.reduce(this.#module, value) : undefined;
    const isOther =
      isNotNumeric(this.#module.read(value)) ||
      reduced?.kind === 'function' ||
      (reduced?.kind === 'expr' && isNotNumeric(reduced.expr));
    if (isOther) return slot.index < 0 ? this.#absent(slot) : other;
    return {
      kind: 'given',
      how: 'argument',
      module: this.#module,
      value,
      trail: [],
      isShorthand: false,
      note: undefined,
    };
  }

  async #keyword(slot: Extract<Slot, { at: 'keyword' }>): Promise<Given> {
    const { args } = this.#call;
    const named = args.find((a) => a.name === slot.name);
    if (named !== undefined) {
      const { value } = named;
      const module = this.#module;
      return {
        kind: 'given',
        how: 'property',
        module,
        value,
        trail: [],
        isShorthand: false,
        note: undefined,
      };
    }
    for (const spread of args.filter((a) => a.spread === 'map')) {
      const options = await this.#reducer.reduce(this.#module, spread.value);
      const found = await this.#lookUp(options, slot);
      if (found.kind !== 'absent') return found;
    }
    return this.#absent(slot);
  }
}

/** `pLimit(4)` or `pLimit({ concurrency: 4 })` */
function mayBeNumber({ slots }: KnobRow, option: Extract<Slot, { at: 'option' }>): boolean {
  return slots.some((slot) => slot.at === 'argument' && slot.index === option.index);
}

/** Options are neither of these. */
function isNoObject(expr: Expr): boolean {
  return /^(number|text|function|binary|unary)$/.test(expr.kind);
}

/** A number of things is neither of these. */
function isNotNumeric(expr: Expr): boolean {
  if (expr.kind === 'text') return !/^\d+$/.test(expr.value);
  return expr.kind === 'function' || expr.kind === 'object';
}
