import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../extension/core/statistics/random.js';
import type { Side } from '../../../../extension/core/trials/blockOrder.js';
import type { BlockFigures } from '../../../../extension/core/trials/blockFigures.js';
import { decide, noiseOf, type Verdict } from '../../../../extension/core/trials/decision.js';
import { defaultGuards } from '../../../../extension/core/trials/objective.js';
import { figures, noisy, simulate, throughput } from './simulated.js';

function tally(trials: number, run: (random: Random) => Verdict): Map<Verdict, number> {
  const counts = new Map<Verdict, number>();
  for (let seed = 1; seed <= trials; seed++) {
    const verdict = run(new Random(seed));
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return counts;
}

describe('a trial', () => {
  for (const spread of [0.005, 0.02, 0.1, 0.3]) {
    it(`of a setting against itself finds no difference, blocks off by ${spread * 100} %`, () => {
      const counts = tally(
        100,
        (random) => simulate(() => noisy(500, spread, random), random).verdict,
      );
      assert.ok((counts.get('noDifference') ?? 0) >= 95, JSON.stringify([...counts]));
    });
  }

  it('of a setting against itself finds no difference while the program drifts', () => {
    const counts = tally(100, (random) => {
      const block = (_: Side, i: number): BlockFigures =>
        noisy(500 * (1 + 0.005 * i), 0.02, random);
      return simulate(block, random).verdict;
    });
    assert.ok((counts.get('noDifference') ?? 0) >= 95, JSON.stringify([...counts]));
  });

  it('keeps what is better by 10 %, in nearly all cases', () => {
    const counts = tally(100, (random) => {
      const block = (side: Side): BlockFigures => noisy(side === 'b' ? 550 : 500, 0.02, random);
      return simulate(block, random).verdict;
    });
    assert.ok((counts.get('kept') ?? 0) >= 95, JSON.stringify([...counts]));
  });

  it('does not keep what is better by less than counts', () => {
    const counts = tally(100, (random) => {
      const block = (side: Side): BlockFigures => noisy(side === 'b' ? 507 : 500, 0.003, random);
      return simulate(block, random).verdict;
    });
    assert.ok((counts.get('noDifference') ?? 0) >= 95, JSON.stringify([...counts]));
  });

  it('takes back what is worse by 30 % within two blocks of it', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = new Random(seed);
      const block = (side: Side): BlockFigures => noisy(side === 'b' ? 350 : 500, 0.03, random);
      const { verdict, blocks, reason } = simulate(block, random);
      assert.equal(verdict, 'rolledBack');
      assert.match(reason, /throughput fell by/);
      assert.ok(blocks.filter(({ side }) => side === 'b').length <= 2, `seed ${seed}`);
    }
  });

  it('takes back what is worse by 70 % within two blocks, on a machine where blocks differ by 20 %', () => {
    let late = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const random = new Random(seed);
      const block = (side: Side): BlockFigures => noisy(side === 'b' ? 150 : 500, 0.2, random);
      const { verdict, blocks } = simulate(block, random);
      assert.equal(verdict, 'rolledBack');
      if (blocks.filter(({ side }) => side === 'b').length > 2) late++;
    }
    assert.ok(late <= 3, `${late} of 100`);
  });

  it('takes back what is worse by 6 % at its end', () => {
    const counts = tally(100, (random) => {
      const block = (side: Side): BlockFigures => noisy(side === 'b' ? 470 : 500, 0.015, random);
      return simulate(block, random).verdict;
    });
    assert.equal(counts.get('kept') ?? 0, 0);
    assert.ok((counts.get('rolledBack') ?? 0) >= 90, JSON.stringify([...counts]));
  });

  it('honours a limit on p99 though more items leave', () => {
    const random = new Random(1);
    const block = (side: Side): BlockFigures => ({
      ...noisy(side === 'b' ? 900 : 500, 0.02, random),
      latencyNs: { p50: 10e6, p95: 20e6, p99: side === 'b' ? 80e6 : 30e6 },
    });
    const guards = [{ metric: 'p99', limit: { kind: 'absolute', value: 60e6 } }] as const;
    const { verdict, reason, blocks } = simulate(block, random, { guards });
    assert.equal(verdict, 'rolledBack');
    assert.match(reason, /p99 latency 80\.?0* ms, at most 60\.?0* ms allowed/);
    assert.equal(blocks.filter(({ side }) => side === 'b').length, 2);
    assert.equal(simulate(block, random).verdict, 'kept');
  });

  it('does not ask more of a candidate than of what was there', () => {
    const random = new Random(1);
    const block = (side: Side): BlockFigures => noisy(side === 'b' ? 900 : 500, 0.02, random);
    const guards = [{ metric: 'p99', limit: { kind: 'absolute', value: 5e6 } }] as const;
    assert.equal(simulate(block, random, { guards }).verdict, 'kept');
  });

  it('takes back what fails', () => {
    const random = new Random(1);
    const block = (side: Side): BlockFigures =>
      figures(side === 'b' ? 900 : 500, { errors: side === 'b' ? 90 : 0 });
    const { verdict, reason, blocks } = simulate(block, random);
    assert.equal(verdict, 'rolledBack');
    assert.match(reason, /share of failures 10/);
    assert.equal(blocks.filter(({ side }) => side === 'b').length, 1);
  });

  it('looks at latency when that is what it is for', () => {
    const random = new Random(1);
    const objective = { kind: 'latency', metric: 'p95' } as const;
    const block = (side: Side): BlockFigures => ({
      ...noisy(500, 0.02, random),
      latencyNs: {
        p50: 1e6,
        p95: (side === 'b' ? 10e6 : 20e6) * (1 + 0.02 * random.normal()),
        p99: 30e6,
      },
    });
    const { verdict, effect } = simulate(block, random, { objective });
    assert.equal(verdict, 'kept');
    assert.ok(effect !== null && Math.abs(effect.mid - 1) < 0.1);
  });

  it('takes less when the rate holds, and takes it back when it does not', () => {
    const objective = { kind: 'cost', targetRatePerSec: 450 } as const;
    const guards = [{ metric: 'ratePerSec', limit: { kind: 'absolute', value: 450 } }] as const;
    const run = (after: number): Verdict => {
      const random = new Random(1);
      const block = (side: Side): BlockFigures => noisy(side === 'b' ? after : 500, 0.01, random);
      return simulate(block, random, { objective, guards }).verdict;
    };
    assert.equal(run(480), 'kept');
    assert.equal(run(400), 'rolledBack');
  });

  it('counts what was tried before', () => {
    const random = new Random(1);
    const blocks = ['a', 'b', 'b', 'a', 'b', 'a', 'a', 'b'].map((side, i) => {
      return { side: side as Side, figures: figures((side === 'b' ? 550 : 500) + i) };
    });
    const noise = noiseOf([], throughput, 4);
    const terms = {
      objective: throughput,
      guards: defaultGuards,
      minEffect: 0.03,
      noise,
      alpha: 0.05,
      reference: [],
    };
    assert.equal(decide(blocks, { ...terms, formerPs: [] }).verdict, 'kept');
    assert.equal(decide(blocks, { ...terms, formerPs: [0.9, 0.8] }).verdict, 'noDifference');
    const more = simulate((side) => noisy(side === 'b' ? 550 : 500, 0.01, random), random, {
      formerPs: [0.9, 0.8],
    });
    assert.equal(more.verdict, 'kept');
  });

  it('says nothing when records were lost or nothing left', () => {
    const random = new Random(1);
    assert.equal(simulate(() => figures(500, { lostRecords: 1 }), random).verdict, 'aborted');
    assert.equal(simulate(() => figures(0), random).verdict, 'aborted');
  });
});
