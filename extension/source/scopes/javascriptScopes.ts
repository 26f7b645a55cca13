/** Scopes of JavaScript and TypeScript. */
import { isJavaScriptFunction, propertyName, readJavaScript } from '../syntax/javascript.js';
import { ancestors, descendants, type SyntaxNode } from '../syntax/node.js';
import { innermost, Scope, type Binding, type Origin, type Scopes } from './scope.js';

const blocks = new Set([
  'statement_block',
  'for_statement',
  'for_in_statement',
  'catch_clause',
  'switch_body',
  'class_static_block',
  'class_body',
]);

function opensScope(node: SyntaxNode): boolean {
  return blocks.has(node.type) || isJavaScriptFunction(node);
}

/** What a pattern takes apart; `origin` makes the origin of one of its names. */
interface Pattern {
  readonly scope: Scope;
  readonly path: readonly string[] | null;
  readonly fallback: SyntaxNode | null;
  readonly origin: (path: readonly string[] | null, fallback: SyntaxNode | null) => Origin;
}

const opaque: Origin = { kind: 'opaque' };

function bindName(node: SyntaxNode, { scope, path, fallback, origin }: Pattern): void {
  scope.declare(node.text, { node, origin: origin(path, fallback), isDeclaration: true });
}

function stepInto(pattern: Pattern, key: string | null): Pattern {
  const path = pattern.path === null || key === null ? null : [...pattern.path, key];
  return { ...pattern, path, fallback: null };
}

/** Binds the names of a pattern: `n`, `{ n, m: { k = 3 } }`, `[a]`. */
function bindPattern(node: SyntaxNode, pattern: Pattern): void {
  switch (node.type) {
    case 'identifier':
      bindName(node, pattern);
      return;
    case 'shorthand_property_identifier_pattern':
      bindName(node, stepInto(pattern, node.text));
      return;
    case 'object_assignment_pattern':
    case 'assignment_pattern':
      bindWithDefault(node, pattern);
      return;
    case 'pair_pattern':
      bindPair(node, pattern);
      return;
    case 'object_pattern':
      for (const part of node.parts) bindPattern(part, pattern);
      return;
    default:
      // Arrays and the rest of something: the names are known, not what they are.
      for (const part of node.parts) bindPattern(part, stepInto(pattern, null));
  }
}

function bindWithDefault(node: SyntaxNode, pattern: Pattern): void {
  const [left, right] = [node.at('left'), node.at('right')];
  if (left === undefined) return;
  const isShorthand = left.type === 'shorthand_property_identifier_pattern';
  const inner = isShorthand ? stepInto(pattern, left.text) : pattern;
  const withDefault = { ...inner, fallback: right ?? null };
  if (isShorthand) bindName(left, withDefault);
  else bindPattern(left, withDefault);
}

function bindPair(node: SyntaxNode, pattern: Pattern): void {
  const [key, value] = [node.at('key'), node.at('value')];
  if (key === undefined || value === undefined) return;
  bindPattern(value, stepInto(pattern, propertyName(key)));
}

/** `{ a, b as c }` */
function declareNamed(
  list: SyntaxNode,
  declare: (name: SyntaxNode, exported: string) => void,
): void {
  for (const specifier of list.parts) {
    const name = specifier.at('name');
    if (name !== undefined) declare(specifier.at('alias') ?? name, propertyName(name) ?? '');
  }
}

class Builder implements Scopes {
  readonly top: Scope;
  readonly wildcards: readonly string[] = [];
  readonly #scopes = new Map<SyntaxNode, Scope>();

  constructor(root: SyntaxNode) {
    this.top = new Scope(root, null);
    this.#scopes.set(root, this.top);
    const nodes = [...descendants(root)];
    for (const node of nodes) {
      if (!opensScope(node) || node.parent === null) continue;
      this.#scopes.set(node, new Scope(node, this.scopeOf(node.parent)));
    }
    for (const node of nodes) this.#declare(node);
    for (const node of nodes) this.#noteWrite(node);
  }

  scopeOf(node: SyntaxNode): Scope {
    return innermost(this.#scopes, node, this.top);
  }

  resolve(name: string, at: SyntaxNode): Binding | undefined {
    for (let scope: Scope | null = this.scopeOf(at); scope !== null; scope = scope.parent) {
      const binding = scope.find(name);
      if (binding !== undefined) return binding;
    }
    return undefined;
  }

  #declare(node: SyntaxNode): void {
    switch (node.type) {
      case 'import_statement':
        this.#declareImports(node);
        return;
      case 'variable_declarator':
        this.#declareVariable(node);
        return;
      case 'class_declaration':
      case 'abstract_class_declaration':
        this.#declareNamed(node, { kind: 'class', node });
        return;
      case 'enum_declaration':
        this.#declareNamed(node, { kind: 'enum', node });
        return;
      case 'catch_clause':
      case 'for_in_statement':
        this.#declareOpaque(node, node.at('parameter') ?? node.at('left'));
        return;
      default:
        if (isJavaScriptFunction(node)) this.#declareFunction(node);
    }
  }

  #declareNamed(node: SyntaxNode, origin: Origin): void {
    const name = node.at('name');
    if (name === undefined || node.parent === null) return;
    const declaration = { node: name, origin, isDeclaration: true };
    this.scopeOf(node.parent).declare(name.text, declaration);
  }

  #declareOpaque(owner: SyntaxNode, pattern: SyntaxNode | undefined): void {
    // `for (x of list)` assigns to a name that is declared elsewhere.
    if (owner.type === 'for_in_statement' && owner.at('kind') === undefined) return;
    if (pattern === undefined) return;
    bindPattern(pattern, {
      scope: this.scopeOf(owner),
      path: [],
      fallback: null,
      origin: () => opaque,
    });
  }

  #declareFunction(node: SyntaxNode): void {
    if (node.type.includes('declaration')) this.#declareNamed(node, { kind: 'function', node });
    const single = node.at('parameter');
    const list = single === undefined ? (node.at('parameters')?.parts ?? []) : [single];
    list.forEach((parameter, index) => {
      this.#declareParameter(node, parameter, index);
    });
  }

  #declareParameter(fn: SyntaxNode, parameter: SyntaxNode, index: number): void {
    const isPlain = parameter.type === 'assignment_pattern';
    const pattern = parameter.at(isPlain ? 'left' : 'pattern') ?? parameter;
    const whole = parameter.at(isPlain ? 'right' : 'value') ?? null;
    const isRest = pattern.type === 'rest_pattern';
    bindPattern(pattern, {
      scope: this.scopeOf(fn),
      path: isRest ? null : [],
      fallback: null,
      origin: (path, fallback) => ({
        kind: 'parameter',
        fn,
        index,
        name: '',
        path,
        whole,
        fallback,
      }),
    });
  }

  #declareVariable(node: SyntaxNode): void {
    const [name, value] = [node.at('name'), node.at('value')];
    if (name === undefined || node.parent === null) return;
    const isVar = node.parent.type === 'variable_declaration';
    const scope = isVar ? this.#functionScope(node) : this.scopeOf(node.parent);
    bindPattern(name, {
      scope,
      path: [],
      fallback: null,
      origin: (path, fallback) => ({ kind: 'value', init: value ?? null, path, fallback }),
    });
  }

  #functionScope(node: SyntaxNode): Scope {
    for (const ancestor of ancestors(node)) {
      if (isJavaScriptFunction(ancestor)) return this.scopeOf(ancestor);
    }
    return this.top;
  }

  #declareImports(node: SyntaxNode): void {
    const clause = node.parts.find((p) => /^import_(require_)?clause$/.test(p.type));
    const source = (node.at('source') ?? clause?.at('source'))?.text.slice(1, -1);
    if (clause === undefined || source === undefined) return;
    const declare = (name: SyntaxNode, exported: string): void => {
      const origin: Origin = { kind: 'import', module: source, name: exported };
      this.top.declare(name.text, { node: name, origin, isDeclaration: true });
    };
    const isWhole = clause.type === 'import_require_clause';
    for (const part of clause.parts) {
      if (part.type === 'identifier') declare(part, isWhole ? '*' : 'default');
      const [name] = part.type === 'namespace_import' ? part.parts : [];
      if (name !== undefined) declare(name, '*');
      if (part.type === 'named_imports') declareNamed(part, declare);
    }
  }

  /** Assignments to names: they make what a declaration says uncertain, or give a value where it gives none. */
  #noteWrite(node: SyntaxNode): void {
    const isPlain = node.type === 'assignment_expression';
    const isOther =
      /^(augmented_assignment|update)_expression$/.test(node.type) ||
      (node.type === 'for_in_statement' && node.at('kind') === undefined);
    if (!isPlain && !isOther) return;
    const target = node.at('left') ?? node.at('argument');
    if (target === undefined) return;
    if (target.type !== 'identifier') {
      if (target.type.endsWith('_pattern')) this.#noteOpaqueWrites(target);
      return;
    }
    const right = node.at('right');
    const isValue = isPlain && right !== undefined && readJavaScript(right).kind !== 'other';
    this.#write(
      target,
      isValue ? { kind: 'value', init: right, path: [], fallback: null } : opaque,
    );
  }

  #noteOpaqueWrites(pattern: SyntaxNode): void {
    for (const inner of descendants(pattern)) {
      if (/^(identifier|shorthand_property_identifier_pattern)$/.test(inner.type)) {
        this.#write(inner, opaque);
      }
    }
  }

  #write(target: SyntaxNode, origin: Origin): void {
    const binding = this.resolve(target.text, target);
    binding?.declarations.push({ node: target, origin, isDeclaration: false });
  }
}

/** The scopes of a file of JavaScript or TypeScript. */
export function javaScriptScopes(root: SyntaxNode): Scopes {
  return new Builder(root);
}
