/** Scopes of Python: of functions, lambdas, classes and comprehensions. */
import { ancestors, descendants, type SyntaxNode } from '../syntax/node.js';
import { isPythonFunction } from '../syntax/python.js';
import { innermost, Scope, type Binding, type Origin, type Scopes } from './scope.js';

const comprehensions = new Set([
  'list_comprehension',
  'set_comprehension',
  'dictionary_comprehension',
  'generator_expression',
]);

function opensScope(node: SyntaxNode): boolean {
  return (
    isPythonFunction(node) || node.type === 'class_definition' || comprehensions.has(node.type)
  );
}

const opaque: Origin = { kind: 'opaque' };

class Builder implements Scopes {
  readonly top: Scope;
  readonly #wildcards: string[] = [];
  readonly #scopes = new Map<SyntaxNode, Scope>();
  /** Names that a function declares `global` or `nonlocal`. */
  readonly #outer = new Map<Scope, Set<string>>();

  constructor(root: SyntaxNode) {
    this.top = new Scope(root, null);
    this.#scopes.set(root, this.top);
    const nodes = [...descendants(root)];
    for (const node of nodes) {
      if (!opensScope(node) || node.parent === null) continue;
      this.#scopes.set(node, new Scope(node, this.scopeOf(node.parent)));
    }
    for (const node of nodes) this.#noteOuter(node);
    for (const node of nodes) this.#declare(node);
  }

  get wildcards(): readonly string[] {
    return this.#wildcards;
  }

  scopeOf(node: SyntaxNode): Scope {
    return innermost(this.#scopes, node, this.top);
  }

  resolve(name: string, at: SyntaxNode): Binding | undefined {
    const first = this.#lookUpFrom(at);
    for (let scope: Scope | null = first; scope !== null; scope = scope.parent) {
      // Names of a class are not seen from within its methods.
      if (scope !== first && scope.node.type === 'class_definition') continue;
      const binding = scope.find(name);
      if (binding !== undefined) return binding;
    }
    return undefined;
  }

  /** Defaults of parameters belong to the scope around the function. */
  #lookUpFrom(at: SyntaxNode): Scope {
    for (const ancestor of ancestors(at)) {
      if (ancestor.type === 'parameters' || ancestor.type === 'lambda_parameters') {
        const fn = ancestor.parent;
        if (fn !== null && fn.parent !== null) return this.scopeOf(fn.parent);
      }
      if (opensScope(ancestor)) break;
    }
    return this.scopeOf(at);
  }

  #noteOuter(node: SyntaxNode): void {
    if (node.type !== 'global_statement' && node.type !== 'nonlocal_statement') return;
    const scope = this.scopeOf(node);
    const names = this.#outer.get(scope) ?? new Set();
    for (const part of node.parts) names.add(part.text);
    this.#outer.set(scope, names);
  }

  #declare(node: SyntaxNode): void {
    switch (node.type) {
      case 'import_statement':
        this.#declareModules(node);
        return;
      case 'import_from_statement':
        this.#declareNames(node);
        return;
      case 'assignment':
        this.#declareAssignment(node);
        return;
      case 'named_expression':
        this.#declareTarget(node.at('name'), valueOf(node.at('value')));
        return;
      case 'augmented_assignment':
      case 'for_statement':
      case 'for_in_clause':
        this.#declareTarget(node.at('left'), opaque);
        return;
      case 'as_pattern':
        this.#declareAlias(node);
        return;
      case 'class_definition':
        this.#declareOwn(node, { kind: 'class', node });
        return;
      case 'function_definition':
        this.#declareOwn(node, { kind: 'function', node });
        this.#declareParameters(node);
        return;
      case 'lambda':
        this.#declareParameters(node);
        return;
      default:
    }
  }

  #bind(name: SyntaxNode, origin: Origin, from?: Scope): void {
    let scope = from ?? this.scopeOf(name);
    if (this.#outer.get(scope)?.has(name.text) === true) {
      scope = this.resolveOuter(scope, name.text);
    }
    scope.declare(name.text, { node: name, origin, isDeclaration: true });
  }

  /** The scope that a `global` or `nonlocal` name belongs to. */
  resolveOuter(scope: Scope, name: string): Scope {
    for (let outer = scope.parent; outer !== null; outer = outer.parent) {
      if (outer.find(name) !== undefined && outer.node.type !== 'class_definition') return outer;
    }
    return this.top;
  }

  #declareOwn(node: SyntaxNode, origin: Origin): void {
    const name = node.at('name');
    if (name !== undefined && node.parent !== null) {
      this.#bind(name, origin, this.scopeOf(node.parent));
    }
  }

  #declareModules(node: SyntaxNode): void {
    for (const part of node.parts) {
      const module = (part.at('name') ?? part).text;
      const alias = part.at('alias');
      if (alias !== undefined) {
        this.#bind(alias, { kind: 'import', module, name: '*' });
        continue;
      }
      // `import a.b` binds `a`.
      const [first] = part.parts;
      if (first !== undefined) this.#bind(first, { kind: 'import', module: first.text, name: '*' });
    }
  }

  #declareNames(node: SyntaxNode): void {
    const module = node.at('module_name')?.text ?? '';
    for (const part of node.children) {
      if (part.type === 'wildcard_import') this.#wildcards.push(module);
      if (part.field !== 'name') continue;
      const name = part.at('name') ?? part;
      const alias = part.at('alias') ?? name.parts[0] ?? name;
      this.#bind(alias, { kind: 'import', module, name: name.text });
    }
  }

  #declareAssignment(node: SyntaxNode): void {
    const right = node.at('right');
    // `n: int` alone declares a type.
    if (right === undefined) return;
    const left = node.at('left');
    // Of `a = b = 4` the second is the value of the first.
    this.#declareTarget(left, right.type === 'assignment' ? opaque : valueOf(right));
  }

  #declareAlias(node: SyntaxNode): void {
    const alias = node.at('alias');
    this.#declareTarget(alias?.parts[0] ?? alias, valueOf(node.parts[0]));
  }

  #declareTarget(target: SyntaxNode | undefined, origin: Origin): void {
    if (target === undefined) return;
    if (target.type === 'identifier') {
      this.#bind(target, origin);
      return;
    }
    if (!/^(pattern_list|tuple_pattern|list_pattern|list_splat_pattern)$/.test(target.type)) return;
    target.parts.forEach((part, index) => {
      this.#declareTarget(part, elementOf(origin, index));
    });
  }

  #declareParameters(fn: SyntaxNode): void {
    const scope = this.scopeOf(fn);
    const list = fn.at('parameters')?.parts ?? [];
    list.forEach((parameter, index) => {
      const isSplat = parameter.type.includes('splat');
      const name = nameOfParameter(parameter);
      if (name === undefined) return;
      const origin: Origin = {
        kind: 'parameter',
        fn,
        index,
        name: name.text,
        path: isSplat || name.parent?.type.includes('splat') === true ? null : [],
        whole: parameter.at('value') ?? null,
        fallback: null,
      };
      scope.declare(name.text, { node: name, origin, isDeclaration: true });
    });
  }
}

function nameOfParameter(parameter: SyntaxNode): SyntaxNode | undefined {
  if (parameter.type === 'identifier') return parameter;
  const inner = parameter.at('name') ?? parameter.parts[0];
  if (inner === undefined || inner === parameter) return undefined;
  return inner.type === 'identifier' ? inner : nameOfParameter(inner);
}

function valueOf(init: SyntaxNode | undefined): Origin {
  if (init === undefined) return opaque;
  return { kind: 'value', init, path: [], fallback: null };
}

/** `a, b = 1, 2` */
function elementOf(origin: Origin, index: number): Origin {
  if (origin.kind !== 'value' || !/^(expression_list|tuple)$/.test(origin.init?.type ?? '')) {
    return opaque;
  }
  return valueOf(origin.init?.parts[index]);
}

/** The scopes of a file of Python. */
export function pythonScopes(root: SyntaxNode): Scopes {
  return new Builder(root);
}
