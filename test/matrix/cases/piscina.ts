import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { halvesOf, isAt } from '../seen.js';

/** Executions are recorded in the pool's worker threads. */
export const piscinaCase: MatrixCase = {
  library: 'piscina',
  program: 'piscina.ts',
  versions: [
    { version: '4.9.4', folder: 'piscina-4' },
    { version: '5.3.2', folder: 'piscina' },
  ],
  formats: ['esm', 'cjs'],
  live: { knob: 'maxThreads', value: 3 },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { sum: 452, failed: 2, maxThreads: 3 });
    const stage = seen.of('stage').findLast(({ name }) => name.startsWith('piscina'));
    assert.ok(stage !== undefined);
    const executions = seen.executionsOf(stage.name);
    assert.equal(executions.length, 32);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.deepEqual(halvesOf(seen, executions).map(peakOf), [2, 3]);
    const lanes = new Set(executions.map(({ lane }) => lane));
    assert.ok(lanes.size >= 3);

    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['cpu', 3, 'piscina']);
    isAt(stage.source, markedAt('pool'));
    const queue = seen.of('queue').find(({ to }) => to?.startsWith('piscina'));
    assert.equal(queue?.capacity, 100);
    const depths = seen.depthsOf(queue.name);
    assert.ok(Math.max(...depths) >= 13, depths.join(' '));
    assert.equal(depths.at(-1), 0);

    const knobs = seen.of('knob').filter(({ via }) => via === 'piscina');
    for (const knob of knobs) isAt(knob.source, markedAt('pool'));
    const latest = new Map(knobs.map((k) => [k.name, [k.value, k.live]]));
    assert.deepEqual(latest.get('minThreads'), [2, false]);
    assert.deepEqual(latest.get('concurrentTasksPerWorker'), [1, false]);
    assert.deepEqual(latest.get('maxQueue'), [100, false]);
    assert.ok(seen.firstKnobs('piscina').some(({ name, live }) => name === 'maxThreads' && live));
  },
};
