/** In which column each stage stands: behind everything that feeds it. Pure. */

/** A link between stages by their index. */
export interface RankEdge {
  readonly from: number;
  readonly to: number;
}

export interface Ranks {
  /** By stage, from 0. */
  readonly ranks: readonly number[];
  /** Edges, by index, that lead back: with them there would be no order. */
  readonly back: ReadonlySet<number>;
}

/** Edges by the stage that they begin at. */
function outgoing(count: number, edges: readonly RankEdge[]): readonly (readonly number[])[] {
  const out: number[][] = Array.from({ length: count }, () => []);
  for (const [i, { from }] of edges.entries()) out[from]?.push(i);
  return out;
}

/** Walks from the stages that nothing feeds, then from what is left; an edge to a stage that is being walked leads back. */
function backEdges(count: number, edges: readonly RankEdge[]): ReadonlySet<number> {
  const out = outgoing(count, edges);
  const fed = new Set(edges.filter((e) => e.from !== e.to).map((e) => e.to));
  const starts = Array.from({ length: count }, (_, i) => i);
  const back = new Set<number>();
  const state = new Uint8Array(count);
  const walk = (start: number): void => {
    const path: { readonly at: number; next: number }[] = [{ at: start, next: 0 }];
    state[start] = 1;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const edge = out[top.at]?.[top.next];
      top.next += 1;
      if (edge === undefined) {
        state[top.at] = 2;
        path.pop();
        continue;
      }
      const to = edges[edge]?.to ?? 0;
      if (state[to] === 1) back.add(edge);
      else if (state[to] === 0) {
        state[to] = 1;
        path.push({ at: to, next: 0 });
      }
    }
  };
  for (const i of [...starts.filter((s) => !fed.has(s)), ...starts]) if (state[i] === 0) walk(i);
  return back;
}

/** Stages, each behind all that lead to it. The edges must have no circle. */
function inOrder(count: number, edges: readonly RankEdge[]): readonly number[] {
  const out = outgoing(count, edges);
  const open = new Int32Array(count);
  for (const { to } of edges) open[to] = (open[to] ?? 0) + 1;
  const order = Array.from({ length: count }, (_, i) => i).filter((i) => open[i] === 0);
  for (const at of order) {
    for (const edge of out[at] ?? []) {
      const to = edges[edge]?.to ?? 0;
      const left = (open[to] ?? 0) - 1;
      open[to] = left;
      if (left === 0) order.push(to);
    }
  }
  return order;
}

/** The longest way to each stage; a stage that nothing feeds stands right before the first that it feeds. */
export function rankStages(count: number, edges: readonly RankEdge[]): Ranks {
  const back = backEdges(count, edges);
  const forward = edges.flatMap((edge, i) => {
    if (edge.from === edge.to) return [];
    return back.has(i) ? [{ from: edge.to, to: edge.from }] : [edge];
  });
  const ranks = Array.from({ length: count }, () => 0);
  const out = outgoing(count, forward);
  const order = inOrder(count, forward);
  for (const at of order) {
    for (const edge of out[at] ?? []) {
      const to = forward[edge]?.to ?? 0;
      ranks[to] = Math.max(ranks[to] ?? 0, (ranks[at] ?? 0) + 1);
    }
  }
  const fed = new Set(forward.map((e) => e.to));
  for (const at of order) {
    const next = (out[at] ?? []).map((edge) => ranks[forward[edge]?.to ?? 0] ?? 0);
    if (!fed.has(at) && next.length > 0) ranks[at] = Math.min(...next) - 1;
  }
  return { ranks, back };
}
