/** Syntax trees as plain objects: the parser's memory is given back before anybody looks at them. */

/** A node of a syntax tree. Offsets are UTF-16 code units. */
export class SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** The name of the parent's field that holds it. */
  readonly field: string | null;
  /** false: punctuation and keywords. */
  readonly isNamed: boolean;
  readonly parent: SyntaxNode | null;
  /** Filled by who builds the tree, never changed afterwards. */
  readonly children: SyntaxNode[] = [];
  readonly #source: string;

  constructor(
    source: string,
    parent: SyntaxNode | null,
    shape: Pick<SyntaxNode, 'type' | 'start' | 'end' | 'field' | 'isNamed'>,
  ) {
    this.type = shape.type;
    this.start = shape.start;
    this.end = shape.end;
    this.field = shape.field;
    this.isNamed = shape.isNamed;
    this.parent = parent;
    this.#source = source;
  }

  get text(): string {
    return this.#source.slice(this.start, this.end);
  }

  /** The text that was parsed. */
  get source(): string {
    return this.#source;
  }

  /** Named children without comments. */
  get parts(): readonly SyntaxNode[] {
    return this.children.filter((child) => child.isNamed && child.type !== 'comment');
  }

  /** The child in a field. */
  at(field: string): SyntaxNode | undefined {
    return this.children.find((child) => child.field === field);
  }
}

/** The node and everything below it, in the order of the text. */
export function* descendants(node: SyntaxNode): Generator<SyntaxNode> {
  const waiting = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    for (let i = next.children.length - 1; i >= 0; i--) {
      const child = next.children[i];
      if (child !== undefined) waiting.push(child);
    }
  }
}

/** The node's ancestors, the nearest first, without itself. */
export function* ancestors(node: SyntaxNode): Generator<SyntaxNode> {
  for (let next = node.parent; next !== null; next = next.parent) yield next;
}

/** Does `outer` contain `inner`, or is it the same? */
export function contains(outer: SyntaxNode, inner: SyntaxNode): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** Could the parser not make sense of something in or right around the top-level statement that the node is in? */
export function isBroken(node: SyntaxNode): boolean {
  let statement = node;
  for (const ancestor of ancestors(node)) {
    if (ancestor.type === 'ERROR') return true;
    if (ancestor.parent !== null) statement = ancestor;
  }
  const top = statement.parent?.children ?? [statement];
  const index = top.indexOf(statement);
  const around = top.slice(Math.max(0, index - 1), index + 2);
  return around.some((n) => hasError(n));
}

function hasError(node: SyntaxNode): boolean {
  for (const inner of descendants(node)) {
    if (inner.type === 'ERROR' || isMissing(inner)) return true;
  }
  return false;
}

/** Nodes that the parser made up have no text; so have a few that are meant to be empty. */
function isMissing(node: SyntaxNode): boolean {
  return node.type === 'MISSING';
}
