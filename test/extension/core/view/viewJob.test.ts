import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import { runJob } from '../../../../extension/core/job.js';
import type { ViewReply } from '../../../../extension/core/panel/view.js';
import { SessionModel } from '../../../../extension/core/sessionModel.js';
import {
  drawingStartNs,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

/** Two stages, one after the other: what the second one waits for is not known without a queue. */
function twoStages(): TraceText {
  const trace = new TraceText();
  trace.declare(processDeclaration(), { kind: 'pipeline', name: 'p' });
  for (const [lane, stage] of ['a', 'b'].entries()) {
    trace.declare(stageDeclaration(stage, { pipeline: 'p', parallelism: 1 }));
    trace.declare({ kind: 'lane', lane, stage, pipeline: 'p', thread: 't', slot: lane });
    for (const second of [0, 3, 6]) {
      const startNs = drawingStartNs + (second + lane) * 1e9;
      const run = { category: 'stage', name: stage, startNs, endNs: startNs + 1e9 } as const;
      trace.interval(lane, run);
    }
  }
  return trace;
}

function addQueue(trace: TraceText): void {
  const link = { from: 'a', to: 'b', pipeline: 'p', via: 'api', source: null };
  trace.declare({ kind: 'queue', id: 1, name: 'q', capacity: 3, ...link });
  for (const [second, depth] of [0, 1, 0, 1, 0].entries()) {
    const atNs = drawingStartNs + second * 1e9;
    trace.counter('queue', { name: 'q', id: 1, atNs, values: { depth } });
  }
}

const NO_ROW = 1_000_000;

const contentOf = ({ sections, buffer }: ViewReply): unknown => [
  sections,
  [...new Uint8Array(buffer)],
];

describe('a picture that is drawn row by row', () => {
  it('goes on with the pipeline that a snapshot has found meanwhile', () => {
    const model = new SessionModel({ title: 't' });
    model.setState('live');
    const reader = new FxtReader(model.sink);
    const trace = twoStages();
    reader.push(trace.take());
    const { rows, extentNs } = model.snapshot();
    const lanes = rows.flatMap((row) =>
      row.kind === 'stage' ? row.lanes.map(({ id }) => id) : [],
    );
    const [fromNs, toNs] = extentNs;
    const last = lanes.at(-1) ?? NO_ROW;
    const request = { seq: 1, fromNs, toNs, widthPx: 70, rows: [NO_ROW, last] };
    const before = model.view(request);
    const job = model.viewJob(request);
    assert.equal(job.step(), true);
    addQueue(trace);
    reader.push(trace.take());
    model.snapshot();
    const picture = runJob(job);
    assert.notDeepEqual(contentOf(picture), contentOf(before), 'the queue says what it waits for');
    assert.deepEqual(contentOf(picture), contentOf(model.view(request)));
  });
});
