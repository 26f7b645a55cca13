import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PanelRow } from '../../extension/core/panel/rows.js';
import { arrowPath, piecePath, widthOf } from '../../webview/graph/graphLines.js';
import { graphOf, type GraphPipeline } from '../../webview/graph/graphModel.js';
import { itemsOf, rowOf } from '../../webview/graph/graphNodes.js';
import {
  pipelineTitle,
  queueFill,
  queueShare,
  queueSpoken,
  queueTooltip,
  stageSpoken,
} from '../../webview/graph/graphTexts.js';
import {
  fitZoom,
  scrollFor,
  shownZoom,
  steppedZoom,
  wheeledZoom,
} from '../../webview/graph/graphZoom.js';
import { layout } from '../../webview/timeline/layout.js';
import { snapshot } from './builders.js';
import {
  branchedShape,
  link,
  pipelineReport,
  queueReport,
  shapeOf,
  stageReport,
} from './graphBuilders.js';

function graphs(shape: ReturnType<typeof shapeOf>): readonly GraphPipeline[] {
  const { rows, report } = shape;
  return graphOf(snapshot({ rows, report }), layout(rows, report));
}

const edgeList = ({ edges }: GraphPipeline): readonly string[] =>
  edges.map(({ from, to, ratePerSec, queue, known }) => {
    const end = (key: string | null): string => key?.split('/')[1] ?? '?';
    const through = queue === null ? '' : ` ${queue.row.queue}`;
    return `${end(from)} > ${end(to)}${through}: ${ratePerSec ?? '?'} ${known}`;
  });

describe('pipelines as graphs', () => {
  it('puts queues on the links, and tells how much passes where that is known', () => {
    const [main, other] = graphs(branchedShape());
    assert.ok(main !== undefined && other !== undefined);
    assert.deepEqual(edgeList(main), [
      'fetch > parse pages: 200 declared',
      'parse > images pictures of the page: 60 declared',
      'parse > text words: 140 declared',
      'merge > retry again: 9 declared',
      '? > fetch seeds: ? declared',
      'images > merge: 60 learned',
      'text > merge: 140 order',
      'retry > fetch: 9 items',
      'text > hash: 140 learned',
    ]);
    assert.deepEqual(
      main.stages.map((s) => [s.row.stage, s.isBottleneck]),
      ['fetch', 'parse', 'images', 'text', 'merge', 'retry', 'hash'].map((n) => [n, n === 'parse']),
    );
    assert.deepEqual(edgeList(other), ['collect > render: 100 declared']);
  });

  it('knows no rate where several ways begin and end', () => {
    const [graph] = graphs(
      shapeOf(
        pipelineReport('p', {
          stages: ['a', 'b', 'c', 'd'].map((name) => stageReport(name)),
          links: [link('a', 'c'), link('a', 'd'), link('b', 'c'), link('b', 'd')],
        }),
      ),
    );
    assert.deepEqual(
      graph?.edges.map((e) => e.ratePerSec),
      [null, null, null, null],
    );
  });

  it('joins what shares a row: stages of several processes, and their queues', () => {
    const names = [1, 2, 3, 4].map((pid) => `work (pid ${pid})`);
    const pipeline = pipelineReport('p', {
      stages: [stageReport('feed'), ...names.map((name) => stageReport(name))],
      queues: names.map((name) => queueReport('jobs', ['feed', name], { fullShare: 0.5 })),
      links: names.map((name) => link('feed', name)),
      bottleneck: { kind: 'stage', stage: 'work (pid 3)', confidence: 1, evidence: [] },
    });
    const { rows, report } = shapeOf(pipeline);
    const joinedStage = { processes: 4, report: stageReport('work', { ratePerSec: 400 }) };
    const joinedQueue = { queues: 4, meanDepth: 7, fullShare: 0.5 };
    const joined = rows.flatMap((row): readonly PanelRow[] => {
      if (row.kind === 'stage' && row.stage === names[0]) {
        return [{ ...row, stage: 'work', joined: joinedStage }];
      }
      if (row.kind === 'queue' && row.id === 6) return [{ ...row, joined: joinedQueue }];
      return row.kind === 'stage' && row.stage === 'feed' ? [row] : [];
    });
    const [graph] = graphs({ rows: joined, report });
    assert.ok(graph !== undefined);
    assert.deepEqual(edgeList(graph), ['feed > work jobs: 400 declared']);
    const [, work] = graph.stages;
    assert.ok(work?.isBottleneck === true && work.report?.ratePerSec === 400);
    const queue = graph.edges[0]?.queue;
    assert.ok(queue);
    assert.deepEqual([queue.meanDepth, queue.fullShare, queue.emptyShare], [7, 0.5, null]);
    const [edge] = graph.edges;
    assert.ok(edge);
    assert.equal(queueTooltip(edge, queue)[0], 'jobs · 4 queues');
  });

  it('shows queues of one name with their own figures', () => {
    const [graph] = graphs(
      shapeOf(
        pipelineReport('p', {
          stages: ['a', 'b', 'c'].map((name) => stageReport(name)),
          queues: [
            queueReport('q', ['a', 'b'], { fullShare: 0.9 }),
            queueReport('q', ['b', 'c'], { fullShare: 0.1 }),
          ],
        }),
      ),
    );
    assert.deepEqual(
      graph?.edges.map((e) => [e.queue?.fullShare, e.key]),
      [
        [0.9, 'queue p/q/0'],
        [0.1, 'queue p/q/1'],
      ],
    );
  });
});

describe('texts of the graph', () => {
  const [main] = graphs(branchedShape());
  assert.ok(main !== undefined);

  it('names the pipeline with its verdict', () => {
    assert.equal(pipelineTitle(main.report), 'crawl · 100/s · bottleneck: parse (93% sure)');
    const none = pipelineReport('p', {});
    assert.equal(pipelineTitle(none), 'p · 100/s · no bottleneck found');
    assert.equal(pipelineTitle({ ...none, isShared: true }), 'p · shared');
  });

  it('tells stages and queues to those who do not see them', () => {
    const parse = main.stages.find((s) => s.isBottleneck);
    assert.ok(parse !== undefined);
    assert.equal(
      stageSpoken(parse, main),
      'Stage parse, cpu ×2; bottleneck; 98% busy · 200/s; p95 9 ms; starved 2%; ' +
        'fed by fetch, feeds images, text',
    );
    const [pages, pictures] = main.edges;
    assert.ok(pages?.queue && pictures?.queue);
    assert.equal(
      queueSpoken(pages, pages.queue, main),
      'Queue pages; 30.2 of 32; full 91%; 200/s; from fetch to parse; mean depth 30.2; capacity 32; empty 1%; declared',
    );
    assert.equal(queueFill(pictures.queue), '12 of ∞');
    assert.deepEqual(
      [queueShare(pages.queue), queueShare(pictures.queue)],
      ['full 91%', 'empty 40%'],
    );
  });

  it('gives every node its row, and rates none', () => {
    const rows = itemsOf(main).map(rowOf);
    assert.equal(rows.filter((row) => row !== null).length, 12);
    assert.equal(new Set(rows).size, 13);
  });
});

describe('lines and zoom of the graph', () => {
  it('draws curves between columns and straight lines through them', () => {
    assert.equal(
      piecePath([
        [0, 0],
        [10, 20],
        [30, 20],
        [40, 5],
      ]),
      'M0,0C5,0 5,20 10,20L30,20C35,20 35,5 40,5',
    );
    assert.equal(piecePath([]), '');
    const line = { pieces: [[[0, 0] as const, [10, 4] as const]], isBack: false };
    assert.equal(arrowPath(line, 2), 'M10,4L2,0L2,8Z');
    assert.equal(arrowPath({ ...line, isBack: true }, 2), 'M10,4L18,0L18,8Z');
  });

  it('is wide where much passes, and never wider than the widest', () => {
    assert.deepEqual([widthOf(null, 10), widthOf(0, 0), widthOf(10, 10)], [1.5, 1.5, 5]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (rate) => {
        assert.ok(widthOf(rate, 100) <= widthOf(100, 100));
      }),
    );
  });

  it('fits what can be read, and zooms within bounds around a point', () => {
    const window = { windowWidthPx: 1000, windowHeightPx: 500 };
    const small = { widthPx: 500, heightPx: 100, ...window };
    const wide = { widthPx: 20_000, heightPx: 100, ...window };
    assert.deepEqual([fitZoom(small), shownZoom(null, small)], [1.25, 1.25]);
    assert.deepEqual(
      [fitZoom(wide), shownZoom(null, wide), shownZoom(0.3, wide)],
      [0.1, 0.75, 0.3],
    );
    assert.equal(fitZoom({ ...wide, widthPx: 0 }), 1);
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 2, noNaN: true }),
        fc.integer({ min: -1e4, max: 1e4 }),
        (zoom, delta) => {
          for (const next of [
            steppedZoom(zoom, 1),
            steppedZoom(zoom, -1),
            wheeledZoom(zoom, delta),
          ]) {
            assert.ok(next >= 0.1 && next <= 2);
          }
          const scroll = scrollFor(300, 200, zoom, zoom * 1.5);
          assert.ok(Math.abs((scroll + 200) / (zoom * 1.5) - 500 / zoom) < 1e-6);
        },
      ),
    );
  });
});
