import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BoxFlag, BoxKind, StripFlag } from '../../extension/core/panel/view.js';
import { drawOverview } from '../../webview/draw/drawOverview.js';
import { drawTimeline } from '../../webview/draw/drawTimeline.js';
import type { Frame } from '../../webview/draw/frame.js';
import { foldKey, layout } from '../../webview/timeline/layout.js';
import { drawRuler, flagsOf } from '../../webview/draw/ruler.js';
import type { TimeRange } from '../../webview/timeline/timeScale.js';
import { emptyReport, gaugesRow, picture, queueRow, stageRow, testTheme } from './builders.js';
import { assertGolden } from './golden.js';
import { RecordingSurface } from './recordingSurface.js';

const rows = [stageRow(1, 'parse', [[10, 2]]), queueRow(2, 'texts', 3)];

const frame: Frame = {
  theme: testTheme,
  geometry: layout(rows, emptyReport),
  picture: null,
  range: { fromNs: 0, toNs: 1e9 },
  scrollPx: 0,
  widthPx: 200,
  heightPx: 120,
  dpr: 1,
  heatScale: 'linear',
  losses: [],
  knobChanges: [],
  selection: null,
  marked: null,
  path: [],
  found: [],
  foundAt: -1,
};

const shown = { fromNs: 0, toNs: 1e9, widthPx: 200 };

function drawn(rest: Partial<Frame>): readonly string[] {
  const surface = new RecordingSurface();
  drawTimeline(surface, { ...frame, ...rest });
  return surface.log;
}

const about = (log: readonly string[], ...styles: readonly string[]): readonly string[] =>
  log.filter((line) => styles.some((style) => line.includes(style)));

describe('drawing', () => {
  it('draws lanes: every state in its own shape, merged boxes by busy share, errors, labels', () => {
    const boxes = [
      { x: 1, width: 60, kind: BoxKind.busy },
      { x: 61, width: 20, kind: BoxKind.blocked },
      { x: 81, width: 20, kind: BoxKind.starved },
      { x: 101, width: 20, kind: BoxKind.limited },
      { x: 121, width: 1, kind: BoxKind.busy, share: 128, flags: BoxFlag.merged },
      { x: 122, width: 1, kind: BoxKind.busy, share: 255, flags: BoxFlag.merged | BoxFlag.error },
      { x: 130, width: 10, kind: BoxKind.busy, flags: BoxFlag.error },
      { x: 150, width: 50, kind: BoxKind.busy },
      { x: 3, width: 50, kind: BoxKind.span, level: 1, name: 1 },
      { x: 160, width: 30, kind: BoxKind.gpu, level: 1 },
    ];
    const log = drawn({ picture: picture({ ...shown, names: ['', 'tok'], lanes: { 10: boxes } }) });
    assertGolden('lanes', log);
  });

  it('draws CPU samples as a flame chart below the lanes: by function, idle as a line, uncounted pale', () => {
    const stage = stageRow(1, 'parse', [[10, 1]]);
    const cpu = { id: 11, label: 'main CPU', levels: 2, kind: 'cpu' } as const;
    const geometry = layout([{ ...stage, lanes: [...stage.lanes, cpu] }], emptyReport);
    const samples = [
      { x: 1, width: 99, kind: BoxKind.cpu, name: 1 },
      { x: 100, width: 40, kind: BoxKind.cpuIdle, name: 3 },
      { x: 140, width: 60, kind: BoxKind.cpu, name: 1, flags: BoxFlag.shared },
      { x: 1, width: 60, kind: BoxKind.cpu, level: 1, name: 2 },
    ];
    const lanes = { 10: [{ x: 1, width: 198, kind: BoxKind.busy }], 11: samples };
    const names = ['', 'parse', 'tokenise', '(idle)'];
    assertGolden('cpu', drawn({ geometry, picture: picture({ ...shown, names, lanes }) }));
  });

  it('draws columns: shares of time stacked from the ground, failures on it, equal ones as one', () => {
    const columns = [
      { busy: 1 },
      { busy: 1 },
      { busy: 0.5, blocked: 0.25, starved: 0.25 },
      { busy: 0.001, limited: 0.999 },
      {},
      { busy: 0.2, flags: StripFlag.error },
    ];
    assertGolden('columns', drawn({ picture: picture({ ...shown, strips: { 10: columns } }) }));
  });

  it('draws the lanes of a folded stage as one strip', () => {
    const row = stageRow(1, 'parse', [
      [10, 1],
      [11, 1],
    ]);
    const geometry = layout([row], emptyReport, new Map([[foldKey(row), true]]));
    const strips = {
      1: [
        { busy: 0.75, starved: 0.25 },
        { busy: 0.5, blocked: 0.5 },
      ],
    };
    assertGolden('folded', drawn({ geometry, picture: picture({ ...shown, strips }) }));
  });

  it('draws a heatmap with its capacity line and leaves unknown columns empty', () => {
    const cells = [
      [0, 0, 0, 0],
      [255, 0, 0, 0],
      [255, 0, 0, 0],
      [100, 155, 0, 0],
      [0, 0, 1, 254],
    ];
    const log = drawn({ picture: picture({ ...shown, queues: { 2: { buckets: 4, cells } } }) });
    assertGolden('heatmap', log);
  });

  it('draws gauges: steps, warnings, a gap that is no zero, a zero that is no gap, nothing outside', () => {
    const geometry = layout([gaugesRow(1, [{ warnAbove: 0.8 }])], emptyReport);
    const values = [NaN, 0, 0.5, 0.5, 0.9, 2, -1, -1, 0.25, NaN];
    const log = drawn({ geometry, picture: picture({ ...shown, gauges: { 2: values } }) });
    assertGolden('gauge', about(log, 'gauge', 'area', 'gap', 'warning'));
  });

  it('marks a gauge that is selected', () => {
    const geometry = layout([gaugesRow(1, [{}, {}])], emptyReport);
    const selection = { row: 3, level: 0, fromNs: 0.5e9, toNs: 0.75e9 };
    assert.deepEqual(about(drawn({ geometry, selection }), 'frame'), [
      'frame 99 42 52 20 foreground',
    ]);
  });

  it('draws losses over everything, knob changes, and the selection', () => {
    const log = drawn({
      losses: [
        { fromNs: 0.2e9, toNs: 0.8e9, records: 1203 },
        { fromNs: 0.9e9, toNs: 0.9e9, records: 1 },
      ],
      knobChanges: [{ knob: '1:1', atNs: 0.5e9, name: 'threads', from: 2, to: 4 }],
      selection: { row: 10, level: 1, fromNs: 0.1e9, toNs: 0.2e9 },
    });
    assertGolden('marks', about(log, 'gap', 'warning', 'frame', 'foreground'));
  });

  it('draws the way of an item over everything: stops, lines, and how long it waited', () => {
    const two = [...rows, stageRow(3, 'write', [[20, 1]])];
    const visit = { stageRow: 1, stage: '', lane: '', failed: false, items: 1, queue: null };
    const path = [
      { ...visit, row: 10, startNs: 0.05e9, durationNs: 0.3e9, waitedNs: null },
      { ...visit, row: 20, startNs: 0.85e9, durationNs: 0.02e9, waitedNs: 0.5e9, failed: true },
      { ...visit, row: 99, startNs: 0.9e9, durationNs: 0.02e9, waitedNs: 0 },
    ];
    const geometry = layout(two, emptyReport);
    const log = drawn({ geometry, heightPx: geometry.heightPx, path });
    assertGolden('path', log.slice(log.findIndex((line) => line.includes('veil'))));
  });

  it('marks what was found, and what is looked at of it more strongly', () => {
    const hit = { row: 10, level: 0, startNs: 0.1e9, durationNs: 0.2e9, label: '' };
    const found = [
      hit,
      { ...hit, level: 1, startNs: 0.4e9, durationNs: 0 },
      { ...hit, startNs: 3e9 },
      { ...hit, row: 99 },
      { ...hit, row: 2, startNs: -1e18, durationNs: 2e18 },
    ];
    assertGolden('found', about(drawn({ found, foundAt: 1 }), 'frame'));
  });

  it('veils what is not marked, and draws the edges of what is', () => {
    const log = drawn({ marked: { fromNs: 0.25e9, toNs: 0.75e9 } });
    assert.deepEqual(about(log, 'markedVeil', 'focus'), [
      'rect 0 0 50 110 markedVeil',
      'rect 150 0 50 110 markedVeil',
      'rect 49 0 1 110 focus',
      'rect 150 0 1 110 focus',
    ]);
    assert.deepEqual(about(drawn({ marked: { fromNs: -1e9, toNs: 3e9 } }), 'markedVeil'), []);
  });

  it('marks no capacity on an unbounded queue', () => {
    const geometry = layout([queueRow(2, 'q', null)], emptyReport);
    assert.deepEqual(about(drawn({ geometry }), 'capacity'), []);
    assert.equal(about(drawn({}), 'capacity').length, 1);
  });

  it('stretches an old picture onto the present range', () => {
    const boxes = [{ x: 50, width: 50, kind: BoxKind.busy }];
    const old = picture({ ...shown, lanes: { 10: boxes } });
    const log = drawn({ picture: old, range: { fromNs: 0.25e9, toNs: 0.5e9 } });
    assert.deepEqual(about(log, ' cpu'), ['rect 0 5 199 21 cpu', 'text 4 16 "250 ms" cpu-ink']);
  });

  it('writes no duration into a box that the picture cuts', () => {
    const boxes = [
      { x: 0, width: 60, kind: BoxKind.busy },
      { x: 140, width: 60, kind: BoxKind.busy },
    ];
    const log = drawn({ picture: picture({ ...shown, lanes: { 10: boxes } }) });
    assert.deepEqual(about(log, 'ms"'), []);
  });

  it('draws only the lanes on screen', () => {
    const lanes = Array.from({ length: 100 }, (_, i) => [100 + i, 1] as const);
    const row = stageRow(1, 'many', lanes);
    const geometry = layout([row], emptyReport, new Map([[foldKey(row), false]]));
    const box = [{ x: 50, width: 100, kind: BoxKind.busy }];
    const all = Object.fromEntries(lanes.map(([id]) => [id, box]));
    const log = drawn({
      geometry,
      scrollPx: 95,
      heightPx: 30,
      picture: picture({ ...shown, lanes: all }),
    });
    assert.equal(about(log, ' cpu').length, 10);
  });

  it('draws the ruler with flags of knob changes', () => {
    const surface = new RecordingSurface();
    drawRuler(surface, {
      theme: testTheme,
      range: { fromNs: 0, toNs: 1e9 },
      widthPx: 400,
      heightPx: 24,
      dpr: 1,
      knobChanges: [
        { knob: '1:1', atNs: 0.25e9, name: 'threads', from: 2, to: 4 },
        { knob: '1:1', atNs: 0.9e9, name: 'threads', from: 4, to: null },
      ],
      marked: null,
    });
    assertGolden('ruler', surface.log);
  });

  it('makes one flag of changes of a knob that stand close together', () => {
    const change = (atNs: number, from: number, to: number, knob = '1:1') => {
      return { knob, atNs, name: knob === '1:1' ? 'threads' : 'depth', from, to };
    };
    const texts = (toNs: number, ...knobChanges: ReturnType<typeof change>[]): string[] => {
      const range = { fromNs: 0, toNs };
      return flagsOf({ knobChanges, range, widthPx: 1000 }).map(({ text }) => text);
    };
    // A slider that is drawn; a little of it seen from near.
    const drawn = [change(1e9, 2, 3), change(1.1e9, 3, 5), change(1.2e9, 5, 8)];
    assert.deepEqual(texts(10e9, ...drawn), ['threads 2 → 8']);
    assert.deepEqual(texts(2e9, ...drawn), ['threads 2 → 3', 'threads 3 → 5', 'threads 5 → 8']);
    // A trial that was taken back; another knob in between.
    assert.deepEqual(texts(60e9, change(1e9, 2, 4), change(2e9, 4, 2)), ['threads 2 ⇄ 4']);
    assert.deepEqual(texts(60e9, change(1e9, 2, 4), change(1.5e9, 8, 9, '1:2')), [
      'threads 2 → 4',
      'depth 8 → 9',
    ]);
  });

  it('draws what is marked as a band in the ruler, with its length where there is room', () => {
    const band = (marked: TimeRange): readonly string[] => {
      const surface = new RecordingSurface();
      const place = { range: { fromNs: 0, toNs: 1e9 }, widthPx: 400, heightPx: 24, dpr: 1 };
      drawRuler(surface, { theme: testTheme, ...place, knobChanges: [], marked });
      return surface.log.slice(surface.log.findIndex((line) => line.includes('markedBand')));
    };
    assertGolden('ruler-marked', band({ fromNs: 0.25e9, toNs: 0.5e9 }));
    assert.deepEqual(
      about(band({ fromNs: 0.5e9, toNs: 0.51e9 }), 'text'),
      [],
      'no room for its length',
    );
  });

  it('draws the overview as steps, with latencies and losses', () => {
    const surface = new RecordingSurface();
    drawOverview(surface, {
      theme: testTheme,
      extent: { fromNs: 0, toNs: 1e9 },
      widthPx: 100,
      heightPx: 66,
      dpr: 1,
      throughput: { stepNs: 0.25e9, perSec: [0, 100, 200, 50] },
      latency: {
        stepNs: 0.2e9,
        steps: [null, [1e6, 3e6, 4e6], [1e6, 5e6, 8e6], null, [1e6, 1e6, 2e6]],
      },
      losses: [{ fromNs: 0.5e9, toNs: 0.6e9, records: 3 }],
      marked: null,
      found: [],
    });
    assertGolden('overview', surface.log);
  });

  it('marks in the overview what is marked, and where something was found', () => {
    const surface = new RecordingSurface();
    const hit = { row: 1, level: 0, durationNs: 1, label: '' };
    drawOverview(surface, {
      theme: testTheme,
      extent: { fromNs: 0, toNs: 1e9 },
      widthPx: 100,
      heightPx: 66,
      dpr: 1,
      throughput: { stepNs: 0.25e9, perSec: [] },
      latency: null,
      losses: [],
      marked: { fromNs: 0.2e9, toNs: 0.4e9 },
      found: [
        { ...hit, startNs: 0.5e9 },
        { ...hit, startNs: 0.501e9 },
        { ...hit, startNs: 1e9 },
      ],
    });
    assert.deepEqual(about(surface.log, 'focus', 'foreground'), [
      'rect 50 45 1 7 foreground',
      'rect 99 45 1 7 foreground',
      'rect 20 0 20 3 focus',
    ]);
  });
});
