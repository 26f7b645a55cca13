import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';
import { ask } from './randomSession.js';

/** Two pipelines that both number their items from 0 and work on them at the same time. */
function model(): ReturnType<typeof modelOf> {
  const trace = new TraceText();
  trace.declare(processDeclaration());
  for (const [i, pipeline] of ['pages', 'images'].entries()) {
    const lane = i + 1;
    const stage = `fetch ${pipeline}`;
    trace.declare({ kind: 'pipeline', name: pipeline }, stageDeclaration(stage, { pipeline }));
    trace.declare({ kind: 'lane', lane, stage, pipeline, thread: 'main', slot: 0 });
    const startNs = drawingStartNs + i * 1e6;
    trace.interval(lane, {
      category: 'stage',
      name: stage,
      startNs,
      endNs: startNs + 5e6,
      item: 0,
    });
  }
  return modelOf(trace.take());
}

describe('the way of an item whose number is used by several pipelines', () => {
  const session = model();
  const stagesOf = (pipeline: string | null): readonly string[] =>
    ask(session, { kind: 'itemPath', seq: 1, item: 0, atNs: 2e6, pipeline }).path?.visits.map(
      (visit) => visit.stage,
    ) ?? [];

  it('is that in the pipeline that is asked for', () => {
    assert.deepEqual(stagesOf('pages'), ['fetch pages']);
    assert.deepEqual(stagesOf('images'), ['fetch images']);
  });

  it('is in none that does not exist, and in any when none is asked for', () => {
    assert.deepEqual(stagesOf('videos'), []);
    assert.equal(stagesOf(null).length, 1);
  });
});
