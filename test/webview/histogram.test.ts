import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DurationHistogram } from '../../extension/core/panel/query.js';
import { drawHistogram, type HistogramFrame } from '../../webview/draw/drawHistogram.js';
import {
  AXIS_PX,
  barAt,
  barText,
  histogramSentence,
  layoutHistogram,
  MARKS_PX,
} from '../../webview/range/histogramLayout.js';
import { testTheme } from './builders.js';
import { assertGolden } from './golden.js';
import { RecordingSurface } from './recordingSurface.js';

const histogram: DurationHistogram = {
  row: 1,
  edgesNs: [0, 10e6, 20e6, 30e6, 40e6],
  counts: [10, 99, 0, 1],
  beyond: 0,
};
const beyond = { ...histogram, beyond: 3 };
const size = { widthPx: 200, heightPx: 100 };

const frame: HistogramFrame = {
  theme: testTheme,
  ...size,
  dpr: 1,
  kind: 'io',
  histogram,
  percentiles: { p50: 14e6, p95: 19e6, p99: 38e6 },
  scale: 'linear',
  at: null,
};

function drawn(rest: Partial<HistogramFrame>): readonly string[] {
  const surface = new RecordingSurface();
  drawHistogram(surface, { ...frame, ...rest });
  return surface.log;
}

describe('layout of a histogram', () => {
  it('puts bars side by side over the whole width, the highest as high as there is room', () => {
    const { bars } = layoutHistogram(histogram, size, 'linear');
    assert.deepEqual(
      bars.map((b) => [b.x, b.widthPx]),
      [0, 50, 100, 150].map((x) => [x, 50]),
    );
    assert.equal(bars[1]?.topPx, MARKS_PX);
    assert.equal(bars[2]?.heightPx, 0);
  });

  it('shows rare durations, and more of them by their logarithm', () => {
    const linear = layoutHistogram(histogram, size, 'linear').bars[3]?.heightPx ?? 0;
    const log = layoutHistogram(histogram, size, 'log').bars[3]?.heightPx ?? 0;
    assert.ok(linear >= 1 && log > 5 * linear, `${linear} ${log}`);
    const room = size.heightPx - AXIS_PX - MARKS_PX;
    assert.equal(layoutHistogram(histogram, size, 'log').bars[1]?.heightPx, room);
  });

  it('keeps what took longer apart from the axis', () => {
    const { bars, xOf } = layoutHistogram(beyond, size, 'linear');
    assert.equal(bars.length, 5);
    assert.ok(xOf(40e6) < (bars[4]?.x ?? 0));
    assert.equal((bars[4]?.x ?? 0) + (bars[4]?.widthPx ?? 0), size.widthPx);
  });

  it('finds the bar at a pixel, none where there are no bars', () => {
    const layout = layoutHistogram(beyond, size, 'linear');
    assert.deepEqual(
      [-5, 0, 60, 199, 999].map((x) => barAt(layout, x)),
      [0, 0, 1, 4, 4],
    );
    const none = { row: 1, edgesNs: [], counts: [], beyond: 0 };
    assert.equal(barAt(layoutHistogram(none, size, 'linear'), 5), null);
  });
});

describe('a histogram in words', () => {
  it('tells each bar', () => {
    assert.equal(barText(beyond, 1), '10 ms – 20 ms: 99 of 113 (88%)');
    assert.equal(barText(beyond, 4), 'longer than 40 ms: 3 of 113 (3%)');
  });

  it('tells all of them in a sentence', () => {
    assert.equal(
      histogramSentence(beyond),
      '113 executions took 0 ns to 40 ms; 3 took longer. Most of them, 99, took 10 ms – 20 ms.',
    );
    const none = { ...histogram, counts: [0, 0, 0, 0] };
    assert.equal(histogramSentence(none), 'No execution ended in the range.');
  });
});

describe('drawing a histogram', () => {
  it('draws bars, percentiles and an axis', () => {
    assertGolden('histogram', drawn({}));
  });

  it('draws counts by their logarithm, what is beyond, and the bar that is looked at', () => {
    assertGolden('histogram-log', drawn({ scale: 'log', histogram: beyond, at: 1 }));
  });

  it('draws an empty frame while there is nothing', () => {
    assert.deepEqual(drawn({ histogram: null }), [
      'rect 0 0 200 100 background',
      'rect 0 83 200 1 line',
    ]);
  });

  it('draws no percentile that lies beyond the last edge', () => {
    const log = drawn({ percentiles: { p50: 14e6, p95: 19e6, p99: 90e6 }, histogram: beyond });
    assert.equal(log.filter((line) => line.includes('"p99"')).length, 0);
  });
});
