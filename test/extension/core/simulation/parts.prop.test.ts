/** The parts of a simulation, each against what is simpler. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BlockSampler, blockLengthOf } from '../../../../extension/core/simulation/blockSampler.js';
import { Cores } from '../../../../extension/core/simulation/cores.js';
import { TimeHeap } from '../../../../extension/core/simulation/timeHeap.js';
import { Random } from '../../../../extension/core/statistics/random.js';

describe('a heap of times', () => {
  it('hands out the earliest, and of equal ones the first', () => {
    const step = fc.oneof(fc.nat(9), fc.constant(null));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const heap = new TimeHeap();
        const plain: { time: number; value: number }[] = [];
        for (const [value, time] of steps.entries()) {
          if (time !== null) {
            heap.push(time, value);
            plain.push({ time, value });
            // Stable, so equal times stay in the order of their coming.
            plain.sort((a, b) => a.time - b.time);
          } else assert.equal(heap.pop(), plain.shift()?.value ?? -1);
          assert.equal(heap.leastTime, plain[0]?.time ?? Infinity);
          assert.equal(heap.size, plain.length);
        }
      }),
    );
  });
});

describe('shared cores', () => {
  /** When each piece ends: time goes in small strides, in each of which all get their share. */
  function plainEnds(pieces: readonly (readonly [number, number])[], cores: number): number[] {
    const left = pieces.map(([, cpu]) => cpu);
    const ends = pieces.map(() => NaN);
    for (let now = 0; ends.some(Number.isNaN);) {
      const running = pieces.flatMap(([start], i) =>
        start <= now && Number.isNaN(ends[i] ?? 0) ? [i] : [],
      );
      const rate = Math.min(1, cores / running.length);
      const starts = pieces.map(([start]) => start).filter((start) => start > now);
      const done = running.map((i) => now + (left[i] ?? 0) / rate);
      const next = Math.min(...starts, ...done);
      for (const [k, i] of running.entries()) {
        left[i] = (left[i] ?? 0) - (next - now) * rate;
        if (done[k] === next) ends[i] = next;
      }
      now = next;
    }
    return ends;
  }

  it('give everything that computes the same share', () => {
    const piece = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(0.5, 1, 2, 3, Infinity),
        (pieces, count) => {
          const cores = new Cores(count, 0);
          const ends: number[] = [];
          const order = pieces
            .map((_, i) => i)
            .sort((a, b) => (pieces[a]?.[0] ?? 0) - (pieces[b]?.[0] ?? 0));
          for (const i of [...order, -1]) {
            const [startNs, cpuNs] = pieces[i] ?? [Infinity, 0];
            while (cores.nextNs < Infinity && cores.nextNs <= startNs) {
              const at = cores.nextNs;
              ends[cores.finish()] = at;
            }
            if (i !== -1) cores.start(i, cpuNs, -1, startNs);
          }
          for (const [i, end] of plainEnds(pieces, count).entries()) {
            assert.ok(
              Math.abs((ends[i] ?? NaN) - end) < 1e-6,
              `${i}: ${ends[i] ?? NaN}, not ${end}`,
            );
          }
        },
      ),
    );
  });

  it('let an event loop compute one piece after the other, also very many', () => {
    const cores = new Cores(4, 1);
    const pieces = 5000;
    for (let i = 0; i < pieces; i++) cores.start(i, 2, 0, 0);
    for (let i = 0; i < pieces; i++) {
      const at = cores.nextNs;
      assert.equal(at, 2 * (i + 1));
      assert.equal(cores.finish(), i);
      cores.leaveLoop(0, at);
    }
    assert.equal(cores.nextNs, Infinity);
  });
});

describe('samples drawn again', () => {
  it('come in stretches, each as often as the others', () => {
    const sampler = new BlockSampler(10, 4, new Random(5));
    const counts = new Float64Array(10);
    const draws = 40_000;
    let following = 0;
    let before = -1;
    for (let i = 0; i < draws; i++) {
      const at = sampler.next();
      counts[at] = (counts[at] ?? 0) + 1;
      if (at === (before + 1) % 10) following++;
      before = at;
    }
    for (const count of counts) assert.ok(Math.abs(count / draws - 0.1) < 0.01, `${count}`);
    // Three of four follow, and of the others one in ten by chance.
    assert.ok(Math.abs(following / draws - 0.775) < 0.02, `${following}`);
  });

  it('are single where nothing follows from the one before, and long where much does', () => {
    const random = new Random(2);
    const noise = Float64Array.from({ length: 5000 }, () => random.exponential(1));
    assert.equal(blockLengthOf(noise), 1);
    const following = (share: number): Float64Array => {
      let value = 0;
      return noise.map((next) => (value = share * value + next));
    };
    const short = blockLengthOf(following(0.5));
    const long = blockLengthOf(following(0.9));
    assert.ok(short >= 4 && short < long && long <= 50, `${short}, ${long}`);
    assert.equal(blockLengthOf(new Float64Array(100).fill(3)), 1);
    assert.equal(blockLengthOf(Float64Array.of(1, 2)), 1);
  });
});
