import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  reportNodes,
  sessionFace,
  type TreeNode,
} from '../../../../extension/host/sessions/tree.js';
import { infoOf, pipelineOf, reportOf, sessionId, stageOf } from '../fakes.js';

/** The tree as text: one row a line, indented. */
function drawn(nodes: readonly TreeNode[], indent = ''): string[] {
  return nodes.flatMap((node) => [
    node.kind === 'session'
      ? `${indent}${node.session}`
      : `${indent}${node.face.label} | ${node.face.description}`,
    ...(node.kind === 'branch' ? drawn(node.children, `${indent}  `) : []),
  ]);
}

test('stages, queues and knobs stand under the process that they run in', () => {
  assert.deepEqual(drawn(reportNodes(sessionId('s'), reportOf({ notes: ['Look here.'] }))), [
    'main.mjs | pid 7',
    '  thumbnails | 120/s',
    '    decode | 123/s · 87% busy · p95 4.2 ms',
    '    decoded | depth 60.3 of 64 · max 64 · full 90%',
    '    decode.concurrency | 4',
    'worker.mjs | pid 8',
    '  thumbnails | 120/s',
    '    resize | bottleneck · 123/s · 87% busy · p95 4.2 ms',
    'Look here. | ',
  ]);
});

test('a queue between unknown stages goes to the first process; what is not known is not written', () => {
  const pipeline = pipelineOf({
    stages: [stageOf('only', { process: 8, serviceNs: null, errors: 2 })],
    queues: pipelineOf().queues.map((q) => ({
      ...q,
      from: null,
      to: null,
      capacity: null,
      fullShare: null,
    })),
    knobs: [],
    bottleneck: { kind: 'none', stage: null, confidence: 0, evidence: [] },
  });
  assert.deepEqual(drawn(reportNodes(sessionId('s'), reportOf({ pipelines: [pipeline] }))), [
    'main.mjs | pid 7',
    '  thumbnails | 120/s',
    '    decoded | depth 60.3 · max 64',
    'worker.mjs | pid 8',
    '  thumbnails | 120/s',
    '    only | 123/s · 87% busy · 2 errors',
  ]);
});

test('ids are unique, though names are not', () => {
  const twins = pipelineOf({ queues: [...pipelineOf().queues, ...pipelineOf().queues] });
  const ids: string[] = [];
  const collect = (nodes: readonly TreeNode[]): void => {
    for (const node of nodes) {
      if (node.kind !== 'session') ids.push(node.face.id);
      if (node.kind === 'branch') collect(node.children);
    }
  };
  collect(reportNodes(sessionId('s'), reportOf({ pipelines: [twins], notes: ['a', 'a'] })));
  assert.equal(new Set(ids).size, ids.length);
});

test('a session says its state, and what menus may do with it', () => {
  const faceOf = (state: 'waiting' | 'live' | 'ended' | 'capture', lostRecords = 0): string => {
    const { description, context } = sessionFace(infoOf('a', { state, lostRecords }));
    return `${description} | ${context}`;
  };
  assert.equal(faceOf('live'), 'live · 1,234 executions | session.live');
  assert.equal(faceOf('waiting'), 'waiting for the program | session.live');
  assert.equal(faceOf('ended', 1), 'ended · 1,234 executions, 1 record lost | session.ended');
  assert.equal(faceOf('capture'), 'capture · 1,234 executions | session.capture');
});
