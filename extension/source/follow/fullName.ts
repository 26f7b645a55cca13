/** The full name of what an expression stands for: `p-queue`, `torch.utils.data.DataLoader`, `kafkajs.Kafka().consumer`. */
import type { Binding } from '../scopes/scope.js';
import { ancestors, descendants, type SyntaxNode } from '../syntax/node.js';
import type { SourceModule } from './workspace.js';

/** Longer chains are no names. */
const MAX_STEPS = 40;

function joined(base: string | undefined, part: string): string | undefined {
  if (base === undefined) return undefined;
  if (part === 'default' || part === '*' || part === '') return base;
  return part === '()' ? `${base}()` : `${base}.${part}`;
}

/** `node:stream` and `stream` are one module; so are what a module exports and its `default`. */
function moduleName(module: string): string {
  return module.replace(/^node:/, '').replace(/^stream\/promises$/, 'stream');
}

/** The class around a node; undefined outside of classes. */
export function classAround(node: SyntaxNode): SyntaxNode | undefined {
  for (const ancestor of ancestors(node)) {
    if (/^(abstract_)?class(_declaration|_definition)?$/.test(ancestor.type) && ancestor.isNamed) {
      return ancestor;
    }
  }
  return undefined;
}

/** What a class is derived from, as written. */
export function superClass(cls: SyntaxNode): SyntaxNode | undefined {
  const python = cls.at('superclasses')?.parts[0];
  if (python !== undefined) return python;
  const heritage = cls.parts.find((part) => part.type === 'class_heritage');
  const clause = heritage?.parts.find((part) => part.type === 'extends_clause');
  return clause === undefined ? heritage?.parts[0] : clause.at('value');
}

/** All values that a class gives to one of its fields, by a declaration or an assignment to `this.name`. */
export function fieldValues(module: SourceModule, cls: SyntaxNode, name: string): SyntaxNode[] {
  const values: SyntaxNode[] = [];
  for (const node of descendants(cls)) {
    const value = valueOfField(module, node, name);
    if (value !== undefined && classAround(node) === cls) values.push(value);
  }
  return values;
}

/** What a declaration or an assignment gives to the field; undefined: the node is neither. */
function valueOfField(
  module: SourceModule,
  node: SyntaxNode,
  name: string,
): SyntaxNode | undefined {
  if (/^(public_)?field_definition$/.test(node.type)) {
    const key = node.at('name') ?? node.at('property');
    return key?.text === name ? node.at('value') : undefined;
  }
  const left = /assignment(_expression)?$/.test(node.type) ? node.at('left') : undefined;
  return left !== undefined && isField(module, left, name) ? node.at('right') : undefined;
}

function isField(module: SourceModule, left: SyntaxNode, name: string): boolean {
  const target = module.read(left);
  if (target.kind === 'member') {
    return target.property === name && module.read(target.object).kind === 'self';
  }
  // An attribute of a class of Python.
  return (
    module.language === 'python' &&
    left.text === name &&
    module.scopes.scopeOf(left).node.type === 'class_definition'
  );
}

/** May a field have other values than its class gives it: those of a derived class, or of an object that is copied in? */
export function isOverridden(module: SourceModule, cls: SyntaxNode, name: string): boolean {
  const copies = /Object\.assign\(\s*this\b|setattr\(\s*self\b|self\.__dict__\.update|vars\(self\)/;
  if (copies.test(cls.text)) return true;
  const own = cls.at('name')?.text;
  if (own === undefined) return false;
  for (const node of descendants(module.root)) {
    if (!/^(abstract_)?class(_declaration|_definition)?$/.test(node.type) || !node.isNamed)
      continue;
    if (superClass(node)?.text === own && fieldValues(module, node, name).length > 0) return true;
  }
  return false;
}

/** Finds full names within one file. */
export class FullNames {
  readonly #module: SourceModule;
  #steps = 0;

  constructor(module: SourceModule) {
    this.#module = module;
  }

  /** undefined: it does not lead to an import. */
  of(node: SyntaxNode): string | undefined {
    this.#steps = 0;
    return this.#of(node);
  }

  #of(node: SyntaxNode): string | undefined {
    if (++this.#steps > MAX_STEPS) return undefined;
    const expr = this.#module.read(node);
    switch (expr.kind) {
      case 'name': {
        const binding = this.#module.scopes.resolve(expr.name, expr.node);
        return binding === undefined ? undefined : this.#ofBinding(binding);
      }
      case 'member':
        return this.#ofMember(expr.object, expr.property);
      case 'call': {
        const module = this.#imported(expr.callee, expr.args[0]?.value);
        return module ?? joined(this.#of(expr.callee), '()');
      }
      default:
        if (expr.node.type === 'super') return this.#ofSuper(expr.node);
        return undefined;
    }
  }

  #ofSuper(node: SyntaxNode): string | undefined {
    const cls = classAround(node);
    const base = cls === undefined ? undefined : superClass(cls);
    return base === undefined ? undefined : this.#of(base);
  }

  #ofMember(object: SyntaxNode, property: string): string | undefined {
    const target = this.#module.read(object);
    if (target.kind !== 'self') {
      // Python's `super().__init__(...)`
      if (property === '__init__' && target.kind === 'call' && target.callee.text === 'super') {
        return this.#ofSuper(target.node);
      }
      return joined(this.#of(object), property);
    }
    const cls = classAround(object);
    const values = cls === undefined ? [] : fieldValues(this.#module, cls, property);
    const [value] = values;
    return values.length === 1 && value !== undefined ? this.#of(value) : undefined;
  }

  /** `require('x')`, `import('x')` */
  #imported(callee: SyntaxNode, argument: SyntaxNode | undefined): string | undefined {
    const isRequire =
      callee.type === 'import' ||
      (callee.text === 'require' && this.#module.scopes.resolve('require', callee) === undefined);
    if (!isRequire || argument === undefined) return undefined;
    const name = this.#module.read(argument);
    return name.kind === 'text' ? moduleName(name.value) : undefined;
  }

  #ofBinding(binding: Binding): string | undefined {
    const [only, ...others] = binding.declarations.filter(({ origin }) => !isEmpty(origin));
    if (only === undefined || others.length > 0) return undefined;
    const { origin } = only;
    if (origin.kind === 'import') return joined(moduleName(origin.module), origin.name);
    if (origin.kind === 'class') return this.#ofClass(origin.node);
    if (origin.kind !== 'value' || origin.init === null || origin.path === null) return undefined;
    return origin.path.reduce<string | undefined>(joined, this.#of(origin.init));
  }

  /** A class that is constructed as the one it is derived from. */
  #ofClass(cls: SyntaxNode): string | undefined {
    const base = superClass(cls);
    if (base === undefined) return undefined;
    const hasConstructor = [...descendants(cls)].some(
      (node) =>
        /^(method_definition|function_definition)$/.test(node.type) &&
        /^(constructor|__init__)$/.test(node.at('name')?.text ?? '') &&
        classAround(node) === cls,
    );
    return hasConstructor ? undefined : this.#of(base);
  }
}

/** `let queue;` says nothing of its own. */
function isEmpty(origin: Binding['declarations'][number]['origin']): boolean {
  return origin.kind === 'value' && origin.init === null;
}
