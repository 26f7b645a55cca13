import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawHeader } from '../../webview/draw/drawHeaders.js';
import { timelineDrawing, type TimelineShot } from '../../webview/export/exportPicture.js';
import { exportedRange, exportFault } from '../../webview/export/exportTexts.js';
import { legendSamples } from '../../webview/draw/legendSamples.js';
import { layout } from '../../webview/timeline/layout.js';
import { menuStep } from '../../webview/menuStep.js';
import { initialState, withNavigation, withSnapshot } from '../../webview/state.js';
import { emptyReport, gaugesRow, queueRow, snapshot, stageRow, testTheme } from './builders.js';
import { assertGolden } from './golden.js';
import { RecordingSurface } from './recordingSurface.js';

const lost = { ...emptyReport.capture, lost: { records: 7, shareOfExecutions: 0.1 } };
const rows = [
  stageRow(1, 'parse', [
    [10, 1],
    [11, 1],
  ]),
  queueRow(2, 'texts', 3),
  gaugesRow(20, [{ label: 'event loop busy', warnAbove: 0.8 }]),
];
const state = withSnapshot(
  initialState,
  snapshot({ rows, report: { ...emptyReport, capture: lost } }),
);

const shot: TimelineShot = {
  state,
  theme: testTheme,
  picture: null,
  headerPx: 228,
  widthPx: 400,
  heightPx: 600,
  overviewPx: 66,
  rulerPx: 24,
  dpr: 1,
  overviewLines: ['Throughput', '12/s', 'latency p95 3 ms'],
  measure: (text) => text.length * 6,
};

function texts(rest: Partial<TimelineShot> = {}): readonly string[] {
  const surface = new RecordingSurface();
  timelineDrawing({ ...shot, ...rest }).draw(surface);
  return surface.log.filter((line) => line.startsWith('text'));
}

describe('a picture of the timeline', () => {
  it('draws headers as the page shows them', () => {
    const surface = new RecordingSurface();
    for (const band of layout(rows, emptyReport).bands) {
      drawHeader(surface, { theme: testTheme, widthPx: 228 }, band);
    }
    assertGolden('headers', surface.log);
  });

  it('says what it is of, what is shown, and what was lost', () => {
    const marked = { fromNs: 0.25e9, toNs: 0.75e9 };
    const log = texts({ state: { ...state, marked } });
    const has = (text: string, ink: string): boolean =>
      log.some((line) => line.includes(text) && line.endsWith(` ${ink}`));
    assert.ok(has('"test"', 'foreground'));
    assert.ok(has('"· 7 lost"', 'warning'), log.join('\n'));
    assert.ok(has('"capture"', 'dim'));
    assert.ok(log.some((line) => line.includes('marked: 0.25 s … 0.75 s (500 ms)')));
    for (const line of ['Throughput', '12/s', 'latency p95 3 ms', 'parse', 'texts', 'blocked'])
      assert.ok(
        log.some((text) => text.includes(`"${line}"`)),
        line,
      );
  });

  it('ends below the last row, or where the window ends', () => {
    const all = timelineDrawing(shot);
    const rest = all.heightPx - state.geometry.heightPx;
    assert.equal(all.widthPx, 628);
    assert.equal(timelineDrawing({ ...shot, heightPx: 50 }).heightPx, rest + 50);
    const scrolled = { ...state, scrollPx: 30 };
    assert.equal(timelineDrawing({ ...shot, state: scrolled }).heightPx, all.heightPx - 30);
  });

  it('names the ends of the scale that is in use', () => {
    const heat = (scale: 'linear' | 'ranked'): unknown[] => {
      const sample = legendSamples(scale).find(({ id }) => id === 'heat');
      const surface = new RecordingSurface();
      sample?.draw(surface, { theme: testTheme, dpr: 1, heatScale: scale });
      return [sample?.before, sample?.after, surface.log.length];
    };
    assert.deepEqual(heat('linear'), ['share of time at a queue depth: 0', '100%', 90]);
    assert.deepEqual(heat('ranked'), ['share of time at a queue depth, by rank: least', 'most', 9]);
  });
});

describe('what is exported', () => {
  it('is what is marked, else what is shown of the session', () => {
    const marked = { fromNs: 1, toNs: 2 };
    assert.deepEqual(exportedRange({ ...state, marked }), marked);
    // The whole session is shown with air on both sides, of which there are no data.
    assert.deepEqual(exportedRange(state), { fromNs: 0, toNs: 1e9 });
    const range = { fromNs: 0.1e9, toNs: 0.2e9 };
    assert.deepEqual(exportedRange(withNavigation(state, { kind: 'show', range })), range);
  });

  it('is a picture where something is drawn, and says why where not', () => {
    assert.equal(exportFault({ view: 'timeline' }), null);
    assert.equal(exportFault({ view: 'flame' }), null);
    assert.match(exportFault({ view: 'graph' }) ?? '', /elements of the page/);
    assert.match(exportFault({ view: 'table' }) ?? '', /no picture/);
  });

  it('is chosen in a menu whose arrows go round', () => {
    assert.equal(menuStep('ArrowDown', 2, 3), 0);
    assert.equal(menuStep('ArrowUp', 0, 3), 2);
    assert.equal(menuStep('End', 0, 3), 2);
    assert.equal(menuStep('Home', 2, 3), 0);
    assert.equal(menuStep('a', 2, 3), null);
  });
});
