import assert from 'node:assert/strict';
import type { MatrixCase } from '../matrix.js';
import { isAt } from '../seen.js';

/** Lives of children, and the handling of messages on both sides. */
export const childProcessCase: MatrixCase = {
  library: 'node:child_process',
  program: 'childProcess.ts',
  versions: [],
  formats: ['esm', 'cjs'],
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { answers: 24, sum: 72, codes: [0, 0, 0, 3, 0, 0, 0, 3] });
    const stage = seen.stage('childProcess');
    assert.deepEqual([stage.stageKind, stage.via], ['io', 'child_process']);
    isAt(stage.source, markedAt('fork'));
    const lives = seen.executionsOf(stage.name);
    assert.deepEqual(
      lives.map(({ isFailed }) => isFailed),
      [false, false, false, false, false, false],
    );
    const failing = seen.stage('node -e');
    isAt(failing.source, markedAt('failing'));
    assert.deepEqual(
      seen.executionsOf(failing.name).map(({ isFailed }) => isFailed),
      [true, true],
    );
    assert.equal(seen.executionsOf('childProcess reply').length, 24);
    const handled = seen.executionsOf('childProcess message');
    assert.ok(handled.every(({ startNs, endNs }) => endNs - startNs >= 1e6));
    // The program, and children that lived long enough for the agent to connect.
    const titles = seen.of('process').filter(({ title }) => title.startsWith('childProcess'));
    const children = new Set(titles.map(({ pid }) => pid)).size - 1;
    assert.ok(children >= 1);
    assert.equal(handled.length, 4 * children);
  },
};
