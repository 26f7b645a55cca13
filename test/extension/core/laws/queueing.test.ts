import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  allenCunneenWaitNs,
  erlangC,
  kingmanWaitNs,
  machineRepair,
  mm1k,
  mmcWaitNs,
  sakasegawaWaitNs,
  tandemThroughput,
} from '../../../../extension/core/laws/queueing.js';
import { throughputBound } from '../../../../extension/core/laws/operational.js';
import { stationaryShares } from './markovChain.js';

function near(actual: number, expected: number, share: number): void {
  assert.ok(Math.abs(actual - expected) <= share * Math.abs(expected), `${actual}, ${expected}`);
}

/** Two exponential stages with room for `buffer` between them, as a chain: exit rate, every state spelt out. */
function exactTandem(first: number, second: number, buffer: number): number {
  // 0..buffer + 1: items at or before the second stage while the first works; buffer + 2: the first is blocked.
  const states = buffer + 3;
  const rates = (from: number): readonly (readonly [number, number])[] => [
    ...(from < states - 1 ? [[from + 1, first] as const] : []),
    ...(from > 0 ? [[from - 1, second] as const] : []),
  ];
  const shares = stationaryShares(states, rates);
  return second * (1 - (shares[0] ?? 0));
}

describe('waiting by queueing theory', () => {
  it("has Erlang's tables", () => {
    near(erlangC(1, 0.7), 0.7, 1e-12);
    // a = 8 Erlang on 10 servers
    near(erlangC(10, 8), 0.4092, 1e-3);
    near(erlangC(2, 1), 1 / 3, 1e-12);
    assert.equal(erlangC(3, 3), 1);
    assert.equal(erlangC(3, 0), 0);
    assert.ok(erlangC(100_000, 99_000) < 1);
  });

  it('is exact for M/M/c: a chain of 400 states says the same', () => {
    for (const [servers, load] of [
      [1, 0.6],
      [2, 0.8],
      [5, 0.7],
    ] as const) {
      const arrival = load * servers;
      const shares = stationaryShares(400, (n) => [
        ...(n < 399 ? [[n + 1, arrival] as const] : []),
        ...(n > 0 ? [[n - 1, Math.min(n, servers)] as const] : []),
      ]);
      const queued = shares.reduce((sum, share, n) => sum + share * Math.max(n - servers, 0), 0);
      const waitNs = mmcWaitNs({ arrivalPerSec: arrival, serviceNs: 1e9, servers });
      near(waitNs, (queued / arrival) * 1e9, 1e-6);
    }
    assert.equal(mmcWaitNs({ arrivalPerSec: 2, serviceNs: 1e9, servers: 2 }), Infinity);
  });

  it('is approximated to a few percent where the exact figure is known', () => {
    const poisson = { ca2: 1, cs2: 1 };
    for (const servers of [1, 2, 4, 16]) {
      for (const load of [0.5, 0.8, 0.95]) {
        const station = { arrivalPerSec: (load * servers) / 0.01, serviceNs: 1e7, servers };
        const exact = mmcWaitNs(station);
        near(allenCunneenWaitNs(station, poisson), exact, 1e-12);
        const off = Math.abs(sakasegawaWaitNs(station, poisson) - exact);
        assert.ok(off <= 0.08 * exact + 0.03 * station.serviceNs, `${off} of ${exact}`);
        if (servers === 1) near(kingmanWaitNs(station, poisson), exact, 1e-12);
      }
    }
    // M/D/1: half the wait of M/M/1 (Pollaczek and Khinchine).
    const one = { arrivalPerSec: 80, serviceNs: 1e7 };
    near(kingmanWaitNs(one, { ca2: 1, cs2: 0 }), 2e7, 1e-9);
    assert.equal(kingmanWaitNs({ arrivalPerSec: 100, serviceNs: 1e7 }, poisson), Infinity);
    assert.equal(
      sakasegawaWaitNs({ arrivalPerSec: 300, serviceNs: 1e7, servers: 2 }, poisson),
      Infinity,
    );
  });
});

describe('a queue with limited room', () => {
  it('is empty as often as tf.data says', () => {
    near(mm1k(100, 100, 4).emptyShare, 1 / 5, 1e-12);
    near(mm1k(50, 100, 3).emptyShare, 0.5 / (1 - 0.5 ** 4), 1e-12);
    near(mm1k(50, 100, 3).throughputPerSec, 50 * (1 - mm1k(50, 100, 3).blockedShare), 1e-12);
    near(mm1k(1, 1, 2).meanItems, 1, 1e-12);
    near(mm1k(1000, 1, 5000).throughputPerSec, 1, 1e-9);
    assert.equal(mm1k(1, 1, 0).throughputPerSec, 0);
  });

  it('limits two stages in a row exactly as the chain does', () => {
    for (const buffer of [0, 1, 2, 8]) {
      const mu = 100;
      near(
        tandemThroughput({ firstPerSec: mu, secondPerSec: mu, buffer }),
        (mu * (buffer + 2)) / (buffer + 3),
        1e-12,
      );
      for (const first of [60, 100, 300]) {
        const of = { firstPerSec: first, secondPerSec: 100, buffer };
        near(tandemThroughput(of), exactTandem(first, 100, buffer), 1e-9);
      }
    }
  });
});

describe('customers that come back', () => {
  it('are served as an exact chain serves them', () => {
    const shares = stationaryShares(6, (n) => [
      ...(n < 5 ? [[n + 1, (5 - n) / 4] as const] : []),
      ...(n > 0 ? [[n - 1, Math.min(n, 2)] as const] : []),
    ]);
    const busy = shares.reduce((sum, share, n) => sum + share * Math.min(n, 2), 0);
    const result = machineRepair({ customers: 5, servers: 2, serviceNs: 1e9, thinkNs: 4e9 });
    near(result.throughputPerSec, busy, 1e-9);
    near(result.utilization, busy / 2, 1e-9);
  });

  it("keep within the bounds and to Little's law", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 1000 }),
        (customers, servers, serviceNs, thinkNs) => {
          const result = machineRepair({ customers, servers, serviceNs, thinkNs });
          const bound = throughputBound({
            stages: [{ demandNs: serviceNs, servers }],
            cores: null,
            inFlight: customers,
            thinkNs,
          });
          assert.ok(result.throughputPerSec <= bound.perSec * (1 + 1e-9));
          const inSystem = (result.throughputPerSec * (result.responseNs + thinkNs)) / 1e9;
          near(inSystem, customers, 1e-6);
        },
      ),
    );
  });

  it('saturate without overflow', () => {
    const many = machineRepair({ customers: 50_000, servers: 3, serviceNs: 1e6, thinkNs: 1e3 });
    near(many.throughputPerSec, 3000, 1e-9);
    assert.equal(
      machineRepair({ customers: 0, servers: 1, serviceNs: 1, thinkNs: 1 }).throughputPerSec,
      0,
    );
  });
});
