import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  clampRange,
  fitRange,
  MIN_SPAN_NS,
  momentLabel,
  rulerFor,
  spanOf,
  tickStepNs,
} from '../../webview/timeline/timeScale.js';

const labels = (fromNs: number, toNs: number, widthPx = 600): readonly string[] =>
  rulerFor({ fromNs, toNs }, widthPx).ticks.map((t) => t.label);

describe('time scale', () => {
  it('labels seconds, parts of seconds and minutes so that neighbours differ', () => {
    assert.deepEqual(labels(0, 10e9), ['0 s', '2 s', '4 s', '6 s', '8 s', '10 s']);
    assert.deepEqual(labels(1.2e9, 1.6e9), ['1.2 s', '1.3 s', '1.4 s', '1.5 s', '1.6 s']);
    assert.deepEqual(labels(0, 300e9), ['0 s', '1:00', '2:00', '3:00', '4:00', '5:00']);
    assert.deepEqual(labels(3600e9, 3604e9).slice(0, 2), ['1:00:00', '1:00:01']);
  });

  it('labels fine ticks as offsets from a base that is said once', () => {
    const ruler = rulerFor({ fromNs: 12.483107e9, toNs: 12.483207e9 }, 600);
    assert.deepEqual(ruler.base, { atNs: 12.483e9, label: '12.483 s' });
    assert.deepEqual(
      ruler.ticks.map((t) => t.label),
      ['+120 µs', '+140 µs', '+160 µs', '+180 µs', '+200 µs'],
    );
    assert.equal(ruler.ticks[0]?.atNs, 12.48312e9);
    assert.match(labels(5e9 + 1000, 5e9 + 2000)[0] ?? '', /^\+\d+ ns$/);
  });

  it('rounds a moment before it splits off the minutes', () => {
    assert.equal(momentLabel(119.9996e9, 1e8), '2:00.0');
    assert.equal(momentLabel(61.05e9, 1e7), '1:01.05');
    assert.equal(momentLabel(-0.5e9, 1e8), '−0.5 s');
  });

  it('never puts more ticks than asked for', () => {
    for (const spanNs of [1e3, 7e4, 3e6, 9e8, 2.1e9, 47e9, 8e11, 4e14]) {
      for (const count of [1, 3, 7, 12]) {
        assert.ok(spanNs / tickStepNs(spanNs, count) <= count * (1 + 1e-9), `${spanNs} ${count}`);
      }
    }
  });

  it('moves a range back into the session without stretching it', () => {
    const extent = { fromNs: 0, toNs: 100e9 };
    const moved = clampRange({ fromNs: 95e9, toNs: 115e9 }, extent);
    assert.equal(spanOf(moved), 20e9);
    assert.equal(moved.toNs, fitRange(extent).toNs);
    assert.deepEqual(clampRange({ fromNs: -1e12, toNs: 1e12 }, extent), fitRange(extent));
    assert.equal(spanOf(clampRange({ fromNs: 5, toNs: 6 }, extent)), MIN_SPAN_NS);
  });
});
