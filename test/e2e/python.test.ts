// `sluice run -- python program.py`: the built command line puts the agent into programs of each Python that there is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PipelineReport, Report } from '../../extension/core/report/report.js';
import { reportNaive } from '../support/naiveReport.js';
import { findPythons } from '../support/pythons.js';
import { BuiltSluice } from './builtSluice.js';

const pythons = findPythons();
const withTorch = pythons.find(({ hasTorch }) => hasTorch);
const noTorch =
  withTorch === undefined && 'no Python here has torch (apt-get install python3-torch)';

describe('sluice run, with the agent in Python programs', () => {
  let sluice: BuiltSluice;
  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const programs = fileURLToPath(new URL('../python/programs', import.meta.url));
    await cp(programs, path.join(sluice.folder, 'programs'), { recursive: true });
  });
  after(async () => {
    await sluice.dispose();
  });

  interface Ran {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
    readonly report: Report;
    readonly capture: Buffer;
  }
  const run = async (python: string, ...args: string[]): Promise<Ran> => {
    const file = path.join(sluice.folder, 'python.fxt');
    const env = { PYTHONPATH: '', PYTHONDONTWRITEBYTECODE: '1' };
    const done = await sluice.run(['run', '--json', '--out', file, '--', python, ...args], env);
    const at = done.stdout.search(/^\{$/m);
    assert.ok(at >= 0, done.stderr);
    const report = JSON.parse(done.stdout.slice(at)) as Report;
    const capture = await readFile(file);
    return { ...done, stdout: done.stdout.slice(0, at), report, capture };
  };
  const bare = (python: string, ...args: string[]): string =>
    execFileSync(python, args, {
      cwd: sluice.folder,
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: path.join(sluice.folder, 'dist/agent/python') },
    });
  const pipelineOf = (report: Report): PipelineReport => {
    const [pipeline] = report.pipelines;
    assert.ok(pipeline !== undefined);
    return pipeline;
  };

  for (const { path: python, version } of pythons) {
    it(`counts exactly, in Python ${version}`, async () => {
      const ran = await run(python, 'programs/counts.py');
      assert.equal(ran.code, 0, ran.stderr);
      assert.equal(ran.stdout, bare(python, 'programs/counts.py'));
      assert.equal(ran.stderr, '');
      const stages = new Map(pipelineOf(ran.report).stages.map((s) => [s.name, s]));
      assert.equal(stages.get('plain')?.executions, 4107);
      assert.equal(stages.get('plain')?.errors, 7);
      assert.equal(stages.get('coroutine')?.executions, 20);
      assert.equal(stages.get('sized')?.items, 12);
      const [process] = ran.report.capture.processes;
      assert.equal(process?.runtime, `python ${version}`);
      assert.equal(process.ended, true);
      assert.equal(ran.report.capture.lost.records, 0);
    });

    it(`writes valid traces, in Python ${version}`, async () => {
      const { capture, report } = await run(python, 'programs/processes.py', 'spawn');
      const naive = reportNaive(capture);
      assert.deepEqual(naive.problems, []);
      assert.deepEqual(naive.disorder, []);
      const counted = [...naive.executions.values()].reduce((sum, n) => sum + n, 0);
      assert.equal(counted, report.capture.executions);
      for (const lane of naive.lanesUsed) assert.ok(naive.laneNames.get(lane) ?? '');
    });

    it(`passes exit codes on, in Python ${version}`, async () => {
      for (const [how, code] of [
        ['exit', 7],
        ['_exit', 9],
        ['raise', 1],
      ] as const) {
        const ran = await run(python, 'programs/ends.py', how);
        assert.equal(ran.code, code, ran.stderr);
        assert.equal(ran.report.capture.executions, how === 'raise' ? 11 : 10);
      }
    });
  }

  it('knows a stage that runs inside of a task as a part of it', async () => {
    const python = pythons.at(-1)?.path ?? '';
    // Some seconds, so that a busy machine leaves enough of it that is steady.
    const ran = await run(python, 'programs/nested.py', 'threads', '1600');
    assert.equal(ran.code, 0, ran.stderr);
    const pipeline = pipelineOf(ran.report);
    assert.deepEqual(pipeline.links, [
      { from: 'workers', to: 'parse', known: 'learned', isInside: true },
    ]);
    // 1 ms of a task's 5 are its own: as a stage of its own it would have been none, and `parse` the limit.
    const [workers] = pipeline.stages;
    assert.equal(workers?.name, 'workers');
    const knob = pipeline.knobs.find(({ name }) => name === 'max_workers');
    const suggested = pipeline.suggestions.find((s) => s.knob === knob?.id);
    assert.ok(suggested !== undefined, JSON.stringify(pipeline.suggestions));
    assert.ok(suggested.to > 2);
    assert.ok(suggested.predicted.gain.mid > 1.3);
  });

  it(
    'names the loader of a training loop, and what more workers would do',
    { skip: noTorch },
    async () => {
      const python = withTorch?.path ?? '';
      // Loading waits and hardly computes, so that what else this machine does hardly matters.
      const args = [
        'programs/loader.py',
        '--workers',
        '1',
        '--load-ms',
        '3',
        '--samples',
        '800',
        '--epochs',
        '1',
      ];
      const ran = await run(python, ...args);
      assert.equal(ran.code, 0, ran.stderr);
      const pipeline = pipelineOf(ran.report);
      assert.deepEqual(
        pipeline.stages.map(({ name, executions, items }) => ({ name, executions, items })),
        [
          { name: 'fetch', executions: 100, items: 800 },
          { name: 'step', executions: 100, items: 800 },
        ],
      );
      assert.equal(pipeline.bottleneck.stage, 'fetch');
      assert.equal(pipeline.queues[0]?.name, 'prefetch');
      const knob = pipeline.knobs.find(({ name }) => name === 'num_workers');
      assert.equal(knob?.value, 1);
      assert.match(knob.source?.file ?? '', /loader\.py$/);
      const suggested = pipeline.suggestions.find((s) => s.knob === knob.id);
      assert.ok(suggested !== undefined, JSON.stringify(pipeline.suggestions));
      assert.ok(suggested.to >= 2);
      assert.ok(suggested.predicted.gain.mid > 1.3);
    },
  );
});
