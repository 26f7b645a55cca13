import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import { DEFAULT_LIMITS } from '../../../../extension/core/model/store.js';
import type { PipelineReport, Report } from '../../../../extension/core/report/report.js';
import { SessionModel } from '../../../../extension/core/sessionModel.js';
import {
  check,
  drawingBytes,
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

const ms = (n: number): number => drawingStartNs + n * 1e6;

function onlyPipeline(report: Report): PipelineReport {
  const [pipeline, ...rest] = report.pipelines;
  assert.ok(pipeline !== undefined && rest.length === 0, `${report.pipelines.length} pipelines`);
  return pipeline;
}

function run(
  trace: TraceText,
  lane: number,
  name: string,
  times: readonly (readonly [number, number])[],
): void {
  for (const [from, to] of times) {
    trace.interval(lane, { category: 'stage', name, startNs: ms(from), endNs: ms(to) });
  }
}

function encodedHistogram(values: readonly number[]): string {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  for (const value of values) histogram.recordValue(value);
  return encodeIntoCompressedBase64(histogram);
}

describe('lanes and stages', () => {
  it('shows lanes that nobody declared, under the names of their executions', () => {
    const trace = new TraceText();
    run(trace, 5, 'a', [
      [0, 1],
      [2, 3],
    ]);
    run(trace, 5, 'b', [[1, 2]]);
    const { rows, report } = modelOf(trace.take()).snapshot();
    assert.equal(onlyPipeline(report).name, 'process 1');
    assert.deepEqual(
      onlyPipeline(report).stages.map((s) => [s.name, s.executions, s.parallelism]),
      [
        ['a', 2, 1],
        ['b', 1, 1],
      ],
    );
    assert.equal(rows[0]?.kind === 'stage' ? rows[0].lanes[0]?.label : '', 'thread 5');
  });

  it('takes declarations that come after the records as if they had come before', () => {
    const declare = (trace: TraceText): void => {
      trace.declare(processDeclaration(), { kind: 'pipeline', name: 'p' });
      trace.declare(stageDeclaration('work', { pipeline: 'p', stageKind: 'io', parallelism: 2 }));
      trace.declare({ kind: 'lane', lane: 5, stage: 'work', pipeline: 'p', thread: 't', slot: 1 });
    };
    const records = (trace: TraceText): void => {
      trace.interval(5, { category: 'wait', name: 'input', startNs: ms(1), endNs: ms(2) });
      run(trace, 5, 'work', [
        [2, 4],
        [5, 9],
      ]);
    };
    const [early, late] = [new TraceText(), new TraceText()];
    declare(early);
    records(early);
    records(late);
    declare(late);
    const [a, b] = [modelOf(early.take()).report(), modelOf(late.take()).report()];
    assert.deepEqual(b.pipelines, a.pipelines);
    assert.equal(onlyPipeline(a).stages[0]?.kind, 'io');
  });

  it('moves a lane when the declaration of its stage names a pipeline only later', () => {
    const trace = new TraceText();
    trace.declare(stageDeclaration('work', { pipeline: 'other' }));
    run(trace, 5, 'work', [[0, 2]]);
    trace.declare({ kind: 'pipeline', name: 'mine' });
    trace.declare(stageDeclaration('work', { pipeline: 'mine' }));
    trace.declare({ kind: 'lane', lane: 5, stage: 'work', pipeline: 'mine', thread: 't', slot: 0 });
    const report = modelOf(trace.take()).report();
    const counts = report.pipelines.map((p) => [
      p.name,
      p.stages[0]?.executions,
      p.stages[0]?.serviceNs?.p50,
    ]);
    assert.deepEqual(counts.sort(), [
      ['mine', 1, 2e6],
      ['other', 0, undefined],
    ]);
  });

  it('puts stages without a pipeline to the only one, else to one named after the process', () => {
    const trace = new TraceText();
    trace.declare(processDeclaration(8, 'index.mjs'));
    trace.declare(stageDeclaration('auto'));
    run(trace, 1, 'auto', [[0, 1]]);
    assert.equal(onlyPipeline(modelOf(trace.take()).report()).name, 'index.mjs');
    const one = new TraceText();
    one.declare(processDeclaration(8, 'index.mjs'), stageDeclaration('auto'));
    run(one, 1, 'auto', [[0, 1]]);
    one.declare({ kind: 'pipeline', name: 'only' });
    assert.equal(onlyPipeline(modelOf(one.take()).report()).name, 'only');
  });

  it('keeps stages of the same name in two processes apart', () => {
    const first = new TraceText(1);
    first.declare(processDeclaration(11), stageDeclaration('w', { pipeline: 'p' }));
    run(first, 1, 'w', [[0, 1]]);
    const second = new TraceText(2);
    second.declare(processDeclaration(22), stageDeclaration('w', { pipeline: 'p' }));
    run(second, 1, 'w', [
      [0, 1],
      [1, 2],
    ]);
    const bytes = Buffer.concat([first.take(), second.take()]);
    const model = modelOf(bytes);
    assert.deepEqual(
      onlyPipeline(model.report()).stages.map((s) => [s.name, s.process, s.executions]),
      [
        ['w (pid 11)', 11, 1],
        ['w (pid 22)', 22, 2],
      ],
    );
    assert.deepEqual(
      model.info.processes.map((p) => p.pid),
      [11, 22],
    );
  });

  it('goes on with the same lanes when another reader takes over after a reconnect', () => {
    const model = new SessionModel({ title: 't' });
    model.setState('live');
    const [a, b] = [new TraceText(), new TraceText()];
    a.declare(processDeclaration(), stageDeclaration('w'));
    run(a, 1, 'w', [[0, 1]]);
    b.declare(processDeclaration(), stageDeclaration('w'));
    run(b, 1, 'w', [[1, 2]]);
    for (const trace of [a, b]) new FxtReader(model.sink).push(trace.take());
    const [row] = model.snapshot().rows;
    assert.equal(row?.kind === 'stage' ? row.lanes.length : 0, 1);
    assert.equal(onlyPipeline(model.report()).stages[0]?.executions, 2);
  });
});

describe('bad input', () => {
  it('turns bad lines and impossible records into notes', () => {
    const trace = new TraceText();
    trace.declare(processDeclaration());
    trace.summarise({} as never);
    trace.interval(1, { category: 'stage', name: 'w', startNs: ms(5), endNs: ms(4) });
    run(trace, 1, 'w', [[0, 1]]);
    const report = modelOf(trace.take()).report();
    assert.equal(onlyPipeline(report).stages[0]?.executions, 1);
    const notes = report.notes.join('\n');
    assert.match(notes, /A summary of process 100 was skipped: summary\.stage: expected a string/);
    assert.match(notes, /"w" end before they start/);
  });

  it('keeps counting behind its limits, and says so', () => {
    const model = new SessionModel({
      title: 't',
      limits: { ...DEFAULT_LIMITS, executions: 2, lanes: 2, entities: 2 },
    });
    model.setState('capture');
    const trace = new TraceText();
    run(trace, 1, 'a', [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    run(trace, 2, 'b', [[0, 1]]);
    run(trace, 3, 'c', [[0, 1]]);
    new FxtReader(model.sink).push(trace.take());
    const report = model.report();
    assert.deepEqual(
      onlyPipeline(report).stages.map((s) => [s.name, s.executions]),
      [
        ['a', 4],
        ['b', 1],
      ],
    );
    assert.match(report.notes.join('\n'), /More than 2 executions/);
    assert.match(report.notes.join('\n'), /More than 2 lanes/);
  });
});

describe('losses', () => {
  const loss = {
    kind: 'loss',
    where: 'socket',
    stage: 'work',
    pipeline: 'drawn',
    records: 6,
    executions: 4,
    fromNs: ms(0),
    toNs: ms(3),
  } as const;

  it('counts what was lost, once, and marks where', () => {
    const model = check(
      'work cpu x1 | aaabbb----',
      {
        capture: { executions: 6, lost: { records: 6, shareOfExecutions: 4 / 6 } },
        pipelines: [{ stages: [{ executions: 6, items: 6 }] }],
      },
      { extra: [loss, loss] },
    );
    assert.deepEqual(
      model.snapshot().losses.map(({ toNs, fromNs, records }) => [toNs - fromNs, records]),
      [[3e6, 6]],
    );
  });

  it('finds at the end what was lost and not even the agent knew', () => {
    const trace = new TraceText();
    trace.declare(
      processDeclaration(7, 'app.js'),
      { ...loss, stage: null, executions: 4 },
      { kind: 'end', atNs: ms(1), executions: 9 },
    );
    const { capture } = modelOf(trace.take()).report();
    assert.equal(capture.executions, 9);
    assert.equal(capture.lost.shareOfExecutions, 1);
  });

  it('counts what a ring has lost once: summaries know of it, too', () => {
    check(
      'work cpu x1 | aaabbb----c',
      {
        capture: { executions: 7, lost: { records: 4, shareOfExecutions: 4 / 7 } },
        pipelines: [
          {
            stages: [
              {
                executions: 7,
                lost: 4,
                items: 9,
                errors: 1,
                // Times of four; the mean is over all.
                serviceNs: { mean: 9e6 / 7 },
              },
            ],
          },
        ],
      },
      {
        extra: [
          { ...loss, where: 'ring', records: 3, executions: 3 },
          { ...loss, where: 'socket', records: 1, executions: 1 },
          { kind: 'end', atNs: ms(11), executions: 7 },
        ],
        summaries: [
          {
            stage: 'work',
            pipeline: 'drawn',
            fromNs: ms(0),
            toNs: ms(11),
            executions: 7,
            items: 9,
            errors: 1,
            busyNs: 9e6,
            covered: 4,
            histogram: encodedHistogram([1e6, 1e6, 1e6, 3e6]),
          },
        ],
      },
    );
  });

  it('takes items, errors and busy time from the agent’s own totals then', () => {
    check(
      'work cpu x1 | aaabbb----c',
      {
        pipelines: [
          {
            stages: [
              {
                executions: 7,
                items: 14,
                errors: 2,
                utilization: 9 / 11,
                serviceNs: { mean: 9e6 / 7 },
              },
            ],
          },
        ],
      },
      {
        extra: [loss],
        summaries: [
          {
            stage: 'work',
            pipeline: 'drawn',
            fromNs: ms(0),
            toNs: ms(11),
            executions: 7,
            items: 14,
            errors: 2,
            busyNs: 9e6,
            covered: null,
            histogram: encodedHistogram([1e6, 1e6, 1e6, 1e6, 1e6, 2e6, 2e6]),
          },
        ],
      },
    );
  });
});

describe('a capture that is not whole', () => {
  it('says that the process was killed', () => {
    const { capture } = modelOf(drawingBytes('work cpu x1 | aaa', { isKilled: true })).report();
    assert.match(capture.truncatedReason ?? '', /app\.js \(pid 100\) stopped without a last word/);
    assert.equal(capture.processes[0]?.ended, false);
  });

  it('says that nobody joined', () => {
    const model = new SessionModel({ title: 'node app.js' });
    assert.match(model.snapshot().emptyText ?? '', /Waiting for a process of node app\.js/);
    model.setState('ended');
    assert.match(
      model.snapshot().emptyText ?? '',
      /No process joined node app\.js\. Start the program/,
    );
  });

  it('says that a program without stages has no pipeline', () => {
    const trace = new TraceText();
    trace.declare(processDeclaration(7, 'plain.js'), { kind: 'end', atNs: ms(1), executions: 0 });
    const { emptyText, report, rows } = modelOf(trace.take()).snapshot();
    assert.match(
      emptyText ?? '',
      /No pipeline was found in plain\.js \(pid 7\): the program uses none of the libraries that Sluice knows, nor the Sluice API\./,
    );
    assert.equal(report.notes[0], emptyText);
    assert.deepEqual(rows, []);
  });
});
