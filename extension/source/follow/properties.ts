/** Properties of what an expression comes down to: objects, classes, enums, instances, modules, files of data. */
import type { Entry, ObjectExpr } from '../syntax/expression.js';
import type { SyntaxNode } from '../syntax/node.js';
import { argumentFor } from './calls.js';
import { argparseOptions, changesDefault } from './commandLine.js';
import { variableTitle } from './environment.js';
import { exportedOf } from './exports.js';
import { fieldValues, isOverridden, superClass } from './fullName.js';
import { unsure, type Reduced, type Trail, type Unsure } from './reduced.js';
import type { OwnWrites, Reducer } from './reducer.js';
import { isMutatedByAlias, isMutation, referencesOf } from './references.js';
import type { SourceModule } from './workspace.js';

interface At {
  readonly module: SourceModule;
  readonly node: SyntaxNode;
  /** Steps of the trail before this number are not about the object. */
  readonly known: number;
}

type ExprReduced = Extract<Reduced, { kind: 'expr' }>;
type Instance = Extract<Reduced, { kind: 'instance' }>;

export class Properties {
  readonly #reducer: Reducer;

  constructor(reducer: Reducer) {
    this.#reducer = reducer;
  }

  read(of: Reduced, property: string, at: At): Promise<Reduced> | Reduced {
    if (of.kind === 'unsure' || of.kind === 'missing') return of;
    const trail = withProperty(of.trail, at.known, property);
    const changed = mutated(trail, at.known, { property, own: this.#reducer.options.ownWrites });
    return changed ?? this.#of({ ...of, trail }, property, at);
  }

  #of(of: Exclude<Reduced, Unsure>, property: string, at: At): Promise<Reduced> | Reduced {
    const { trail } = of;
    switch (of.kind) {
      case 'expr':
        return this.#ofExpr(of, property, at);
      case 'external':
        return { ...of, node: at.node, module: at.module, name: `${of.name}.${property}` };
      case 'class':
        return this.#ofClass({ module: of.module, cls: of.node, trail }, property, at);
      case 'enum':
        return this.#ofEnum(of, property, at);
      case 'instance':
        return this.#ofInstance(of, property, at);
      case 'module':
        return this.#ofModule(of.module, property, { ...at, trail });
      case 'data':
        return { ...of, path: [...of.path, property] };
      case 'environment':
        return of.variable === undefined
          ? { ...of, variable: variableTitle(property) }
          : notFollowed(at);
      default:
        return notFollowed(at);
    }
  }

  async #ofExpr(of: ExprReduced, property: string, at: At): Promise<Reduced> {
    const { expr, module, trail } = of;
    if (expr.kind === 'object') return this.#ofObject(module, expr, { property, at, trail });
    // A member of an Enum of Python.
    if (property === 'value' && module.language === 'python' && /number|text/.test(expr.kind)) {
      return of;
    }
    if (expr.kind === 'call') {
      const callee = module.read(expr.callee);
      const isArgparse = callee.kind === 'member' && /^parse_(known_)?args$/.test(callee.property);
      if (isArgparse) return this.#ofArgparse(module, property, { ...at, trail });
      const knob = await this.#reducer.options.knobOf?.(
        this.#reducer,
        { module, call: expr, trail },
        property,
      );
      if (knob !== undefined) return knob;
    }
    return unsure(`\`${at.node.text}\` cannot be followed.`, at.module, at.node);
  }

  /** The last one that says it counts; what is spread may say it, too. */
  async #ofObject(
    module: SourceModule,
    { entries, node }: ObjectExpr,
    { property, at, trail }: { property: string; at: At; trail: Trail },
  ): Promise<Reduced> {
    for (const entry of entries.toReversed()) {
      const found = await this.#inEntry(module, entry, { property, at, trail });
      if (found !== undefined) return found;
    }
    return { kind: 'missing', module, node, trail };
  }

  async #inEntry(
    module: SourceModule,
    entry: Entry,
    { property, trail }: { property: string; at: At; trail: Trail },
  ): Promise<Reduced | undefined> {
    if (entry.kind === 'spread') {
      const spread = await this.#reducer.reduce(module, entry.value, trail);
      const at = { module, node: entry.node, known: trail.length };
      const found = await this.read(spread, property, at);
      return found.kind === 'missing' ? undefined : found;
    }
    if (entry.key === null) {
      return unsure(`Properties with computed names may be \`${property}\`.`, module, entry.node);
    }
    if (entry.key !== property) return undefined;
    if (entry.kind === 'other') {
      return unsure(`\`${property}\` is a method.`, module, entry.node);
    }
    return this.#reducer.reduce(module, entry.value, trail);
  }

  #ofClass(
    of: { module: SourceModule; cls: SyntaxNode; trail: Trail },
    property: string,
    at: At,
  ): Promise<Reduced> | Reduced {
    const { module, cls, trail } = of;
    const values = fieldValues(module, cls, property);
    const [value, ...others] = values;
    if ((superClass(cls)?.text ?? '').endsWith('Settings')) {
      this.#reducer.notes.add('The environment may override it.');
    }
    if (value !== undefined && others.length === 0 && !isOverridden(module, cls, property)) {
      return this.#reducer.reduce(module, defaultOfField(module, value), trail);
    }
    const reason =
      value === undefined
        ? `\`${at.node.text}\` is not found${superClass(cls) === undefined ? '' : ' in the class itself'}.`
        : `\`${at.node.text}\` gets its value in ${values.length} places.`;
    return unsure(reason, at.module, at.node);
  }

  #ofEnum(
    { module, node, trail }: { module: SourceModule; node: SyntaxNode; trail: Trail },
    property: string,
    at: At,
  ): Promise<Reduced> | Reduced {
    const body = node.at('body')?.parts ?? [];
    const member = body.find((part) => part.at('name')?.text === property);
    const value = member?.at('value');
    if (value === undefined) {
      return unsure(`\`${at.node.text}\` is numbered by the compiler.`, at.module, at.node);
    }
    return this.#reducer.reduce(module, value, trail);
  }

  /** A field that is given to the constructor, or has a default in the class. */
  #ofInstance(of: Instance, property: string, at: At): Promise<Reduced> | Reduced {
    const { home, cls, call, module, trail } = of;
    const isPython = home.language === 'python';
    const hasInit = /\bdef __init__\b/.test(cls.text);
    if (isPython && !hasInit) {
      const index = dataFields(home, cls).indexOf(property);
      const given = argumentFor(call, { index: Math.max(0, index), name: property }, 0);
      if (given === 'unknown' || (index < 0 && call.args.some((a) => a.name === null))) {
        return unsure(`\`${at.node.text}\` cannot be followed.`, at.module, at.node);
      }
      if (given !== 'missing') return this.#reducer.reduce(module, given.value, trail);
    }
    return this.#ofClass({ module: home, cls, trail }, property, at);
  }

  async #ofModule(
    target: SourceModule,
    property: string,
    at: At & { readonly trail: Trail },
  ): Promise<Reduced> {
    const { module, node, trail } = at;
    const found = await exportedOf(this.#reducer.options.workspace, target, property);
    if (found !== undefined) return this.#reducer.followExported(found, { module, node, trail });
    return unsure(`\`${node.text}\` is not found.`, module, node);
  }

  #ofArgparse(
    module: SourceModule,
    property: string,
    at: At & { readonly trail: Trail },
  ): Promise<Reduced> | Reduced {
    const options = argparseOptions(module, property);
    const [option, ...others] = options;
    if (option === undefined)
      return unsure(`\`${at.node.text}\` is not found.`, at.module, at.node);
    const nodes = options.map(({ node }) => node);
    if (others.length > 0) {
      return unsure(`${options.length} options give \`${property}\`.`, module, ...nodes);
    }
    if (option.fallback === undefined) {
      return unsure(`The option \`${option.name}\` has no default.`, module, ...nodes);
    }
    const setter = changesDefault(module, property, option.name);
    if (setter !== undefined) {
      return unsure(`The default of \`${option.name}\` is set elsewhere, too.`, module, setter);
    }
    this.#reducer.notes.add(`\`${option.name}\` on the command line overrides it.`);
    return this.#reducer.reduce(module, option.fallback, at.trail);
  }
}

function notFollowed({ module, node }: At): Unsure {
  return unsure(`\`${node.text}\` cannot be followed.`, module, node);
}

/** The steps behind `known` led to an object of which `property` is read. */
export function withProperty(trail: Trail, known: number, property: string): Trail {
  return trail.map((step, i) =>
    i >= known && step.property === undefined ? { ...step, property } : step,
  );
}

/** Is the property set somewhere after the object was made? */
export function mutated(
  trail: Trail,
  known: number,
  { property, own }: { readonly property: string; readonly own: OwnWrites | undefined },
): Unsure | undefined {
  for (const { module, binding, name } of trail.slice(known)) {
    const uses = binding === undefined ? [] : referencesOf(module, binding);
    const writes = uses.filter(
      (use) =>
        !isOwn(module, use, own) &&
        (isMutation(module, use, property) || isMutatedByAlias(module, use)),
    );
    if (writes.length > 0) {
      return unsure(`\`${name}\` is changed after it was made.`, module, ...writes);
    }
  }
  return undefined;
}

function isOwn(module: SourceModule, use: SyntaxNode, own: OwnWrites | undefined): boolean {
  if (own?.file !== module.file) return false;
  return own.range.start <= use.start && use.end <= own.range.end;
}

/** `field(default=4)` of dataclasses, `Field(4)` of pydantic. */
function defaultOfField(module: SourceModule, value: SyntaxNode): SyntaxNode {
  const call = module.read(value);
  if (call.kind !== 'call' || !/(^|\.)[fF]ield$/.test(call.callee.text)) return value;
  const given =
    call.args.find((a) => a.name === 'default') ??
    (call.callee.text.endsWith('Field') ? call.args.find((a) => a.name === null) : undefined);
  return given?.value ?? value;
}

/** The fields of a dataclass in the order of its constructor's parameters. */
function dataFields(module: SourceModule, cls: SyntaxNode): readonly string[] {
  const body = cls.at('body')?.parts ?? [];
  return body.flatMap((statement) => {
    const inner = statement.parts[0];
    const isField = inner?.type === 'assignment' && inner.at('type') !== undefined;
    const name = isField ? inner.at('left') : undefined;
    return name !== undefined && module.language === 'python' ? [name.text] : [];
  });
}
