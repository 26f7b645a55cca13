/** Follows names, properties, parameters and imports to the expression that gives a value. */
import type { Binding, Declaration, Origin, ParameterOrigin } from '../scopes/scope.js';
import type { CallExpr, MemberExpr } from '../syntax/expression.js';
import type { SyntaxNode } from '../syntax/node.js';
import type { SourceRange } from '../place.js';
import { argumentFor, callersOf, onlyReturn } from './calls.js';
import { clickOption } from './commandLine.js';
import { dataFileOf } from './dataFile.js';
import { environmentRead, variableTitle, type EnvironmentRead } from './environment.js';
import { exportedAs, type Exported } from './exports.js';
import { classAround, fieldValues, isOverridden } from './fullName.js';
import { isRelative, packageName } from './paths.js';
import { Properties } from './properties.js';
import { unsure, type Reduced, type Trail } from './reduced.js';
import type { SourceModule, Workspace } from './workspace.js';

/** Ways longer than this are not followed. */
const MAX_STEPS = 80;

/** Text whose assignments belong to the knob itself. */
export interface OwnWrites {
  readonly file: string;
  readonly range: SourceRange;
}

export interface ReducerOptions {
  readonly workspace: Workspace;
  /** Writes in here do not count: a knob's own `apply` sets the variable that its `value` shows. */
  readonly ownWrites?: OwnWrites;
  /** The value of a knob of a construction (`queue.concurrency`); undefined: the call is none. */
  readonly knobOf?: (
    reducer: Reducer,
    at: { readonly module: SourceModule; readonly call: CallExpr; readonly trail: Trail },
    knob: string,
  ) => Promise<Reduced | undefined>;
}

/** A call, and how one came there. */
interface Frame {
  readonly module: SourceModule;
  readonly call: CallExpr;
  readonly trail: Trail;
}

/** One name, followed. */
interface Use {
  readonly module: SourceModule;
  readonly binding: Binding;
  readonly use: SyntaxNode;
  readonly trail: Trail;
}

export class Reducer {
  readonly options: ReducerOptions;
  /** What the user should know: sentences. */
  readonly notes = new Set<string>();
  readonly #properties: Properties;
  /** The calls by which functions were entered. */
  readonly #frames = new Map<SyntaxNode, Frame>();
  #steps = 0;

  constructor(options: ReducerOptions) {
    this.options = options;
    this.#properties = new Properties(this);
  }

  /** What an expression comes down to. Never rejects. */
  async reduce(module: SourceModule, node: SyntaxNode, trail: Trail = []): Promise<Reduced> {
    if (++this.#steps > MAX_STEPS) {
      return unsure('The way to its value is too long to be followed.', module, node);
    }
    const expr = module.read(node);
    const read = environmentRead(module, expr);
    if (read !== undefined) {
      const variable = await this.#nameOfVariable(module, read);
      return { kind: 'environment', module, node: expr.node, trail, ...read, variable };
    }
    switch (expr.kind) {
      case 'name': {
        const binding = module.scopes.resolve(expr.name, expr.node);
        if (binding !== undefined) {
          return this.followBinding({ module, binding, use: expr.node, trail });
        }
        return this.#undeclared(module, expr.node, trail);
      }
      case 'member':
        return this.#member(module, expr, trail);
      case 'call':
        return this.#call(module, expr, trail);
      default:
        return { kind: 'expr', module, node: expr.node, expr, trail };
    }
  }

  async #nameOfVariable(module: SourceModule, read: EnvironmentRead): Promise<string | undefined> {
    if (read.computed === undefined) return read.variable;
    const name = await this.reduce(module, read.computed);
    return name.kind === 'expr' && name.expr.kind === 'text'
      ? variableTitle(name.expr.value)
      : read.variable;
  }

  /** The value of one property of what was reduced before. */
  property(
    of: Reduced,
    property: string,
    at: { readonly module: SourceModule; readonly node: SyntaxNode; readonly known: number },
  ): Promise<Reduced> | Reduced {
    return this.#properties.read(of, property, at);
  }

  async #undeclared(module: SourceModule, node: SyntaxNode, trail: Trail): Promise<Reduced> {
    for (const wildcard of module.scopes.wildcards) {
      const found = await exportedAs(this.options.workspace, module, {
        module: wildcard,
        name: node.text,
      });
      if (found !== undefined) return this.followExported(found, { module, node, trail });
    }
    return { kind: 'external', module, node, trail, name: node.text };
  }

  /** Follows what another file exports. */
  followExported(
    found: Exported,
    { module, node, trail }: { module: SourceModule; node: SyntaxNode; trail: Trail },
  ): Promise<Reduced> | Reduced {
    switch (found.kind) {
      case 'binding':
        return this.followBinding(
          { module: found.module, binding: found.binding, use: node, trail },
          true,
        );
      case 'value':
        return this.reduce(found.module, found.node, trail);
      case 'module':
        return { kind: 'module', module: found.module, node: found.module.root, trail };
      case 'data':
        return { kind: 'data', module, node, trail, file: found.file, path: [] };
      case 'package':
        return { kind: 'external', module, node, trail, name: found.name };
    }
  }

  /** Follows a name to what it stands for. */
  async followBinding(use: Use, isImported = false): Promise<Reduced> {
    const { module, binding, trail } = use;
    const { name } = binding;
    const step = { module, binding, use: use.use, property: undefined, name, isImported };
    const declarations = this.#relevant(module, binding);
    const [only, ...others] = declarations;
    if (only === undefined) {
      return unsure(`\`${name}\` is declared without a value.`, module, use.use);
    }
    if (others.length > 0) {
      const nodes = declarations.map(({ node }) => node);
      return unsure(
        `\`${name}\` gets its value in ${declarations.length} places.`,
        module,
        ...nodes,
      );
    }
    return this.#origin({ ...use, trail: [...trail, step] }, only.origin);
  }

  /** Without declarations that give no value, and without what the knob itself writes. */
  #relevant(module: SourceModule, { declarations }: Binding): readonly Declaration[] {
    const own = this.options.ownWrites;
    return declarations.filter(({ node, origin, isDeclaration }) => {
      if (origin.kind === 'value' && origin.init === null) return false;
      if (isDeclaration || own?.file !== module.file) return true;
      return node.start < own.range.start || node.end > own.range.end;
    });
  }

  #origin(use: Use, origin: Origin): Promise<Reduced> | Reduced {
    const { module, binding, trail } = use;
    switch (origin.kind) {
      case 'import':
        return this.#imported(use, origin);
      case 'value':
        if (origin.init === null || origin.path === null) break;
        return this.#along(use, { ...origin, start: this.reduce(module, origin.init, trail) });
      case 'parameter':
        return this.#parameter(use, origin);
      case 'function':
      case 'class':
      case 'enum':
        return { kind: origin.kind, module, node: origin.node, trail };
      default:
    }
    const reason = `\`${binding.name}\` is set in a way that cannot be followed.`;
    return unsure(reason, module, use.use);
  }

  /** The properties of a pattern, and its default. */
  async #along(
    use: Use,
    {
      start,
      path,
      fallback,
    }: {
      start: Promise<Reduced> | Reduced;
      path: readonly string[] | null;
      fallback: SyntaxNode | null;
    },
  ): Promise<Reduced> {
    const { module, use: node, trail } = use;
    let reached = await start;
    if (path === null) return unsure(`\`${use.binding.name}\` cannot be followed.`, module, node);
    for (const property of path) {
      reached = await this.property(reached, property, { module, node, known: trail.length });
    }
    if (fallback === null) return reached;
    if (reached.kind === 'environment') return { ...reached, fallback, module };
    return reached.kind === 'missing' ? this.reduce(module, fallback, trail) : reached;
  }

  async #imported(
    { module, use, trail }: Use,
    origin: Extract<Origin, { kind: 'import' }>,
  ): Promise<Reduced> {
    const found = await exportedAs(this.options.workspace, module, origin);
    if (found !== undefined) return this.followExported(found, { module, node: use, trail });
    if (isRelative(origin.module) || /^[@~#]\//.test(origin.module)) {
      return unsure(`\`${origin.name}\` of ${origin.module} is not found.`, module, use);
    }
    const name = packageName(origin.module, origin.name);
    return { kind: 'external', module, node: use, trail, name };
  }

  async #parameter(use: Use, origin: ParameterOrigin): Promise<Reduced> {
    const { module, binding, trail } = use;
    const option = clickOption(module, origin.fn, binding.name);
    if (option?.fallback !== undefined) {
      this.notes.add(`\`${option.name}\` on the command line overrides it.`);
      return this.reduce(module, option.fallback, trail);
    }
    const frame = this.#frames.get(origin.fn);
    if (frame !== undefined) return this.#argument(use, origin, { ...frame, skipped: 0 });
    const callers = callersOf(module, origin.fn);
    const title = `\`${binding.name}\` is a parameter`;
    if (callers === undefined)
      return unsure(`${title} of a function.`, module, binding.declarations[0]?.node ?? use.use);
    if (callers.isOpen) {
      const nodes = callers.calls.map(({ node }) => node);
      return unsure(`${title} of \`${callers.name}\`, which is used elsewhere.`, module, ...nodes);
    }
    const [call, ...others] = callers.calls;
    if (call === undefined || others.length > 0) {
      const nodes = callers.calls.map(({ node }) => node);
      const { length } = callers.calls;
      const times = length === 0 ? 'nobody calls here' : `is called in ${length} places`;
      return unsure(`${title} of \`${callers.name}\`, which ${times}.`, module, ...nodes);
    }
    return this.#argument(use, origin, { module, call, trail, skipped: callers.skipped });
  }

  #argument(
    use: Use,
    origin: ParameterOrigin,
    { call, skipped, ...caller }: Frame & { readonly skipped: number },
  ): Promise<Reduced> | Reduced {
    const { module, trail } = use;
    const argument = argumentFor(call, origin, skipped);
    if (argument === 'unknown') {
      return unsure('Its value is among arguments that are spread.', caller.module, call.node);
    }
    let start: Promise<Reduced> | Reduced = { kind: 'missing', module, node: use.use, trail };
    if (argument !== 'missing') start = this.reduce(caller.module, argument.value, caller.trail);
    else if (origin.whole !== null) start = this.reduce(module, origin.whole, trail);
    return this.#along(use, { start, path: origin.path, fallback: origin.fallback });
  }

  async #member(module: SourceModule, expr: MemberExpr, trail: Trail): Promise<Reduced> {
    const { node, property } = expr;
    const object = module.read(expr.object);
    if (object.kind === 'self') return this.#field(module, expr, trail);
    const of = await this.reduce(module, expr.object, trail);
    return this.property(of, property, { module, node, known: trail.length });
  }

  #field(module: SourceModule, expr: MemberExpr, trail: Trail): Promise<Reduced> | Reduced {
    const { node, property } = expr;
    const cls = classAround(node);
    const values = cls === undefined ? [] : fieldValues(module, cls, property);
    const [value, ...others] = values;
    if (value === undefined) return unsure(`\`${node.text}\` is not found.`, module, node);
    if (cls !== undefined && isOverridden(module, cls, property)) {
      return unsure(`\`${node.text}\` may have other values.`, module, node);
    }
    if (others.length > 0) {
      return unsure(
        `\`${node.text}\` gets its value in ${values.length} places.`,
        module,
        ...values,
      );
    }
    const step = {
      module,
      binding: undefined,
      use: node,
      property,
      name: node.text,
      isImported: false,
    };
    return this.reduce(module, value, [...trail, step]);
  }

  async #call(module: SourceModule, call: CallExpr, trail: Trail): Promise<Reduced> {
    const plain = { kind: 'expr', module, node: call.node, expr: call, trail } as const;
    const file = await dataFileOf(this.options.workspace, module, call);
    if (file !== undefined) return { kind: 'data', module, node: call.node, trail, file, path: [] };
    const required = this.#required(module, call);
    if (required !== undefined) return this.#requiredModule(module, required, plain);
    if (module.read(call.callee).kind !== 'name') return plain;
    const callee = await this.reduce(module, call.callee, trail);
    if (callee.kind === 'class') {
      const { node: cls, module: home } = callee;
      return { kind: 'instance', module, node: call.node, trail: callee.trail, cls, home, call };
    }
    if (callee.kind === 'function' || (callee.kind === 'expr' && callee.expr.kind === 'function')) {
      return this.#returned(callee, { module, call, trail });
    }
    return plain;
  }

  async #requiredModule(
    module: SourceModule,
    required: string,
    { node, trail }: { node: SyntaxNode; trail: Trail },
  ): Promise<Reduced> {
    const { workspace } = this.options;
    const found = await exportedAs(workspace, module, { module: required, name: '*' });
    if (found !== undefined) return this.followExported(found, { module, node, trail });
    return { kind: 'external', module, node, trail, name: packageName(required, '*') };
  }

  /** What a function returns where it is called. */
  #returned(
    { module, node, trail }: { module: SourceModule; node: SyntaxNode; trail: Trail },
    frame: Frame,
  ): Promise<Reduced> | Reduced {
    const { call } = frame;
    const returned = onlyReturn(module, node);
    const known = this.#frames.get(node);
    // Within a function that is called twice on the way, a parameter means two things.
    const isTwice = known !== undefined && known.call.node !== call.node;
    if (returned === undefined || isTwice) {
      return {
        kind: 'expr',
        module: frame.module,
        node: call.node,
        expr: call,
        trail: frame.trail,
      };
    }
    this.#frames.set(node, frame);
    return this.reduce(module, returned, trail);
  }

  #required(module: SourceModule, { callee, args }: CallExpr): string | undefined {
    const isRequire = callee.type === 'import' || callee.text === 'require';
    const [argument] = args;
    if (module.language !== 'javascript' || !isRequire || argument === undefined) return undefined;
    const name = module.read(argument.value);
    return name.kind === 'text' ? name.value : undefined;
  }
}
