/** Against what queueing theory says, within 2 %. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulate } from '../../../../extension/core/simulation/simulation.js';
import type { SimulationResult, Workload } from '../../../../extension/core/simulation/workload.js';
import { near } from './near.js';
import {
  closed,
  exponentialCpu,
  exponentialWait,
  MS,
  poisson,
  stage,
  workload,
} from './workloads.js';

function run(of: Workload, items: number): SimulationResult {
  const result = simulate(of, { items, warmUpItems: 5000, seed: 7 });
  assert.equal(result.ended, 'complete');
  return result;
}

/** Erlang's C: the probability that an arrival waits, for `load` = arrival rate x service time on c servers. */
function erlangC(servers: number, load: number): number {
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked / (1 - (load / servers) * (1 - blocked));
}

/** Throughput of a birth-death chain with these rates up and down between its states. */
function birthDeath(up: readonly number[], down: readonly number[]): number {
  const weights = [1];
  for (const [i, rate] of up.entries()) weights.push(((weights[i] ?? 0) * rate) / (down[i] ?? 1));
  const total = weights.reduce((a, b) => a + b, 0);
  return down.reduce((sum, rate, i) => sum + (rate * (weights[i + 1] ?? 0)) / total, 0);
}

describe('a simulation agrees with', () => {
  it('M/M/1', () => {
    const result = run(
      workload([stage('s', { samples: exponentialWait(10) })], { arrivals: poisson(70) }),
      600_000,
    );
    near(result.throughputPerSec, 70);
    near(result.stages[0]?.meanWaitNs, (0.7 / 0.3) * 10 * MS);
    near(result.stages[0]?.busyShare, 0.7);
    near(result.latencyNs.mean, (10 * MS) / 0.3);
    // Time in an M/M/1 system is exponential.
    near(result.latencyNs.p95, (Math.log(20) * 10 * MS) / 0.3);
  });

  it('M/M/c, by Erlang C', () => {
    const samples = exponentialWait(10);
    const result = run(
      workload([stage('s', { lanes: 4, samples })], { arrivals: poisson(320) }),
      800_000,
    );
    near(result.stages[0]?.meanWaitNs, (erlangC(4, 3.2) * 10 * MS) / (4 - 3.2));
    near(result.throughputPerSec, 320);
  });

  it('M/M/1 with processor sharing: as long in the system as with a queue', () => {
    const of = workload([stage('s', { lanes: Infinity, samples: exponentialCpu(10) })], {
      arrivals: poisson(60),
      cores: 1,
    });
    near(run(of, 400_000).latencyNs.mean, (10 * MS) / 0.4);
  });

  it('M/M/2 with processor sharing: as many in the system as with a queue', () => {
    const of = workload([stage('s', { lanes: Infinity, samples: exponentialCpu(10) })], {
      arrivals: poisson(140),
      cores: 2,
    });
    near(run(of, 400_000).latencyNs.mean, 10 * MS + (erlangC(2, 1.4) * 10 * MS) / 0.6);
  });

  for (const k of [1, 2, 5]) {
    it(`M/M/1/${k + 1}: a source that is held up behaves like one whose items are lost`, () => {
      // A saturated exponential stage before k places (queue and lane), blocked after service, is M/M/1/(k + 1).
      const of = workload([
        stage('source', { samples: exponentialWait(10, 1) }),
        stage('s', { queueCapacity: k - 1, samples: exponentialWait(8, 2) }),
      ]);
      const places = k + 1;
      const expected = birthDeath(
        Array.from({ length: places }, () => 100),
        Array.from({ length: places }, () => 125),
      );
      near(run(of, 300_000).throughputPerSec, expected);
    });
  }

  for (const b of [0, 1, 4, 16]) {
    it(`Hillier and Boling: two equal stages with a buffer of ${b} reach (b + 2) / (b + 3)`, () => {
      const of = workload([
        stage('first', { samples: exponentialWait(10, 1) }),
        stage('second', { queueCapacity: b, samples: exponentialWait(10, 2) }),
      ]);
      const result = run(of, 300_000);
      near(result.throughputPerSec, (100 * (b + 2)) / (b + 3));
      // The first is blocked whenever its next one finds all b + 2 places taken.
      const blocked = result.stages[0]?.blockedShare ?? 0;
      assert.ok(Math.abs(blocked - 1 / (b + 3)) < 0.005, `${blocked}`);
    });
  }

  it('machine repair: customers that think before one server', () => {
    const customers = 6;
    const of = workload([stage('repair', { samples: exponentialWait(10) })], {
      arrivals: closed(customers, 40),
    });
    const up = Array.from({ length: customers }, (_, n) => (customers - n) * 25);
    const expected = birthDeath(
      up,
      up.map(() => 100),
    );
    const result = run(of, 300_000);
    near(result.throughputPerSec, expected);
    // Response time law: R = N / X - Z.
    near(result.latencyNs.mean, (customers / expected) * 1e9 - 40 * MS);
  });

  it('a closed network whose customers share a core: only means count (Baskett, Chandy, Muntz, Palacios)', () => {
    const lanes = 8;
    const { waitNs } = exponentialWait(19);
    const samples = { waitNs, cpuNs: waitNs.map(() => MS) };
    const of = workload([stage('fetch', { lanes, samples })], { cores: 1 });
    const up = Array.from({ length: lanes }, (_, n) => (lanes - n) / 0.019);
    const expected = birthDeath(
      up,
      up.map(() => 1000),
    );
    near(run(of, 200_000).throughputPerSec, expected);
  });

  it('M/D/1: half the wait', () => {
    const of = workload([stage('s', { waitMs: 10 })], { arrivals: poisson(70) });
    near(run(of, 600_000).stages[0]?.meanWaitNs, ((0.7 / 0.3) * 10 * MS) / 2);
  });
});
