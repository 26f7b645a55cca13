import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { DepthSums, foldDepths, QueueSums } from '../../../../extension/core/analysis/depthSums.js';
import { generatorJob } from '../../../../extension/core/job.js';
import { BlockPool } from '../../../../extension/core/model/blocks.js';
import { DepthSeries } from '../../../../extension/core/model/series.js';
import { StepHistory } from '../../../../extension/core/model/steps.js';
import { MemoryPages } from '../../../support/memoryPages.js';
import { randomFrom } from '../query/randomSession.js';

/** Some records, some of them late; a step of the capacity; a question. */
const event = fc.oneof(
  fc.record({ kind: fc.constant('records' as const), count: fc.nat(5000), late: fc.nat(1) }),
  fc.record({
    kind: fc.constant('capacity' as const),
    value: fc.option(fc.integer({ min: 1, max: 4 })),
  }),
  fc.record({ kind: fc.constant('question' as const), a: fc.nat(1000), b: fc.nat(1000) }),
);

it('sums of a queue are those of its records, whatever came between two questions, and in whatever order', () => {
  const options = fc.record({
    seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
    events: fc.array(event, { minLength: 1, maxLength: 12 }),
    settledShare: fc.constantFrom(0, 0.5, 1),
  });
  fc.assert(
    fc.property(options, ({ seed, events, settledShare }) => {
      const random = randomFrom(seed);
      const pool = new BlockPool(0, new MemoryPages());
      const queue = { series: new DepthSeries(pool), capacity: new StepHistory() };
      const sums = new QueueSums(queue);
      let atNs = 100;
      const add = (count: number, late: number): void => {
        for (let i = 0; i < count; i++) {
          atNs += Math.floor(random() * 20);
          const isLate = late === 1 && random() < 0.002;
          const depth = Math.floor(random() * 5);
          const isMerged = random() < 0.1;
          const recordNs = isLate ? Math.max(atNs - Math.floor(random() * 50_000), 0) : atNs;
          if (isMerged) queue.series.add(recordNs, depth, Math.max(depth - 1, 0), depth + 2);
          else queue.series.add(recordNs, depth);
        }
      };
      const ask = (a: number, b: number): void => {
        const at = (place: number): number => Math.floor((place / 1000) * (atNs + 100));
        const [fromNs, toNs] = [at(Math.min(a, b)), at(Math.max(a, b))];
        const job = generatorJob(sums.sumsIn(fromNs, toNs, settledShare * atNs));
        while (job.step()) pool.trim();
        const slow = new DepthSums();
        foldDepths(queue, fromNs, toNs, slow);
        const found = job.finish();
        for (const key of ['knownNs', 'depthNs', 'emptyNs', 'fullNs', 'maxDepth'] as const) {
          const isClose = Math.abs(found[key] - slow[key]) <= 1e-9 * Math.max(1, slow[key]);
          assert.ok(isClose, `${key} in ${fromNs}..${toNs}: ${found[key]}, not ${slow[key]}`);
        }
      };
      add(5000, 0);
      for (const one of events) {
        if (one.kind === 'records') add(one.count, one.late);
        else if (one.kind === 'capacity') queue.capacity.declare(one.value, atNs);
        else ask(one.a, one.b);
      }
      ask(0, 1000);
    }),
    { numRuns: 100 },
  );
});
