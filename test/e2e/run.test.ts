import assert from 'node:assert/strict';
import { cp, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Report, StageReport } from '../../extension/core/report/report.js';
import { until } from '../extension/engine/agentClient.js';
import { BuiltSluice, finished } from './builtSluice.js';

/** Text that was broken into lines to fit a terminal. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe('sluice run, with the agent in real programs', () => {
  let sluice: BuiltSluice;
  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const programs = fileURLToPath(new URL('programs', import.meta.url));
    await cp(programs, path.join(sluice.folder, 'programs'), { recursive: true });
  });
  after(async () => {
    await sluice.dispose();
  });
  const at = (name: string): string => path.join(sluice.folder, name);
  const node = (...args: string[]): string[] => ['--', process.execPath, ...args];
  const reportOf = async (capture: string): Promise<Report> => {
    const done = await sluice.run(['report', '--format', 'json', capture]);
    assert.equal(done.code, 0, done.stderr);
    return JSON.parse(done.stdout) as Report;
  };
  const stagesOf = (report: Report): readonly StageReport[] =>
    report.pipelines.flatMap((p) => p.stages);

  it('counts exactly what a program with the API printed, and changes nothing it does', async () => {
    const bare = await sluice.runBare(['programs/api.mjs']);
    assert.equal(bare.code, 3, bare.stderr);
    const done = await sluice.run([
      'run',
      '--json',
      '--out',
      'api.fxt',
      ...node('programs/api.mjs'),
    ]);
    assert.equal(done.code, 3);
    assert.ok(done.stdout.startsWith(bare.stdout));
    assert.equal(done.stderr, bare.stderr);
    const printed = JSON.parse(bare.stdout) as { squared: number; stored: number; failed: number };
    const report = JSON.parse(done.stdout.slice(bare.stdout.length)) as Report;
    assert.deepEqual(
      stagesOf(report).map(({ name, executions, errors }) => ({ name, executions, errors })),
      [
        { name: 'square', executions: printed.squared, errors: 0 },
        { name: 'store', executions: printed.stored + printed.failed, errors: printed.failed },
      ],
    );
    assert.equal(report.pipelines[0]?.name, 'numbers');
    assert.equal(report.pipelines[0].queues[0]?.name, 'squares');
    assert.equal(report.capture.executions, 300);
    assert.deepEqual(report.capture.lost, { records: 0, shareOfExecutions: 0 });
    assert.equal(report.capture.truncatedReason, null);
    assert.ok(report.capture.processes.every((p) => p.ended));
    assert.deepEqual(await reportOf('api.fxt'), report);
  });

  it('finds p-queue and Piscina in a program that never heard of it', async () => {
    const bare = await sluice.runBare(['programs/libraries.mjs']);
    const done = await sluice.run(['run', '--json', ...node('programs/libraries.mjs')]);
    assert.equal(done.code, 0);
    assert.ok(done.stdout.startsWith(bare.stdout));
    assert.equal(done.stderr, 'done\n');
    const printed = JSON.parse(bare.stdout) as { fetched: number; summed: number };
    const report = JSON.parse(done.stdout.slice(bare.stdout.length)) as Report;
    const byCount = new Map(stagesOf(report).map((s) => [s.executions, s]));
    assert.equal(byCount.get(printed.fetched)?.parallelism, 3);
    assert.equal(byCount.get(printed.summed)?.parallelism, 2);
    assert.equal(report.capture.executions, printed.fetched + printed.summed);
    assert.equal(report.capture.truncatedReason, null);
    const live = report.pipelines.flatMap((p) => p.knobs).filter((k) => k.live);
    assert.ok(live.some((k) => k.kind === 'parallelism' && k.value === 3));
  });

  it('prints the report for a person to stderr', async () => {
    const done = await sluice.run(['run', '--out', 'p.fxt', ...node('programs/api.mjs')]);
    assert.equal(done.stdout, (await sluice.runBare(['programs/api.mjs'])).stdout);
    for (const expected of [/square/, /store/, /squares/, /Bottleneck/, /capture: .*p\.fxt/]) {
      assert.match(done.stderr, expected);
    }
  });

  it('keeps a capture that opens when the program is killed, and says it was cut short', async () => {
    const child = sluice.start(['run', '--out', 'killed.fxt', ...node('programs/endless.mjs')]);
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const done = finished(child);
    await until(() => said.includes('\n'), 'the program runs');
    const size = async (): Promise<number> => (await stat(at('killed.fxt'))).size;
    await until(async () => (await size()) > 4000, 'executions are in the capture');
    process.kill(Number(said), 'SIGKILL');
    assert.equal((await done).code, 137);
    assert.match(
      oneLine((await done).stderr),
      /Cut short: endless.mjs .* stopped without a last word/,
    );
    const report = await reportOf('killed.fxt');
    assert.ok((stagesOf(report)[0]?.executions ?? 0) > 10);
    assert.equal(report.capture.processes[0]?.ended, false);
    assert.match(report.capture.truncatedReason ?? '', /stopped without a last word/);
  });

  it('leaves the program unharmed when Sluice itself is killed', async () => {
    const script =
      `"$0" programs/endless.mjs 400 ${at('count.txt')}; echo $? > ${at('code.txt')}`.replaceAll(
        sluice.folder,
        '.',
      );
    const child = sluice.start([
      'run',
      '--out',
      'orphan.fxt',
      '--',
      'sh',
      '-c',
      script,
      process.execPath,
    ]);
    const size = async (): Promise<number> =>
      (await stat(at('orphan.fxt')).catch(() => ({ size: 0 }))).size;
    await until(async () => (await size()) > 3000, 'the program is recorded');
    child.kill('SIGKILL');
    const text = async (name: string): Promise<string> =>
      readFile(at(name), 'utf8').catch(() => '');
    await until(async () => (await text('code.txt')) !== '', 'the program has ended');
    assert.equal(await text('code.txt'), '0\n');
    assert.equal(await text('count.txt'), '400');
    const report = await reportOf('orphan.fxt');
    assert.ok(report.capture.executions > 0 && report.capture.executions < 400);
    assert.notEqual(report.capture.truncatedReason, null);
  });

  it('says so when a program has no pipeline', async () => {
    const done = await sluice.run(['run', ...node('programs/plain.mjs')]);
    assert.deepEqual([done.code, done.stdout], [0, 'nothing to see\n']);
    assert.match(
      oneLine(done.stderr),
      /No pipeline was found in .*plain.*\(pid \d+\): the program uses none of the libraries that Sluice knows, nor the Sluice API/,
    );
  });

  it('follows the children of a program', async () => {
    const done = await sluice.run(['run', '--json', ...node('programs/parent.mjs')]);
    const report = JSON.parse(done.stdout) as Report;
    assert.equal(report.capture.processes.length, 3);
    assert.deepEqual(
      stagesOf(report)
        .map((s) => s.executions)
        .sort((a, b) => a - b),
      // The children's lives are executions of the parent's.
      [2, 20, 30],
    );
  });

  it('records until --duration is over', async () => {
    const done = await sluice.run([
      'run',
      '--json',
      '--duration',
      '3s',
      ...node('programs/endless.mjs'),
    ]);
    assert.equal(done.code, 0);
    const report = JSON.parse(done.stdout.slice(done.stdout.indexOf('{'))) as Report;
    assert.ok(report.capture.executions > 10);
  });
});
