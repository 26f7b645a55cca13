import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generatorJob, runJob } from '../../../../extension/core/job.js';
import type { OperatingPoint } from '../../../../extension/core/measure/operatingPoint.js';
import { PipelineModel } from '../../../../extension/core/prediction/model.js';
import { knobOf, measured, pointOf, queued } from '../points.js';
import { near } from '../simulation/near.js';

const run = <T>(work: Generator<undefined, T>): T => runJob(generatorJob(work));
const modelOf = (point: OperatingPoint): PipelineModel => run(PipelineModel.of(point, [point]));

const blocked = { busy: 0.1, starved: 0, blocked: 0.9, limited: 0, idle: 0 };
const read = measured('read', {}, { kind: 'source', shares: blocked });
const call = measured('call', { lanes: 2, serviceMs: 20 }, { kind: 'io' });
const rest = {
  knobs: [knobOf('call', 2)],
  queues: [queued('read', 'call')],
  latencyNs: { p50: 100e6, p95: 120e6, p99: 130e6 },
};

describe('PipelineModel', () => {
  const model = modelOf(pointOf([read, call], rest));

  it('says of the present what was measured', () => {
    const { throughputPerSec, latencyP95Ns } = run(model.predict(model.present));
    near(throughputPerSec.mid, 100, 1e-9);
    near(latencyP95Ns?.mid, 120e6, 1e-9);
    assert.ok(run(model.fits()));
  });

  it('says of another setting what was measured times what the simulation makes of it', () => {
    const { throughputPerSec } = run(model.predict([4]));
    near(throughputPerSec.mid, 200, 0.01);
    assert.ok(throughputPerSec.low < 200 && throughputPerSec.high > 200);
    // Anchored: a measurement 5 % above what the simulation gives moves the prediction by as much.
    const above = { ...pointOf([read, call], rest), throughputPerSec: 105 };
    near(run(modelOf(above).predict([4])).throughputPerSec.mid, 210, 0.01);
  });

  it('is less sure the further it goes, and the less it fits', () => {
    const width = (of: PipelineModel, lanes: number): number => {
      const { low, high } = run(of.predict([lanes])).throughputPerSec;
      return high / low;
    };
    assert.ok(width(model, 4) > width(model, 3));
    const off = { ...pointOf([read, call], rest), throughputPerSec: 115 };
    assert.ok(width(modelOf(off), 3) > width(model, 3));
  });

  it('does not fit what the simulation is far from', () => {
    for (const throughputPerSec of [60, 150]) {
      const off = modelOf({ ...pointOf([read, call], rest), throughputPerSec });
      assert.ok(!run(off.fits()));
    }
  });

  it('simulates whole rounds', () => {
    const size = 300;
    // One item after the other, in every second round a bit faster; the next round 5 ms after the last item.
    const begun: number[] = [];
    const ends: number[] = [];
    for (let round = 0, atMs = 0; round < 10; round++) {
      const ms = 3 + 0.1 * (round % 2);
      for (let i = 0; i < size; i++) {
        begun.push(atMs);
        ends.push(atMs + 1 + i * ms);
      }
      atMs += 1 + size * ms + 5;
    }
    const serve = measured('serve', { startsMs: begun, serviceMs: 0.01 });
    const store = measured('store', { startsMs: ends, serviceMs: 1 });
    const model = modelOf(
      pointOf([serve, store], { queues: [queued(null, 'serve', { emptyShare: 1 })] }),
    );
    const { arrivals } = model.workloadAt([]);
    assert.ok(arrivals.kind === 'closed' && arrivals.customers === size);
    assert.equal(run(model.evaluate([])).items % size, 0);
  });
});
