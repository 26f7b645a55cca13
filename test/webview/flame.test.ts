import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FlameReply } from '../../extension/core/panel/query.js';
import { drawFlame, type FlameFrame } from '../../webview/draw/drawFlame.js';
import {
  boxAt,
  deepestRow,
  flameBoxes,
  FLAME_ROW_PX,
  moved,
  zoomedOut,
  type FlameKey,
} from '../../webview/flame/flameBoxes.js';
import {
  foldedStacks,
  functionTimes,
  matchedNs,
  matching,
} from '../../webview/flame/flameFunctions.js';
import {
  childNodes,
  flameTree,
  functionOf,
  keysTo,
  nodeAt,
  parentOf,
  pathTo,
  selfNs,
  totalNs,
  wholeNs,
  type FlameTree,
} from '../../webview/flame/flameTree.js';
import { flameOrders } from '../../webview/viewState.js';
import { testTheme } from './builders.js';
import { flameOf, largeFlame, withTotals } from './flameBuilders.js';
import { assertGolden } from './golden.js';
import { RecordingSurface } from './recordingSurface.js';

const program = flameOf(
  'main 1',
  '  parse 2',
  '    lex 6',
  '    parse 1',
  '      lex 2',
  '  emit 8',
  'gc 1',
);

/** `main 20 [parse 11 [lex 6, …]]`: names with their milliseconds, in the order of drawing. */
function drawing(tree: FlameTree, node = 0): string {
  const name = functionOf(tree, node)?.name ?? 'all';
  const below = childNodes(tree, node).map((child) => drawing(tree, child));
  return `${name} ${totalNs(tree, node) / 1e6}${below.length === 0 ? '' : ` [${below.join(', ')}]`}`;
}

/** Any tree of up to 40 calls of up to 6 functions; like those of the host it has no twins. */
const anyFlame: fc.Arbitrary<FlameReply> = fc
  .array(fc.tuple(fc.nat(), fc.nat({ max: 5 }), fc.nat({ max: 1000 })), { maxLength: 40 })
  .map((calls) => {
    const nodes = [{ up: -1, of: -1, ns: 0 }];
    for (const [some, of, ms] of calls) {
      const up = some % nodes.length;
      if (!nodes.some((n) => n.up === up && n.of === of)) nodes.push({ up, of, ns: ms * 1e6 });
    }
    return withTotals({
      functions: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, source: null })),
      parent: nodes.map(({ up }) => up),
      function: nodes.map(({ of }) => of),
      selfNs: nodes.map(({ ns }) => ns),
    });
  });

describe('the order of a call tree', () => {
  it('is by name, by time, or from the functions to their callers', () => {
    assert.equal(
      drawing(flameTree(program, 'name')),
      'all 21 [gc 1, main 20 [emit 8, parse 11 [lex 6, parse 3 [lex 2]]]]',
    );
    assert.equal(
      drawing(flameTree(program, 'heavy')),
      'all 21 [main 20 [parse 11 [lex 6, parse 3 [lex 2]], emit 8], gc 1]',
    );
    assert.equal(
      drawing(flameTree(program, 'callers')),
      'all 21 [emit 8 [main 8], lex 8 [parse 8 [main 6, parse 2 [main 2]]], ' +
        'parse 3 [main 2, parse 1 [main 1]], gc 1, main 1]',
    );
  });

  it('keeps all time, children inside of their callers, side by side in each row', () => {
    fc.assert(
      fc.property(anyFlame, fc.constantFrom(...flameOrders), (reply, order) => {
        const tree = flameTree(reply, order);
        assert.equal(wholeNs(tree), reply.totalNs[0]);
        for (const row of tree.rows) {
          let endNs = -Infinity;
          for (const node of row) {
            const startNs = tree.startNs[node] ?? NaN;
            assert.ok(startNs >= endNs - 1e-6);
            endNs = startNs + totalNs(tree, node);
            const up = parentOf(tree, node);
            if (up < 0) continue;
            assert.ok(startNs >= (tree.startNs[up] ?? NaN) - 1e-6);
            assert.ok(endNs <= (tree.startNs[up] ?? NaN) + totalNs(tree, up) + 1e-6);
            assert.ok(childNodes(tree, up).includes(node));
          }
        }
        const top = childNodes(tree, 0).reduce((sum, node) => sum + totalNs(tree, node), 0);
        // Upside down the functions stand at the top with all of their time, unless it is next to nothing.
        assert.ok(Math.abs(top - wholeNs(tree)) <= wholeNs(tree) * 0.002 + 1e-6);
      }),
    );
  });

  it('gives each function upside down the time that it has of its own', () => {
    fc.assert(
      fc.property(anyFlame, (reply) => {
        const tree = flameTree(reply, 'callers');
        const times = new Map(functionTimes(reply).map((f) => [f.of.name, f.selfNs]));
        for (const node of childNodes(tree, 0)) {
          const name = functionOf(tree, node)?.name ?? '';
          assert.equal(selfNs(tree, node), times.get(name));
        }
      }),
    );
  });

  it('finds a way again, in another answer as far as it leads', () => {
    fc.assert(
      fc.property(anyFlame, fc.nat(), (reply, some) => {
        const tree = flameTree(reply, 'heavy');
        const node = some % reply.parent.length;
        const keys = keysTo(tree, node);
        assert.equal(nodeAt(tree, keys), node);
        assert.equal(pathTo(tree, node).length, keys.length);
      }),
    );
    const other = flameTree(flameOf('main 1', '  emit 2'), 'name');
    const keys = ['main\n/app/main.ts:1:1', 'parse\n/app/parse.ts:1:1'];
    assert.equal(functionOf(other, nodeAt(other, keys))?.name, 'main');
  });

  it('is quick for 20,000 nodes, and for stacks as deep as that', () => {
    const deep = withTotals({
      functions: [{ name: 'f', source: null }],
      parent: Array.from({ length: 20_000 }, (_, i) => i - 1),
      function: Array.from({ length: 20_000 }, (_, i) => (i === 0 ? -1 : 0)),
      selfNs: Array.from({ length: 20_000 }, () => 1e6),
    });
    for (const reply of [largeFlame(20_000), deep]) {
      for (const order of flameOrders) {
        const start = performance.now();
        const tree = flameTree(reply, order);
        functionTimes(reply);
        flameBoxes({ tree, focus: 0, widthPx: 1200, fromRow: 0, toRow: 60 });
        const tookMs = performance.now() - start;
        assert.ok(tookMs < 2000, `${order}: ${tookMs} ms`);
      }
    }
  });
});

describe('functions of a call tree', () => {
  it('count what they called once, however deep they call themselves', () => {
    assert.deepEqual(
      functionTimes(program).map((f) => `${f.of.name} ${f.selfNs / 1e6} ${f.totalNs / 1e6}`),
      ['lex 8 8', 'emit 8 8', 'parse 3 11', 'main 1 20', 'gc 1 1'],
    );
    fc.assert(
      fc.property(anyFlame, (reply) => {
        const times = functionTimes(reply);
        const self = times.reduce((sum, f) => sum + f.selfNs, 0);
        assert.equal(self, reply.totalNs[0]);
        for (const f of times) {
          assert.ok(f.totalNs >= f.selfNs && f.totalNs <= (reply.totalNs[0] ?? 0));
        }
      }),
    );
  });

  it('are found by name or file, and their time is counted once', () => {
    const { functions } = program;
    assert.equal(matching(functions, '  '), null);
    const found = (text: string): number =>
      matchedNs(program, matching(functions, text) ?? assert.fail());
    assert.equal(found('PARSE'), 11e6);
    assert.equal(found('app/'), 21e6);
    assert.equal(found('emit.ts'), 8e6);
    assert.equal(found('nothing'), 0);
  });

  it('become folded stacks, whose names are no part of the format', () => {
    assert.deepEqual(foldedStacks(program).text.split('\n').slice(0, 3), [
      'main;emit 8000',
      'main;parse;lex 6000',
      'main;parse 2000',
    ]);
    const odd = { ...flameOf('a 1'), functions: [{ name: 'x; y\n z', source: null }] };
    assert.deepEqual(foldedStacks(odd), { text: 'x y z 1000\n', isWhole: true });
    const name = 'n'.repeat(3000);
    const wide = flameOf(...Array.from({ length: 3000 }, () => `${name} 1`));
    const { text, isWhole } = foldedStacks(wide);
    assert.ok(!isWhole && text.length < 4 * 2 ** 20 && text.length > 3e6);
  });
});

const window = { focus: 0, widthPx: 210, fromRow: 0, toRow: 10 } as const;

describe('boxes of a call tree', () => {
  const tree = flameTree(program, 'heavy');
  const named = (node: number): string => functionOf(tree, node)?.name ?? 'all';

  it('show all of it, or what is zoomed to with its callers above', () => {
    const all = flameBoxes({ tree, ...window });
    assert.deepEqual(
      all.map((b) => `${b.row} ${named(b.node)} ${Math.round(b.x)} ${Math.round(b.width)}`),
      [
        '0 all 0 210',
        '1 main 0 200',
        '1 gc 200 10',
        '2 parse 0 110',
        '2 emit 110 80',
        '3 lex 0 60',
        '3 parse 60 30',
        '4 lex 60 20',
      ],
    );
    const parse = boxAt(all, 2, 50)?.node ?? -1;
    const zoomed = flameBoxes({ tree, ...window, focus: parse });
    assert.deepEqual(
      zoomed.map((b) => `${b.row} ${named(b.node)} ${Math.round(b.x)} ${Math.round(b.width)}`),
      [
        '0 all 0 210',
        '1 main 0 210',
        '2 parse 0 210',
        '3 lex 0 115',
        '3 parse 115 57',
        '4 lex 115 38',
      ],
    );
    assert.equal(boxAt(all, 1, 209.9)?.node, boxAt(all, 1, 201)?.node);
    assert.equal(boxAt(all, 2, 195), null);
    assert.deepEqual([deepestRow(tree, 0), deepestRow(tree, parse)], [4, 4]);
    assert.equal(deepestRow(tree, boxAt(all, 2, 150)?.node ?? -1), 2);
  });

  it('become one where they are too narrow, and stand for the heaviest of them', () => {
    const many = flameOf(
      'main 100',
      ...Array.from({ length: 50 }, (_, i) => `  f${i} ${i === 20 ? 0.2 : 0.1}`),
    );
    const wide = flameTree(many, 'name');
    const boxes = flameBoxes({ tree: wide, ...window }).filter((b) => b.row === 2);
    assert.equal(boxes.length, 1);
    const [box] = boxes;
    assert.ok(box?.isMerged === true);
    assert.equal(functionOf(wide, box.node)?.name, 'f20');
    assert.ok(Math.abs(box.width - (5.1 / 105.1) * 210) < 1e-6);
  });

  it('never overlap, stay inside of the picture, and are few however large the tree', () => {
    const large = flameTree(largeFlame(20_000), 'heavy');
    fc.assert(
      fc.property(fc.nat({ max: 19_999 }), (focus) => {
        const boxes = flameBoxes({ tree: large, focus, widthPx: 800, fromRow: 0, toRow: 500 });
        for (const [i, box] of boxes.entries()) {
          assert.ok(box.x >= -1e-6 && box.x + box.width <= 800 + 1e-6);
          const last = boxes[i - 1];
          if (last?.row === box.row) assert.ok(box.x >= last.x + last.width - 1e-6);
        }
        const perRow = new Map<number, number>();
        for (const { row } of boxes) perRow.set(row, (perRow.get(row) ?? 0) + 1);
        assert.ok(Math.max(...perRow.values()) <= 800);
      }),
      { numRuns: 30 },
    );
  });

  it('are gone through with the keyboard: every one that can be seen is reached', () => {
    fc.assert(
      fc.property(anyFlame, fc.constantFrom(...flameOrders), (reply, order) => {
        if ((reply.totalNs[0] ?? 0) === 0) return;
        const any = flameTree(reply, order);
        const keys: readonly FlameKey[] = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'];
        const reached = new Set([0]);
        for (const node of reached) {
          for (const key of keys)
            reached.add(moved({ tree: any, focus: 0, widthPx: 1000 }, node, key));
        }
        const seen = flameBoxes({ tree: any, focus: 0, widthPx: 1000, fromRow: 0, toRow: 1000 });
        for (const { node, isMerged } of seen) assert.ok(isMerged || reached.has(node));
      }),
    );
  });

  it('stay inside of the zoom when the keyboard moves, and zoom out to something wider', () => {
    const parse = boxAt(flameBoxes({ tree, ...window }), 2, 50)?.node ?? -1;
    const zoom = { tree, focus: parse, widthPx: 210 };
    assert.equal(named(moved(zoom, parse, 'ArrowRight')), 'parse');
    assert.equal(named(moved(zoom, 0, 'ArrowDown')), 'main');
    assert.equal(moved(zoom, 0, 'Home'), parse);
    assert.equal(named(zoomedOut(tree, parse)), 'main');
    assert.equal(zoomedOut(tree, 0), 0);
    const chain = flameTree(flameOf('a 0', '  b 0', '    c 5', 'd 5'), 'heavy');
    assert.equal(
      zoomedOut(
        chain,
        nodeAt(
          chain,
          ['a', 'b', 'c'].map((n) => `${n}\n/app/${n}.ts:1:1`),
        ),
      ),
      0,
    );
  });
});

describe('drawing a call tree', () => {
  const tree = flameTree(program, 'heavy');
  const draw = (rest: Partial<FlameFrame> = {}): readonly string[] => {
    const surface = new RecordingSurface();
    const focus = rest.focus ?? 0;
    drawFlame(surface, {
      theme: testTheme,
      tree,
      focus,
      boxes: flameBoxes({ tree, ...window, focus }),
      stage: 'cpu',
      matches: null,
      cursor: null,
      hovered: null,
      widthPx: 210,
      heightPx: 100,
      scrollPx: 0,
      dpr: 1,
      ...rest,
    });
    return surface.log;
  };

  it('names functions with their share, marks what is found, what is pointed at, where the keyboard is', () => {
    const matches = matching(program.functions, 'lex');
    assertGolden('flame', draw({ matches, cursor: 2, hovered: 6 }));
  });

  it('draws callers of the zoom pale above it, and scrolls', () => {
    assertGolden('flameZoomed', draw({ focus: 2, scrollPx: FLAME_ROW_PX }));
  });
});
