/** Functions of a call tree, all their calls together: for the table, the search and the clipboard. Pure. */
import type { FlameReply } from '../../extension/core/panel/query.js';
import type { FlameFunction } from './flameTree.js';

/** A function with its time: of its own, and with what it called. */
export interface FunctionTime {
  /** Index into the answer's functions. */
  readonly index: number;
  readonly of: FlameFunction;
  readonly selfNs: number;
  readonly totalNs: number;
}

type Calls = Pick<FlameReply, 'functions' | 'parent' | 'function' | 'selfNs' | 'totalNs'>;

function childrenOf(parent: readonly number[]): readonly (readonly number[])[] {
  const children: number[][] = parent.map(() => []);
  for (const [node, up] of parent.entries()) if (up >= 0) children[up]?.push(node);
  return children;
}

/** Whether each node has its own function among its callers: its time is in theirs already. */
function isRecursive({ parent, function: functionOf, functions }: Calls): Uint8Array {
  const children = childrenOf(parent);
  const open = new Int32Array(functions.length);
  const recursive = new Uint8Array(parent.length);
  const opened = (of: number): number => open[of] ?? 0;
  // Down and up again without recursion: a node is on the stack once to be entered, and once (negative) to be left.
  const stack = parent.length === 0 ? [] : [0];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const node = at < 0 ? -at - 1 : at;
    const of = functionOf[node] ?? -1;
    if (at < 0) {
      open[of] = opened(of) - 1;
      continue;
    }
    if (of >= 0) {
      recursive[node] = opened(of) > 0 ? 1 : 0;
      open[of] = opened(of) + 1;
      stack.push(-node - 1);
    }
    for (const child of children[node] ?? []) stack.push(child);
  }
  return recursive;
}

/** Every function with its time, the one with most of its own first. */
export function functionTimes(reply: Calls): readonly FunctionTime[] {
  const { functions, function: functionOf } = reply;
  const recursive = isRecursive(reply);
  const selfNs = new Float64Array(functions.length);
  const totalNs = new Float64Array(functions.length);
  for (const [node, of] of functionOf.entries()) {
    if (of < 0) continue;
    selfNs[of] = (selfNs[of] ?? 0) + (reply.selfNs[node] ?? 0);
    if (recursive[node] === 0) totalNs[of] = (totalNs[of] ?? 0) + (reply.totalNs[node] ?? 0);
  }
  return functions
    .map((of, index) => ({ index, of, selfNs: selfNs[index] ?? 0, totalNs: totalNs[index] ?? 0 }))
    .sort((a, b) => b.selfNs - a.selfNs || b.totalNs - a.totalNs || a.index - b.index);
}

/** Which functions a text is found in, by index; null: nothing is searched for. */
export function matching(functions: readonly FlameFunction[], search: string): Uint8Array | null {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return null;
  return Uint8Array.from(functions, ({ name, source }) => {
    const text = source === null ? name : `${name}\n${source.file}`;
    return text.toLowerCase().includes(wanted) ? 1 : 0;
  });
}

/** How much time passed in calls of the matching functions: those inside of each other are counted once. */
export function matchedNs(
  { parent, function: functionOf, totalNs }: Calls,
  matches: Uint8Array,
): number {
  const inside = new Uint8Array(parent.length);
  let sum = 0;
  // Those that call come before those that are called.
  for (const [node, up] of parent.entries()) {
    if (up >= 0 && inside[up] === 1) inside[node] = 1;
    else if (matches[functionOf[node] ?? -1] === 1) {
      inside[node] = 1;
      sum += totalNs[node] ?? 0;
    }
  }
  return sum;
}

/** Longest text that is put on the clipboard: what the host takes, with some room. */
const MAX_CHARS = 4_000_000;

/** Names in a line of folded stacks: semicolons and line ends would cut them. */
const folded = ({ name }: FlameFunction): string =>
  name.replace(/[;\s]+/g, ' ').trim() || '(anonymous)';

/**
 * Stacks with their time in microseconds, a line each, as flame graph tools read them. The heaviest first; what would be too long
 * is left out.
 */
export function foldedStacks(reply: Calls): { readonly text: string; readonly isWhole: boolean } {
  const nodes = reply.selfNs.flatMap((ns, node) => (ns >= 500 && node > 0 ? [node] : []));
  nodes.sort((a, b) => (reply.selfNs[b] ?? 0) - (reply.selfNs[a] ?? 0) || a - b);
  const lines: string[] = [];
  let chars = 0;
  for (const node of nodes) {
    const names: string[] = [];
    for (let at = node; at > 0; at = reply.parent[at] ?? -1) {
      const of = reply.functions[reply.function[at] ?? -1];
      if (of !== undefined) names.push(folded(of));
    }
    const line = `${names.reverse().join(';')} ${Math.round((reply.selfNs[node] ?? 0) / 1000)}\n`;
    chars += line.length;
    if (chars > MAX_CHARS) return { text: lines.join(''), isWhole: false };
    lines.push(line);
  }
  return { text: lines.join(''), isWhole: true };
}
