/** V8's CPU profile (.cpuprofile), as far as Sluice writes it: cleaned of the agent's own frames, mapped to the source. */
import path from 'node:path';
import { mapped, ownFolder, toPath } from '../sourcePosition.js';
import type { ProfileNode, V8Profile } from './v8Types.js';

/** What the agent's own code is called where a sample fell into it. */
export const OWN_CODE = '(sluice)';

interface Frame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface Node {
  readonly id: number;
  readonly callFrame: Frame;
  hitCount: number;
  children: number[];
}

/** Tells user code from the agent's, and finds positions; one a thread, so that it looks each function up once. */
export class FrameMapper {
  readonly #own = ownFolder();
  readonly #frames = new Map<string, Frame | null>();

  /** The frame in the original source; null for the agent's own code. */
  map(frame: Frame): Frame | null {
    const { functionName, url, scriptId, lineNumber, columnNumber } = frame;
    const key = `${scriptId}:${lineNumber}:${columnNumber}:${functionName}`;
    const known = this.#frames.get(key);
    if (known !== undefined) return known;
    // Bounded for a program that makes functions for ever.
    if (this.#frames.size > 50_000) this.#frames.clear();
    // Names and addresses of code made at run time can be as long as the code.
    const clean = {
      functionName: functionName.slice(0, 512),
      scriptId,
      url: url.slice(0, 4096),
      lineNumber,
      columnNumber,
    };
    const result = this.#find(clean);
    this.#frames.set(key, result);
    return result;
  }

  #find(frame: Frame): Frame | null {
    const file = toPath(frame.url);
    if (file === undefined) return frame;
    if (this.#own !== undefined && file.startsWith(this.#own)) return null;
    if (frame.lineNumber < 0 || frame.columnNumber < 0) return { ...frame, url: file };
    const at = { file, line: frame.lineNumber + 1, column: frame.columnNumber + 1 };
    const source = mapped(at);
    return {
      ...frame,
      url: path.normalize(source.file),
      lineNumber: source.line - 1,
      columnNumber: source.column - 1,
    };
  }
}

/**
 * The profile without the agent's frames: what they called hangs below who called them, and where a sample fell into the
 * agent itself, one node `(sluice)` stands for it.
 */
export function cleaned(profile: V8Profile, mapper: FrameMapper): V8Profile {
  const [root] = profile.nodes;
  if (root === undefined) return profile;
  const tree = new CleanTree(profile.nodes, mapper);
  tree.take(root);
  const samples = (profile.samples ?? []).map((id) => tree.hit(id));
  return { ...profile, nodes: tree.nodes, samples };
}

/** Copies the nodes below the root that are kept. */
class CleanTree {
  readonly #byId: ReadonlyMap<number, ProfileNode>;
  readonly #mapper: FrameMapper;
  readonly #kept = new Map<number, Node>();
  /** From an id of V8's to the node that stands for it. */
  readonly #standsFor = new Map<number, Node>();
  /** The agent's own code below a node. */
  readonly #ownBelow = new Map<Node, Node>();

  constructor(nodes: readonly ProfileNode[], mapper: FrameMapper) {
    this.#byId = new Map(nodes.map((node) => [node.id, node]));
    this.#mapper = mapper;
  }

  /** Parents first. */
  get nodes(): Node[] {
    return [...this.#kept.values()];
  }

  take(root: ProfileNode): void {
    const open = [{ node: root, below: this.#keep(root.id, root.callFrame, undefined) }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const id of next.node.children ?? []) {
        const child = this.#byId.get(id);
        if (child !== undefined) open.push({ node: child, below: this.#place(child, next.below) });
      }
    }
  }

  /** Counts a sample; returns the id of the node that it fell into. */
  hit(id: number): number {
    const node = this.#kept.get(id) ?? this.#standsFor.get(id);
    if (node === undefined) return id;
    node.hitCount++;
    return node.id;
  }

  /** The node that stands for this one, and what it called hangs below. */
  #place(node: ProfileNode, parent: Node): Node {
    const frame = this.#mapper.map(node.callFrame);
    if (frame !== null) return this.#keep(node.id, frame, parent);
    if ((node.hitCount ?? 0) > 0) {
      const leaf = this.#ownBelow.get(parent) ?? this.#keep(node.id, ownFrame(), parent);
      this.#ownBelow.set(parent, leaf);
      this.#standsFor.set(node.id, leaf);
    }
    return parent;
  }

  #keep(id: number, callFrame: Frame, parent: Node | undefined): Node {
    const made: Node = { id, callFrame, hitCount: 0, children: [] };
    this.#kept.set(id, made);
    parent?.children.push(id);
    return made;
  }
}

function ownFrame(): Frame {
  return { functionName: OWN_CODE, scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };
}

/**
 * The samples [from, to) of a profile as a profile of its own, with the nodes that they need. Times follow on each other,
 * so the pieces of a profile read one after the other are the profile.
 */
export function slice(profile: V8Profile, from: number, to: number): V8Profile {
  const deltas = profile.timeDeltas ?? [];
  const startTime = profile.startTime + sum(deltas, 0, from);
  const samples = (profile.samples ?? []).slice(from, to);
  const timeDeltas = deltas.slice(from, to);
  const isLast = to >= (profile.samples ?? []).length;
  const endTime = isLast ? profile.endTime : startTime + sum(deltas, from, to + 1);
  return { nodes: nodesOf(profile, samples), startTime, endTime, samples, timeDeltas };
}

/** The nodes that these samples need. */
function nodesOf(profile: V8Profile, samples: readonly number[]): Node[] {
  const hits = new Map<number, number>();
  for (const id of samples) hits.set(id, (hits.get(id) ?? 0) + 1);
  const nodes: Node[] = [];
  // Children stand behind their parents in the list, so from the back a node's children are decided before it is.
  const needed = new Set<number>();
  for (const node of [...profile.nodes].reverse()) {
    const children = (node.children ?? []).filter((id) => needed.has(id));
    if (children.length === 0 && !hits.has(node.id) && node !== profile.nodes[0]) continue;
    needed.add(node.id);
    const { id, callFrame } = node;
    nodes.push({ id, callFrame, hitCount: hits.get(id) ?? 0, children });
  }
  return nodes.reverse();
}

function sum(list: readonly number[], from: number, to: number): number {
  let total = 0;
  for (let i = from; i < Math.min(to, list.length); i++) total += list[i] ?? 0;
  return total;
}

const encoder = new TextEncoder();

/** The profile as JSON, in pieces of at most `maxBytes` that are whole profiles. A single sample that is longer is left out. */
export function encodePieces(profile: V8Profile, maxBytes: number): Uint8Array[] {
  const count = profile.samples?.length ?? 0;
  if (count === 0) return [];
  const bytes = encoder.encode(JSON.stringify(profile));
  if (bytes.length <= maxBytes) return [bytes];
  if (count === 1) return [];
  const middle = count >> 1;
  return [
    ...encodePieces(slice(profile, 0, middle), maxBytes),
    ...encodePieces(slice(profile, middle, count), maxBytes),
  ];
}
