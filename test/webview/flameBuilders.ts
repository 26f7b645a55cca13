/** Call trees for the tests of the flame graph. */
import type { FlameReply } from '../../extension/core/panel/query.js';

/**
 * A tree from a drawing: a line a call, deeper by its indent, with the milliseconds that it spent itself.
 *
 *     parse 2
 *       lex 6
 */
export function flameOf(...lines: readonly string[]): FlameReply {
  const functions: FlameReply['functions'][number][] = [];
  const parent = [-1];
  const function_ = [-1];
  const selfNs = [0];
  const open: number[] = [0];
  for (const line of lines) {
    const depth = (line.length - line.trimStart().length) / 2;
    const [name = '', ms = '0'] = line.trim().split(' ');
    let of = functions.findIndex((f) => f.name === name);
    if (of < 0)
      of = functions.push({ name, source: { file: `/app/${name}.ts`, line: 1, column: 1 } }) - 1;
    open.length = depth + 1;
    parent.push(open[depth] ?? 0);
    function_.push(of);
    open.push(selfNs.push(Number(ms) * 1e6) - 1);
  }
  return withTotals({ functions, parent, function: function_, selfNs });
}

/** The answer with the totals that follow from the rest. */
export function withTotals(
  rest: Pick<FlameReply, 'functions' | 'parent' | 'function' | 'selfNs'>,
): FlameReply {
  const totalNs = [...rest.selfNs];
  for (let node = totalNs.length - 1; node > 0; node -= 1) {
    const up = rest.parent[node] ?? 0;
    totalNs[up] = (totalNs[up] ?? 0) + (totalNs[node] ?? 0);
  }
  const onCpuNs = totalNs[0] ?? 0;
  return {
    kind: 'flame',
    seq: 1,
    fromNs: 0,
    toNs: 1e9,
    onCpuNs,
    idleNs: 0,
    droppedNs: 0,
    totalNs,
    ...rest,
  };
}

/** A tree of `count` nodes, as wide and deep as those of real programs; the same each time. */
export function largeFlame(count: number): FlameReply {
  let state = 7;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const functions = Array.from({ length: Math.ceil(count / 10) }, (_, i) => ({
    name: `function${i}`,
    source: i % 3 === 0 ? null : { file: `/app/src/file${i % 97}.ts`, line: i, column: 1 },
  }));
  const parent = [-1];
  const function_ = [-1];
  const selfNs = [0];
  for (let node = 1; node < count; node += 1) {
    // Mostly below one of the last few, so that stacks become deep.
    const back = random() < 0.7 ? Math.ceil(random() * 4) : Math.ceil(random() * node);
    parent.push(Math.max(0, node - back));
    function_.push(Math.floor(random() * functions.length));
    selfNs.push(Math.round(random() ** 4 * 1e7));
  }
  return withTotals({ functions, parent, function: function_, selfNs });
}
