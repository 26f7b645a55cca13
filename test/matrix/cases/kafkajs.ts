import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { isAt } from '../seen.js';

export const kafkajsCase: MatrixCase = {
  library: 'kafkajs',
  program: 'kafkajs.ts',
  versions: [{ version: '2.2.4', folder: 'kafkajs' }],
  formats: ['esm', 'cjs'],
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { messages: 20, failed: 1, batched: 20 });
    const messages = seen.executionsOf('orders');
    assert.equal(messages.length, 21);
    assert.equal(messages.filter(({ isFailed }) => isFailed).length, 1);
    assert.equal(peakOf(messages), 2);
    const batches = seen.executionsOf('bulk');
    assert.equal(
      batches.reduce((sum, { items }) => sum + items, 0),
      20,
    );
    assert.equal(peakOf(batches), 1);
    const stage = seen.stage('orders');
    assert.deepEqual([stage.stageKind, stage.parallelism], ['io', 2]);
    isAt(stage.source, markedAt('run'));
    const knob = seen.of('knob').findLast((k) => k.stage === 'orders');
    assert.deepEqual(
      [knob?.name, knob?.value, knob?.live],
      ['partitionsConsumedConcurrently', 3, false],
    );
    assert.match(knob?.remark ?? '', /^Not live.*2 partitions are assigned/);
    isAt(knob?.source, markedAt('run'));
  },
};
