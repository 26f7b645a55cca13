import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ascending } from '../../webview/graph/graphColumns.js';
import {
  layoutGraph,
  QUEUE_SIZE,
  STAGE_SIZE,
  type GraphLayout,
  type LayoutEdge,
  type LayoutPipeline,
  type Rect,
} from '../../webview/graph/graphLayout.js';
import {
  neighbourOf,
  readingOrder,
  type GraphKey,
  type NavigableEdge,
} from '../../webview/graph/graphNavigation.js';
import { rankStages } from '../../webview/graph/graphRanks.js';

/** A pipeline of up to 14 stages with any edges: joins, branches, circles, loops, ends that nobody knows. */
const anyPipeline = (title: string): fc.Arbitrary<LayoutPipeline> =>
  fc.integer({ min: 0, max: 14 }).chain((count) => {
    const stages = Array.from({ length: count }, (_, i) => `${title}${i}`);
    const end = fc.constantFrom(...stages, null);
    const edge = fc.record({ from: end, to: end, box: fc.constantFrom('queue', 'rate') });
    return fc.array(edge, { maxLength: 24 }).map((edges) => ({
      title,
      stages,
      edges: edges.map((e, i) => ({ ...e, key: `${title} edge ${i}` })),
    }));
  });

const anyGraph = fc.tuple(anyPipeline('a'), anyPipeline('b'));

/** Layers without a circle: every edge leads to a stage with a higher number. */
const anyDag = anyPipeline('d').map(({ title, stages, edges }) => ({
  title,
  stages,
  edges: edges.filter(({ from, to }) =>
    from === null || to === null ? true : stages.indexOf(from) < stages.indexOf(to),
  ),
}));

const overlaps = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const right = ({ x, width }: Rect): number => x + width;

const navigable = (edges: readonly LayoutEdge[]): readonly NavigableEdge[] =>
  edges.map(({ key, from, to, box }) => ({ key, from, to, hasQueue: box === 'queue' }));

function rectOf(layout: GraphLayout, key: string | null): Rect {
  const rect = layout.boxes.get(key ?? '');
  assert.ok(rect !== undefined, `${key ?? 'null'} has no place`);
  return rect;
}

describe('the layout of a graph', () => {
  it('gives every stage and every edge a place of its own, inside of the sheet', () => {
    fc.assert(
      fc.property(anyGraph, (pipelines) => {
        const layout = layoutGraph(pipelines);
        const wanted = pipelines.flatMap((p) => [...p.stages, ...p.edges.map((e) => e.key)]);
        assert.deepEqual([...layout.boxes.keys()].sort(), wanted.sort());
        const rects = [...layout.boxes.values()];
        for (const [i, a] of rects.entries()) {
          assert.ok(a.x >= 0 && right(a) <= layout.widthPx, JSON.stringify(a));
          assert.ok(a.y >= 0 && a.y + a.height <= layout.heightPx, JSON.stringify(a));
          for (const b of rects.slice(i + 1)) {
            assert.ok(!overlaps(a, b), `${JSON.stringify(a)} ${JSON.stringify(b)}`);
          }
        }
      }),
    );
  });

  it('takes no more room than all of it one below the other, and as many columns as there are steps', () => {
    fc.assert(
      fc.property(anyDag, (pipeline) => {
        const { widthPx, heightPx } = layoutGraph([pipeline]);
        const things = pipeline.stages.length + pipeline.edges.length;
        assert.ok(
          heightPx <= 150 + (things + 1) * (STAGE_SIZE.height + 26) * 1.5,
          `${heightPx} for ${things}`,
        );
        const steps = Math.max(4, pipeline.stages.length) + 2;
        assert.ok(widthPx <= 28 + steps * (STAGE_SIZE.width + QUEUE_SIZE.width + 36));
      }),
    );
  });

  it('stands everything behind what feeds it, and draws what leads back from right to left', () => {
    fc.assert(
      fc.property(anyPipeline('a'), (pipeline) => {
        const layout = layoutGraph([pipeline]);
        for (const { key, from, to } of pipeline.edges) {
          const line = layout.lines.get(key);
          assert.ok(line !== undefined);
          if (from === null || to === null || from === to) continue;
          const [first, box, last] = [from, key, to].map((k) => rectOf(layout, k));
          assert.ok(first !== undefined && box !== undefined && last !== undefined);
          const [a, b] = line.isBack ? [last, first] : [first, last];
          assert.ok(right(a) < box.x && right(box) < b.x);
          const xs = line.pieces.flat().map(([x]) => x);
          const sorted = xs.toSorted((p, q) => (line.isBack ? q - p : p - q));
          assert.deepEqual(xs, sorted);
          assert.equal(xs[0], line.isBack ? first.x : right(first));
        }
      }),
    );
  });

  it('has nothing lead back where there is no circle', () => {
    fc.assert(
      fc.property(anyDag, (pipeline) => {
        const lines = [...layoutGraph([pipeline]).lines.values()];
        assert.ok(lines.every((line) => !line.isBack));
      }),
    );
  });

  it('runs long edges around the stages, not through them', () => {
    fc.assert(
      fc.property(anyDag, (pipeline) => {
        const layout = layoutGraph([pipeline]);
        const rects = pipeline.stages.map((key) => rectOf(layout, key));
        for (const { pieces } of layout.lines.values()) {
          for (const points of pieces) {
            // Inner points are places where it passes a column.
            for (const [x, y] of points.slice(1, -1)) {
              const inside = rects.some(
                (r) => x > r.x && x < right(r) && y > r.y && y < r.y + r.height,
              );
              assert.ok(!inside);
            }
          }
        }
      }),
    );
  });

  it('is the same for the same structure', () => {
    fc.assert(
      fc.property(anyGraph, (pipelines) => {
        assert.deepEqual(layoutGraph(pipelines), layoutGraph(structuredClone(pipelines)));
      }),
    );
  });

  it('stands a chain in one line', () => {
    const stages = ['a', 'b', 'c', 'd'];
    const edges = stages.slice(1).map((to, i): LayoutEdge => {
      return { key: `to ${to}`, from: stages[i] ?? null, to, box: i === 1 ? 'rate' : 'queue' };
    });
    const layout = layoutGraph([{ title: 'p', stages, edges }]);
    const middles = [...layout.boxes.values()].map((r) => r.y + r.height / 2);
    assert.equal(new Set(middles).size, 1);
  });

  it('is quick for a thousand stages', () => {
    const stages = Array.from({ length: 1000 }, (_, i) => `s${i}`);
    const edges = stages.flatMap((to, i): LayoutEdge[] => [
      { key: `a${i}`, from: stages[Math.floor(i / 2)] ?? null, to, box: 'queue' },
      { key: `b${i}`, from: stages[Math.floor(i / 3)] ?? null, to, box: 'rate' },
    ]);
    const start = performance.now();
    assert.equal(layoutGraph([{ title: 'p', stages, edges }]).boxes.size, 3000);
    assert.ok(performance.now() - start < 3000);
  });
});

describe('ranks', () => {
  it('survives a chain as long as a program can have', () => {
    const count = 20_000;
    const edges = Array.from({ length: count - 1 }, (_, i) => ({ from: i, to: i + 1 }));
    const { ranks, back } = rankStages(count, [...edges, { from: count - 1, to: 0 }]);
    assert.equal(ranks.at(-1), count - 1);
    assert.deepEqual([...back], [count - 1]);
  });

  it('puts a late source right before the stage that it feeds', () => {
    const edges = [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 3, to: 2 },
    ];
    assert.deepEqual(rankStages(4, edges).ranks, [0, 1, 2, 1]);
  });
});

describe('numbers in order', () => {
  it('are in order, as near as can be, and stay where they can', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 })), (values) => {
        const out = ascending(values);
        assert.deepEqual(
          out,
          out.toSorted((a, b) => a - b),
        );
        const sum = (list: readonly number[]): number => list.reduce((s, v) => s + v, 0);
        assert.ok(Math.abs(sum(out) - sum(values)) < 1e-6);
        const sorted = values.toSorted((a, b) => a - b);
        assert.deepEqual(ascending(sorted), sorted);
      }),
    );
  });
});

describe('keys in a graph', () => {
  it('reach every node from every other, and follow links both ways', () => {
    fc.assert(
      fc.property(anyPipeline('a'), (pipeline) => {
        const layout = layoutGraph([pipeline]);
        const edges = navigable(pipeline.edges);
        const graph = { order: readingOrder(pipeline.stages, edges, layout), edges, layout };
        const arrows: readonly GraphKey[] = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'];
        const start = graph.order.at(-1);
        if (start === undefined) return;
        const reached = new Set([start]);
        for (const node of reached)
          for (const key of arrows) reached.add(neighbourOf(graph, node, key));
        assert.equal(reached.size, graph.order.length);
        for (const { key, from, to, hasQueue } of edges) {
          if (!hasQueue) continue;
          if (to !== null) assert.equal(neighbourOf(graph, key, 'ArrowRight'), to);
          if (from !== null) assert.equal(neighbourOf(graph, key, 'ArrowLeft'), from);
        }
        assert.equal(neighbourOf(graph, start, 'Home'), graph.order[0]);
        assert.equal(neighbourOf(graph, start, 'End'), start);
      }),
    );
  });
});
