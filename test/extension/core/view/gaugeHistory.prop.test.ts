import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MaxPyramid } from '../../../../extension/core/model/maxPyramid.js';
import { F64Column } from '../../../../extension/core/model/columns.js';
import { IntervalTable } from '../../../../extension/core/model/intervals.js';
import { GaugeSeries } from '../../../../extension/core/model/series.js';
import { GAUGE_GAP, GaugeHistory } from '../../../../extension/core/view/gaugeHistory.js';
import {
  GcPart,
  JoinedPart,
  paintGauge,
  SampledPart,
} from '../../../../extension/core/view/gaugeParts.js';

const STEP_NS = 250;

interface Sample {
  readonly stepNs: number;
  readonly value: number;
}

/** Mostly regular steps, a few missing samples. */
const anySamples = fc.array(
  fc.record({
    stepNs: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: STEP_NS - 20, max: STEP_NS + 20 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 * STEP_NS }) },
    ),
    value: fc.double({ min: 0, max: 100, noNaN: true }),
  }),
  { minLength: 1, maxLength: 300 },
);

/** The times that samples speak about, by the rule and nothing else. */
function spansOf(times: readonly number[]): [from: number, to: number][] {
  return times.map((at, i) => {
    if (i === 0) return [at - Math.min((times[1] ?? Infinity) - at, 250e6), at];
    const steps = times.slice(Math.max(i - 6, 0), i).flatMap((t, k, some) => {
      const next = some[k + 1];
      return next === undefined ? [] : [next - t];
    });
    steps.sort((a, b) => a - b);
    const usual = steps[Math.floor(steps.length / 2)] ?? 250e6;
    const last = times[i - 1] ?? 0;
    return [at - last <= 3 * usual ? last : at - usual, at];
  });
}

interface Naive {
  readonly mean: number;
  readonly max: number;
}

function naive(
  spans: readonly (readonly [number, number])[],
  values: readonly number[],
  [fromNs, toNs]: readonly [number, number],
): Naive | null {
  let [sum, known, max] = [0, 0, -Infinity];
  for (const [i, [from, to]] of spans.entries()) {
    const overlap = Math.min(to, toNs) - Math.max(from, fromNs);
    if (overlap <= 0) continue;
    sum += overlap * (values[i] ?? NaN);
    known += overlap;
    max = Math.max(max, values[i] ?? NaN);
  }
  return known === 0 ? null : { mean: sum / known, max };
}

function seriesOf(samples: readonly Sample[]): GaugeSeries {
  const series = new GaugeSeries();
  let at = 1000;
  for (const { stepNs, value } of samples) series.add((at += stepNs), value);
  return series;
}

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));

function assertColumns(series: GaugeSeries, history: GaugeHistory, columns: number): void {
  const { length } = series.atNs;
  const times = Array.from({ length }, (_, i) => series.atNs.at(i));
  const values = Array.from({ length }, (_, i) => series.value.at(i));
  const spans = spansOf(times);
  const [fromNs, toNs] = [(times[0] ?? 0) - 700.5, (times.at(-1) ?? 0) + 700.25];
  const stepNs = (toNs - fromNs) / columns;
  for (let i = 0; i < columns; i++) {
    const [from, to] = [fromNs + i * stepNs, fromNs + (i + 1) * stepNs];
    const expected = naive(spans, values, [from, to]);
    const mean = history.valueIn(from, to, 'mean');
    const max = history.valueIn(from, to, 'max');
    if (expected === null) {
      const isOutside = to <= (spans[0]?.[0] ?? 0) || from >= (times.at(-1) ?? 0);
      assert.equal(mean, isOutside ? NaN : GAUGE_GAP);
      assert.equal(max, isOutside ? NaN : GAUGE_GAP);
      continue;
    }
    assert.equal(max, expected.max);
    assert.ok(near(mean, expected.mean), `${mean} is not ${expected.mean}`);
  }
}

describe('gauge columns', () => {
  it('are what a look at every sample gives', () => {
    const anyColumns = fc.integer({ min: 1, max: 400 });
    fc.assert(
      fc.property(anySamples, anyColumns, (samples, columns) => {
        const series = seriesOf(samples);
        assertColumns(series, new GaugeHistory(series, () => undefined), columns);
      }),
      { numRuns: 200 },
    );
  });

  it('are the same when samples come one by one between the looks, and out of order', () => {
    fc.assert(
      fc.property(anySamples, fc.integer({ min: 0, max: 299 }), (samples, late) => {
        const whole = seriesOf(samples);
        const series = new GaugeSeries();
        const history = new GaugeHistory(series, () => undefined);
        const skipped = late % samples.length;
        for (let i = 0; i < samples.length; i++) {
          if (i !== skipped) series.add(whole.atNs.at(i), whole.value.at(i));
          history.valueIn(0, 1e6, 'max');
        }
        series.add(whole.atNs.at(skipped), whole.value.at(skipped));
        assertColumns(series, history, 97);
      }),
      { numRuns: 100 },
    );
  });

  it('do not take a hung event loop for missing samples', () => {
    const [busy, delays] = [new GaugeSeries(), new GaugeSeries()];
    const history = new GaugeHistory(busy, () => delays);
    for (let i = 1; i <= 10; i++) {
      busy.add(i * 250e6, 0.1);
      delays.add(i * 250e6, 1e6);
    }
    busy.add(7_500e6, 1);
    assert.equal(history.valueIn(4_000e6, 5_000e6, 'mean'), GAUGE_GAP, 'nothing explains it yet');
    delays.add(7_500e6, 4_750e6);
    assert.equal(history.valueIn(4_000e6, 5_000e6, 'mean'), 1);
    assert.deepEqual(history.sampleAt(4_000e6), { value: 1, fromNs: 2_500e6, toNs: 7_500e6 });
    assert.deepEqual(history.sampleAt(8_000e6), null);
  });

  it('cost the same for hours as for minutes', () => {
    const reads = (samples: number): number => {
      const series = new GaugeSeries();
      for (let i = 1; i <= samples; i++) series.add(i * 250e6, i % 7);
      const history = new GaugeHistory(series, () => undefined);
      const part = new SampledPart(history, 'mean');
      const peak = new SampledPart(history, 'max');
      paintGauge(part, 0, samples * 250e6, 1);
      paintGauge(peak, 0, samples * 250e6, 1);
      let count = 0;
      for (const column of [series.atNs, series.value]) {
        const at = column.at.bind(column);
        column.at = (index) => {
          count++;
          return at(index);
        };
      }
      paintGauge(part, 0, samples * 250e6, 1000);
      paintGauge(peak, 0, samples * 250e6, 1000);
      return count;
    };
    const hours = reads(115_200);
    assert.ok(hours < 1000 * 100, `${hours} reads for 1,000 columns`);
    assert.ok(hours < 4 * reads(28_800), 'not in proportion to the samples');
  });
});

describe('highest values', () => {
  it('are found for any stretch while the column grows', () => {
    const anyValues = fc.array(fc.integer({ min: -50, max: 1000 }), { maxLength: 900 });
    const anyEdge = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyValues, anyEdge, anyEdge, (values, a, b) => {
        const column = new F64Column();
        const pyramid = new MaxPyramid(column);
        for (const [i, value] of values.entries()) {
          column.push(value);
          if (i % 97 === 0) pyramid.max(0, i + 1);
        }
        const [from = 0, to = 0] = [a, b]
          .map((share) => Math.round(share * values.length))
          .sort((x, y) => x - y);
        assert.equal(pyramid.max(from, to), Math.max(...values.slice(from, to)));
      }),
    );
  });
});

describe('garbage collections by column', () => {
  const loop = new GaugeSeries();
  for (let i = 1; i <= 8; i++) loop.add(i * 100, 0.5);
  const history = new GaugeHistory(loop, () => undefined);
  const gc = new IntervalTable();
  gc.add(120, 60, 0, 0);
  gc.add(350, 10, 0, 0);
  const part = new GcPart(gc, history);

  it('are shares of the known time, cut at the edges, zero where the loop was watched and none was', () => {
    assert.deepEqual(
      [...paintGauge(part, 0, 800, 8)].map((v) => Math.round(v * 1e6) / 1e6),
      [0, 0.6, 0, 0.1, 0, 0, 0, 0],
    );
    assert.equal(part.valueIn(150, 160), 1);
    assert.ok(near(part.total()?.mean ?? NaN, 70 / 800));
  });

  it('are not known where nobody watched', () => {
    assert.ok(Number.isNaN(part.valueIn(900, 1000)));
  });
});

describe('several threads as one row', () => {
  const worker = (
    fromStep: number,
    toStep: number,
    value: number,
    missing = Infinity,
  ): SampledPart => {
    const series = new GaugeSeries();
    for (let i = fromStep; i <= toStep; i++) {
      if (i < missing || i >= missing + 5) series.add(i * 100, value);
    }
    return new SampledPart(new GaugeHistory(series, () => undefined), 'mean');
  };

  it('add up those that were there, and know nothing where one of them is not known', () => {
    const [first, second, third] = [worker(1, 30, 0.5), worker(1, 10, 0.25), worker(1, 30, 1, 20)];
    const sum = new JoinedPart([first, second, third], 'sum');
    assert.equal(sum.valueIn(100, 200), 1.75);
    assert.equal(sum.valueIn(1100, 1200), 1.5);
    assert.equal(sum.valueIn(2100, 2200), GAUGE_GAP);
    assert.ok(Number.isNaN(sum.valueIn(4000, 5000)));
    const mean = new JoinedPart([first, third], 'mean');
    assert.equal(mean.valueIn(100, 200), 0.75);
    assert.equal(mean.valueIn(2100, 2200), 0.5);
    assert.equal(sum.total()?.max, 1.75);
  });
});
