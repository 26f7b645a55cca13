import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderText } from '../../../../extension/core/report/text.js';
import { check, drawingBytes, modelOf } from '../../../support/pipelineText.js';

describe('report of a drawn pipeline', () => {
  it('tells running, waiting and free lane time apart', () => {
    const model = check(
      `
      read source x1           | aabbcc>>dd
      queue files read>work 2  | 0011222211
      work cpu x1              | --aaabbbcc
      `,
      {
        capture: { durationNs: 10e6, executions: 7, processes: [{ pid: 100, ended: true }] },
        pipelines: [
          {
            name: 'drawn',
            stages: [
              {
                name: 'read',
                executions: 4,
                utilization: 0.8,
                shares: { busy: 0.8, blocked: 0.2, starved: 0, limited: 0, idle: 0 },
              },
              {
                name: 'work',
                executions: 3,
                utilization: 0.8,
                shares: { busy: 0.8, starved: 0.2, blocked: 0, limited: 0, idle: 0 },
              },
            ],
            queues: [{ name: 'files', from: 'read', to: 'work', fullShare: 0.4, emptyShare: 0.2 }],
            latencyNs: { p50: 6e6 },
          },
        ],
      },
    );
    assert.match(renderText(model.report(), { color: false, width: 80 }), /read/);
  });

  it('says what the agents cost, over all processes', () => {
    const cost = { kind: 'cost', atNs: 1, records: 1000, recordNs: 100 } as const;
    const extra = [{ ...cost, drainCpuNs: 100_000, processCpuNs: 10_000_000 }] as const;
    const model = modelOf(drawingBytes('work cpu | aabb', { extra }));
    const report = model.report();
    // 1000 records at 100 ns, and as much again for sending them, of 10 ms.
    assert.deepEqual(report.capture.agentCost, {
      records: 1000,
      recordNs: 100,
      cpuNs: 200_000,
      cpuShare: 0.02,
    });
    const text = renderText(report, { color: false, width: 100 });
    assert.match(text, /the agent took 200 µs of CPU time, 2% of all: 1,000 records at 100 ns/);
    assert.equal(modelOf(drawingBytes('work cpu | aabb')).report().capture.agentCost, null);
  });
});
