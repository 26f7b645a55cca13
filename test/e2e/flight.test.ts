// The flight recorder in real programs: what it hands over, what it writes, and what it leaves alone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nowNs } from '../../agent/src/clock.js';
import type { Report } from '../../extension/core/report/report.js';
import { until } from '../extension/engine/agentClient.js';
import { reportNaive } from '../support/naiveReport.js';
import { AttachProgram, ownPlaces } from './attachProgram.js';
import { BuiltSluice } from './builtSluice.js';

const executionsOf = (report: Report): number =>
  report.pipelines.flatMap((p) => p.stages).reduce((sum, s) => sum + s.executions, 0);

describe('the flight recorder', { timeout: 300_000 }, () => {
  let sluice: BuiltSluice;
  let env: NodeJS.ProcessEnv = {};
  const programs: AttachProgram[] = [];

  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const folder = fileURLToPath(new URL('programs', import.meta.url));
    await cp(folder, path.join(sluice.folder, 'programs'), { recursive: true });
    ({ env } = await ownPlaces(sluice));
  });
  after(async () => {
    for (const { child } of programs) child.kill('SIGKILL');
    await sluice.dispose();
  });

  async function start(more: NodeJS.ProcessEnv): Promise<AttachProgram> {
    const program = new AttachProgram(sluice, { ...env, ...more });
    programs.push(program);
    await program.started();
    return program;
  }

  const listed = async ({ pid }: AttachProgram): Promise<Record<string, unknown>> => {
    const { stdout } = await sluice.run(['ps', '--json'], env);
    const lines = stdout.split('\n').filter((line) => line !== '');
    const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    return all.find((said) => said['pid'] === pid) ?? {};
  };

  /** Attaches for a moment and returns the report, and what an independent reader finds in the capture. */
  async function take(program: AttachProgram) {
    const out = path.join(sluice.folder, 'taken.fxt');
    const args = ['attach', String(program.pid), '--duration', '300ms', '--json', '--out', out];
    const done = await sluice.run(args, env);
    assert.equal(done.code, 0, done.stderr);
    const naive = reportNaive(await readFile(out));
    assert.deepEqual(naive.problems, []);
    assert.deepEqual(naive.disorder, []);
    return { report: JSON.parse(done.stdout) as Report, naive };
  }

  it('hands over the last seconds first, then what comes; and again to the next', async () => {
    const program = await start({ SLUICE_FLIGHT: '1m' });
    await until(async () => (await program.state()).counts.step > 300, 'it has worked for a while');
    assert.equal((await listed(program))['state'], 'flight');
    for (let i = 0; i < 2; i++) {
      const madeBefore = (await program.state()).counts.step;
      const { report, naive } = await take(program);
      // Everything since the start of the program, though nobody listened.
      assert.ok(executionsOf(report) >= madeBefore);
      assert.equal(naive.executions.get('step'), executionsOf(report));
      assert.equal(report.capture.lost.records, 0);
      assert.equal(report.capture.processes[0]?.ended, true);
      assert.ok(report.notes.some((note) => note.includes('the flight recorder handed over')));
      await until(async () => (await listed(program))['state'] === 'flight', 'it flies on');
    }
    assert.equal(await program.end(), 7);
    assert.deepEqual([program.last, program.stderr], ['bye', '']);
  });

  it('keeps no more than its window, and what is older is not said to be lost', async () => {
    const program = await start({ SLUICE_FLIGHT: '300ms' });
    const startedNs = nowNs();
    await until(() => nowNs() - startedNs > 3e9, 'ten windows have gone by');
    const made = (await program.state()).counts.step;
    const { report, naive } = await take(program);
    const kept = executionsOf(report);
    assert.ok(kept > 0 && kept < made, `${kept} of ${made}`);
    assert.equal(naive.executions.get('step'), kept);
    assert.equal(report.capture.lost.records, 0);
    assert.equal(report.capture.lost.shareOfExecutions, 0);
    await program.end();
  });

  it('writes a whole capture on SIGUSR2, says nothing, and flies on', async () => {
    const folder = path.join(sluice.folder, 'flights');
    const program = await start({ SLUICE_FLIGHT: '1m', SLUICE_FLIGHT_FOLDER: folder });
    await until(async () => (await program.state()).counts.step > 50, 'it has worked for a while');
    for (let i = 1; i <= 2; i++) {
      const made = (await program.state()).counts.step;
      process.kill(program.pid, 'SIGUSR2');
      await until(async () => {
        const files = await readdir(folder).catch(() => []);
        return files.filter((name) => name.endsWith('.fxt')).length === i;
      }, 'a file is there');
      let file = '';
      await until(async () => {
        file = String((await listed(program))['flightFile']);
        return path.dirname(file) === folder && file.endsWith(`-${i}.fxt`);
      }, 'ps names it');
      assert.equal((await stat(file)).mode & 0o077, 0);
      const naive = reportNaive(await readFile(file));
      assert.deepEqual([naive.problems, naive.disorder], [[], []]);
      assert.ok((naive.executions.get('step') ?? 0) >= made);
      const read = await sluice.run(['report', '--format', 'json', file]);
      const report = JSON.parse(read.stdout) as Report;
      assert.equal(executionsOf(report), naive.executions.get('step'));
      assert.equal(report.capture.truncatedAtByte, null);
      assert.equal(report.capture.lost.records, 0);
      assert.equal(report.capture.processes[0]?.pid, program.pid);
    }
    assert.equal(await program.end(), 7);
    assert.deepEqual([program.last, program.stderr], ['bye', '']);
  });

  it('says in ps why it could not write', async () => {
    const folder = path.join(sluice.folder, 'no-folder');
    await writeFile(folder, 'a file');
    const program = await start({ SLUICE_FLIGHT: '1s', SLUICE_FLIGHT_FOLDER: folder });
    process.kill(program.pid, 'SIGUSR2');
    await until(async () => (await listed(program))['flightProblem'] !== null, 'it says why');
    assert.equal(await program.end(), 7);
  });

  it('leaves the signal to a program that handles it, and to the system where it is not asked for', async () => {
    const preload = path.join(sluice.folder, 'dist/agent/register.cjs');
    const own =
      "process.once('SIGUSR2', () => { console.log('mine'); process.kill(process.pid, 'SIGUSR2'); });";
    const wait = "setTimeout(() => console.log('ready'), 300); setInterval(() => {}, 1000);";
    await mkdir(path.join(sluice.folder, 'cwd'), { recursive: true });
    for (const [code, more, output] of [
      [own + wait, { SLUICE_FLIGHT: '1s' }, 'ready\nmine\n'],
      [wait, {}, 'ready\n'],
      [wait, { SLUICE_FLIGHT: '1s', SLUICE_FLIGHT_SIGNAL: '' }, 'ready\n'],
    ] as const) {
      const child = spawn(process.execPath, ['--require', preload, '-e', code], {
        cwd: path.join(sluice.folder, 'cwd'),
        env: { ...process.env, ...env, ...more, NODE_OPTIONS: '' },
      });
      let text = '';
      child.stdout.on('data', (data: Buffer) => (text += data.toString()));
      await until(() => text === 'ready\n', 'the program runs');
      child.kill('SIGUSR2');
      const [, signal] = (await once(child, 'close')) as [null, string];
      assert.deepEqual([signal, text], ['SIGUSR2', output]);
    }
    assert.deepEqual(await readdir(path.join(sluice.folder, 'cwd')), []);
  });
});
