/** Reads a .cpuprofile of V8's, trusting nothing: what is not a profile is refused with a reason. */
import {
  type Checked,
  parseJson,
  integerIn,
  listOf,
  numberIn,
  object,
  text,
  nullable,
} from '../../../agent/wire/validate.js';
import { decodeUtf8 } from '../../../agent/wire/utf8.js';
import { fail, ok, type Result } from '../../../agent/wire/result.js';

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_NODES = 200_000;
const MAX_SAMPLES = 2_000_000;

const id = integerIn(0, Number.MAX_SAFE_INTEGER);
const position = integerIn(-1, 0x7fff_fffe);
const micros = numberIn(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

const checkFrame = object({
  functionName: text(4096),
  url: text(8192),
  lineNumber: position,
  columnNumber: position,
});

const checkProfile = object({
  nodes: listOf(
    object({ id, callFrame: checkFrame, children: nullable(listOf(id, MAX_NODES)) }),
    MAX_NODES,
  ),
  startTime: micros,
  endTime: micros,
  samples: listOf(id, MAX_SAMPLES),
  timeDeltas: listOf(micros, MAX_SAMPLES),
});

/** A function as V8 names it; line and column count from 0, -1 where there is no source. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** A stack: a function called by the stack `parent`, an index of the same list; -1 for the root. Parents come first. */
export interface StackNode {
  readonly parent: number;
  readonly frame: CallFrame;
}

/** A profile in order. Times are nanoseconds of the trace's clock. */
export interface ParsedProfile {
  readonly nodes: readonly StackNode[];
  /** Index into `nodes` and time of each sample; times never go back. */
  readonly samples: readonly { readonly node: number; readonly atNs: number }[];
  /** Not before the last sample. */
  readonly endNs: number;
}

/** Parses JSON text in UTF-8. Fails on what is no profile; samples of stacks that the profile does not list are left out. */
export function parseCpuProfile(bytes: Uint8Array): Result<ParsedProfile> {
  if (bytes.length > MAX_BYTES) return fail(`a CPU profile of ${bytes.length} bytes is too long`);
  const parsed = parseJson(decodeUtf8(bytes), checkProfile, 'CPU profile');
  if (!parsed.ok) return parsed;
  const { nodes: listed, startTime, endTime, samples, timeDeltas } = parsed.value;
  if (samples.length !== timeDeltas.length) return fail('CPU profile: samples and times differ');
  const tree = treeOf(listed);
  if (tree === null) return fail('CPU profile: it has no stacks');
  const { nodes, indexOf } = tree;
  const placed: { node: number; atNs: number }[] = [];
  let atUs = startTime;
  let lastNs = startTime * 1000;
  for (const [i, sample] of samples.entries()) {
    atUs += timeDeltas[i] ?? 0;
    lastNs = Math.max(lastNs, Math.round(atUs * 1000));
    const node = indexOf.get(sample);
    if (node !== undefined) placed.push({ node, atNs: lastNs });
  }
  return ok({ nodes, samples: placed, endNs: Math.max(Math.round(endTime * 1000), lastNs) });
}

interface Tree {
  readonly nodes: readonly StackNode[];
  /** From V8's ids. */
  readonly indexOf: ReadonlyMap<number, number>;
}

/** The stacks below the first of the list, parents first; null when there is none. */
function treeOf(listed: Checked<typeof checkProfile>['nodes']): Tree | null {
  const root = listed[0];
  if (root === undefined) return null;
  const byId = new Map(listed.map((node) => [node.id, node]));
  const indexOf = new Map<number, number>([[root.id, 0]]);
  const nodes: { parent: number; frame: CallFrame }[] = [{ parent: -1, frame: root.callFrame }];
  // Breadth first: a stack that is reached a second time, as in a circle, is left where it was first.
  const order = [root];
  for (const node of order) {
    for (const childId of node.children ?? []) {
      const child = byId.get(childId);
      if (child === undefined || indexOf.has(childId)) continue;
      indexOf.set(childId, nodes.length);
      nodes.push({ parent: indexOf.get(node.id) ?? 0, frame: child.callFrame });
      order.push(child);
    }
  }
  return { nodes, indexOf };
}
