// A capture of real programs, read by a second decoder that was written from the specification alone: everything that
// the programs did is in it, and nothing else.
import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../extension/core/report/report.js';
import { type NaiveReport, reportNaive } from '../support/naiveReport.js';
import { BuiltSluice } from './builtSluice.js';

describe('captures are valid traces', () => {
  let sluice: BuiltSluice;
  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const programs = fileURLToPath(new URL('programs', import.meta.url));
    await cp(programs, path.join(sluice.folder, 'programs'), { recursive: true });
  });
  after(async () => {
    await sluice.dispose();
  });

  const record = async (program: string): Promise<{ naive: NaiveReport; report: Report }> => {
    const file = path.join(sluice.folder, 'valid.fxt');
    const done = await sluice.run([
      'run',
      '--json',
      '--out',
      file,
      '--',
      process.execPath,
      program,
    ]);
    const report = JSON.parse(done.stdout.slice(done.stdout.lastIndexOf('\n{\n') + 1)) as Report;
    return { naive: reportNaive(await readFile(file)), report };
  };

  for (const program of ['api.mjs', 'libraries.mjs', 'parent.mjs']) {
    it(`that of ${program}`, async () => {
      const { naive, report } = await record(`programs/${program}`);
      assert.deepEqual(naive.problems, [], 'nothing is undecodable');
      assert.deepEqual(naive.disorder, [], 'time goes forward on every lane');

      const executions = new Map<string, number>();
      for (const stage of report.pipelines.flatMap((p) => p.stages)) {
        // The report tells stages of the same name apart by their process.
        const name = stage.name.replace(` (pid ${stage.process})`, '');
        const n = stage.executions;
        executions.set(name, (executions.get(name) ?? 0) + n);
      }
      assert.ok(executions.size > 0);
      assert.deepEqual(new Map([...naive.executions].sort()), new Map([...executions].sort()));

      const queues = report.pipelines.flatMap((p) => p.queues).map((q) => `queue/${q.name}`);
      for (const queue of queues) assert.ok((naive.counters.get(queue) ?? 0) > 0, queue);

      for (const { pid } of report.capture.processes) {
        assert.ok(naive.processNames.has(BigInt(pid)), `process ${pid} has a name`);
      }
      assert.ok(naive.lanesUsed.size > 0);
      for (const lane of naive.lanesUsed) {
        assert.ok(naive.laneNames.get(lane) ?? '', `lane ${lane} has a name`);
      }
    });
  }
});
