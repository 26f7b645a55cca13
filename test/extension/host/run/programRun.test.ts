import assert from 'node:assert/strict';
import os from 'node:os';
import { describe, it } from 'node:test';
import type { Launch } from '../../../../extension/host/run/launch.js';
import {
  describeEnd,
  ProgramRun,
  type ProgramEnd,
} from '../../../../extension/host/run/programRun.js';

const script = (code: string): Launch => ({
  title: 'test',
  command: process.execPath,
  args: ['--input-type=module', '-e', code],
  shell: false,
  cwd: os.tmpdir(),
});

async function outcome(run: ProgramRun): Promise<{ output: string; end: ProgramEnd }> {
  let output = '';
  run.onOutput((text) => (output += text));
  const end = await new Promise<ProgramEnd>((resolve) => run.onEnd(resolve));
  return { output, end };
}

/** Resolves when the program has said `word`. */
const said = (run: ProgramRun, word: string): Promise<void> =>
  new Promise((resolve) => {
    let output = '';
    run.onOutput((text) => {
      output += text;
      if (output.includes(word)) resolve();
    });
  });

describe('a program run', () => {
  it('delivers both outputs, also a character that is cut in two, and the exit code', async () => {
    const code =
      "process.stdout.write(Buffer.from([0xe2, 0x82])); setTimeout(() => { process.stdout.write(Buffer.from([0xac])); process.stderr.write('!'); process.exitCode = 3; }, 50)";
    const { output, end } = await outcome(new ProgramRun(script(code), process.env));
    assert.deepEqual(Array.from(output).sort(), ['!', '€']);
    assert.deepEqual(end, { kind: 'exited', code: 3 });
    assert.equal(describeEnd(end), 'The program ended with exit code 3.');
  });

  it('passes input on, up to its end', async () => {
    const run = new ProgramRun(script('process.stdin.pipe(process.stdout)'), process.env);
    run.write('one\n');
    run.write('two\n');
    run.endInput();
    assert.equal((await outcome(run)).output, 'one\ntwo\n');
  });

  it('says why a program did not start', async () => {
    const run = new ProgramRun({ ...script(''), command: '/no/such/program' }, process.env);
    const { end } = await outcome(run);
    assert.equal(end.kind, 'notStarted');
    assert.match(describeEnd(end), /did not start: .*ENOENT/);
    assert.equal(run.isRunning, false);
  });

  it('interrupts the whole of a shell command', async () => {
    const line = `"${process.execPath}" -e "process.on('SIGINT', () => { console.log('interrupted'); process.exit(0); }); setInterval(() => {}, 1000); console.log('up')"; true`;
    const run = new ProgramRun(
      { title: 'sh', command: line, args: [], shell: true, cwd: os.tmpdir() },
      process.env,
    );
    const whole = outcome(run);
    await said(run, 'up');
    run.interrupt();
    assert.match((await whole).output, /interrupted/);
  });

  it('ends by SIGTERM, and late listeners still hear of it', async () => {
    const run = new ProgramRun(
      script("console.log('up'); setInterval(() => {}, 1000)"),
      process.env,
    );
    await said(run, 'up');
    run.dispose();
    run.dispose();
    assert.deepEqual((await outcome(run)).end, { kind: 'signalled', signal: 'SIGTERM' });
    assert.equal((await outcome(run)).end.kind, 'signalled');
  });

  it('is over when the program is, though a grandchild holds its output open', async () => {
    const code =
      "import { spawn } from 'node:child_process'; const c = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'inherit', detached: true }); c.unref(); console.log(c.pid)";
    const run = new ProgramRun(script(code), process.env);
    const { output, end } = await outcome(run);
    process.kill(Number(output.trim()), 'SIGKILL');
    assert.deepEqual(end, { kind: 'exited', code: 0 });
  });
});
