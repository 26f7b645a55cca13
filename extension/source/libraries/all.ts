/** All rows, and who is meant by a name in the source. */
import { limiterRows } from './limiters.js';
import { nodePoolRows } from './nodePools.js';
import { pythonRows } from './python.js';
import type { KnobRow } from './row.js';
import { sluiceRows } from './sluice.js';
import { streamRows } from './streams.js';

export const allRows: readonly KnobRow[] = [
  ...sluiceRows,
  ...limiterRows,
  ...nodePoolRows,
  ...streamRows,
  ...pythonRows,
];

/** Other names by which agents may call a library. */
const aliases: Readonly<Record<string, string>> = {
  stream: 'node:stream',
  streams: 'node:stream',
  https: 'http',
  'node:http': 'http',
  'node:https': 'http',
  tensorflow: 'tf.data',
  'torch.utils.data': 'torch',
  'ray.data': 'ray',
  distributed: 'dask',
  'dask.distributed': 'dask',
  threading: 'concurrent.futures',
};

const libraries = new Set(allRows.map(({ library }) => library));

/** The rows that a knob may be about. A library that nobody heard of: all rows of that name. */
export function rowsFor(via: string, knob: string): readonly KnobRow[] {
  const library = aliases[via] ?? via;
  const isKnown = libraries.has(library);
  return allRows.filter(
    (row) =>
      (row.library === library || (!isKnown && row.library !== 'api')) &&
      (row.knob === knob || row.isNamed === true),
  );
}

const exact = new Map<string, KnobRow[]>();
const patterns: { readonly head: string; readonly tail: string; readonly row: KnobRow }[] = [];
/** Names of methods that are knobs of what nobody can trace: what a parameter holds, say. */
const methods = new Map<string, Set<KnobRow>>();

function addTo<K>(map: Map<K, KnobRow[]>, key: K, row: KnobRow): void {
  const rows = map.get(key);
  if (rows === undefined) map.set(key, [row]);
  else rows.push(row);
}

for (const row of allRows) {
  for (const call of row.calls) {
    const [head = '', tail] = call.split('**');
    if (tail === undefined) addTo(exact, call, row);
    else patterns.push({ head, tail, row });
    const method = /(?:\(\)|\*\*).*\.(\w+)$/.exec(call)?.[1];
    if (method === undefined) continue;
    const known = methods.get(method) ?? new Set();
    methods.set(method, known.add(row));
  }
}

/** The knobs of a call by its full name. */
export function rowsNamed(fullName: string): readonly KnobRow[] {
  const named = exact.get(fullName) ?? [];
  const matching = patterns.filter(
    ({ head, tail }) =>
      fullName.length > head.length && fullName.startsWith(head) && fullName.endsWith(tail),
  );
  return matching.length === 0 ? named : [...named, ...matching.map(({ row }) => row)];
}

/** The knobs that calls of a method of this name may have, whoever it belongs to. */
export function rowsOfMethod(method: string): readonly KnobRow[] {
  return [...(methods.get(method) ?? [])];
}
