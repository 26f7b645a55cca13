// The trace of torch.profiler beside the capture of the same run: both agree on what the stages took.
import assert from 'node:assert/strict';
import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BesideReport, Report } from '../../extension/core/report/report.js';
import { findPythons } from '../support/pythons.js';
import { BuiltSluice } from './builtSluice.js';

const withTorch = findPythons().find(({ hasTorch }) => hasTorch);
const skip = withTorch === undefined && 'no Python here has torch (apt-get install python3-torch)';

/** How far the totals of two tools may be apart. */
const AGREED = 0.05;
/** A request that takes less than that, in nanoseconds, is mostly the tools' own. */
const SHORT_NS = 3e6;
const RUNS = 5;

describe('torch.profiler beside the capture of the same run', { skip }, () => {
  let sluice: BuiltSluice;
  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const programs = fileURLToPath(new URL('../python/programs', import.meta.url));
    await cp(programs, path.join(sluice.folder, 'programs'), { recursive: true });
  });
  after(async () => {
    await sluice.dispose();
  });

  /** Runs the program, and puts its trace beside its capture; null: the agent had no time to join before the program was over. */
  const besideOf = async (
    workers: number,
  ): Promise<{ report: Report; beside: BesideReport } | null> => {
    const [capture, trace, both] = ['run', 'trace', 'both'].map((name) => `${name}${workers}`);
    const env = { PYTHONPATH: '', PYTHONDONTWRITEBYTECODE: '1' };
    const program = ['programs/profiled.py', `${trace}.json`, String(workers)];
    const ran = await sluice.run(
      ['run', '--no-report', '--out', `${capture}.fxt`, '--', withTorch?.path ?? '', ...program],
      env,
    );
    assert.equal(ran.code, 0, ran.stderr);
    const put = await sluice.run([
      ...['convert', `${capture}.fxt`, '--with', `${trace}.json`, '-o', `${both}.fxt`],
    ]);
    if (put.stderr.includes('holds no records')) return null;
    assert.equal(put.code, 0, put.stderr);
    const told = await sluice.run(['report', '-f', 'json', `${both}.fxt`]);
    assert.equal(told.code, 0, told.stderr);
    const report = JSON.parse(told.stdout) as Report;
    const [beside] = report.beside ?? [];
    assert.ok(beside !== undefined, told.stdout);
    const direct = await sluice.run([
      ...['report', '-f', 'json', `${capture}.fxt`, '--with', `${trace}.json`],
    ]);
    assert.deepEqual((JSON.parse(direct.stdout) as Report).beside, report.beside);
    return { report, beside };
  };

  /** What must hold on any machine; returns whether the totals agree. */
  const check = ({ report, beside }: { report: Report; beside: BesideReport }): boolean => {
    const shown = JSON.stringify(beside.compared, null, 1);
    assert.equal(beside.uncompared, null);
    assert.deepEqual(
      beside.compared.map(({ kind, stage }) => `${kind} ${stage}`).sort(),
      ['input step', 'stage decode', 'stage train'],
      shown,
    );
    for (const { trace, capture, remark } of beside.compared) {
      assert.deepEqual([trace.count, capture.count, remark], [25, 25, null], shown);
    }
    // The executions before and behind the profile are in the report of the stage, and in no comparison.
    const stages = report.pipelines.flatMap((pipeline) => pipeline.stages);
    assert.equal(stages.find(({ name }) => name === 'decode')?.executions, 27);
    assert.ok(beside.stretches.some(({ name }) => name === 'decode'));
    return beside.compared.every(
      ({ kind, trace, difference }) =>
        Math.abs(difference ?? 1) < AGREED ||
        // With workers hardly anybody waits: what is left is too short for shares of it.
        (kind === 'input' && trace.totalNs < 25 * SHORT_NS),
    );
  };

  for (const workers of [0, 2]) {
    it(`agrees on every stage within 5%, with ${workers} workers`, async () => {
      // A core that is taken away between the clocks of the two tools is time that only one of them sees: then once more.
      let last: BesideReport | null = null;
      for (let run = 0; run < RUNS; run++) {
        const found = await besideOf(workers);
        if (found !== null && check(found)) return;
        last = found?.beside ?? null;
      }
      assert.fail(`${RUNS} runs, and the last one: ${JSON.stringify(last?.compared, null, 1)}`);
    });
  }

  it('is refused beside a capture of another run', async () => {
    const file = path.join(sluice.folder, 'trace0.json');
    assert.ok((await readFile(file, 'utf8')).includes('decode'));
    const ran = await sluice.run(
      ['run', '--no-report', '--out', 'later.fxt', '--', withTorch?.path ?? '', '-c', 'pass'],
      { PYTHONPATH: '' },
    );
    assert.equal(ran.code, 0, ran.stderr);
    const put = await sluice.run([
      ...['convert', 'later.fxt', '--with', 'trace0.json', '-o', 'no.fxt'],
    ]);
    assert.equal(put.code, 3);
    assert.match(
      put.stderr,
      /^sluice: trace0\.json (is not of the run in later\.fxt: .*UTC|does not say at what time)/,
    );
  });
});
