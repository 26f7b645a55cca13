/** Programs that the server runs: their end, their output, and that a stop leaves nothing behind. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { Program } from '../../../../extension/cli/mcp/program.js';
import { until } from '../../engine/agentClient.js';

async function start(...command: [string, ...string[]]): Promise<Program> {
  const started = await Program.start({ command, cwd: tmpdir(), env: process.env });
  assert.ok(started.ok, started.ok ? '' : started.error);
  return started.value;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a program of the server', () => {
  it('tells how it ended and the end of what it wrote, control characters visible', async () => {
    const script =
      'process.stdout.write("x".repeat(9000) + "\\nlast \\u001b[2J\\r\\n"); process.exitCode = 3';
    const program = await start(process.execPath, '-e', script);
    assert.equal(await program.ended, 'exit code 3');
    await until(() => program.output.at(-1) === 'last \\u001b[2J', 'the output has been read');
    assert.ok(program.output.join('\n').length < 5000);
    await program.stop(1);
    assert.equal(program.end, 'exit code 3');
  });

  it('has no input', async () => {
    const program = await start(
      process.execPath,
      '-e',
      'process.stdin.on("end", () => {}).resume()',
    );
    assert.equal(await program.ended, 'exit code 0');
  });

  it('that cannot be started says why', async () => {
    const started = await Program.start({ command: ['no-such\u001b'], cwd: tmpdir(), env: {} });
    assert.match(
      started.ok ? '' : started.error,
      /^cannot run no-such\\u001b in .*: there is no such/,
    );
  });

  it('is stopped with what it started, also when that does not heed SIGINT', async (t) => {
    if (process.platform === 'win32') {
      t.skip('there are no process groups');
      return;
    }
    const stubborn = '(trap "" INT; exec sleep 600) & echo $!; exec sleep 600';
    const program = await start('sh', '-c', stubborn);
    await until(() => program.output.length > 0, 'it has said the number of its child');
    const child = Number(program.output[0]);
    assert.ok(isAlive(child));
    await program.stop(200);
    assert.equal(await program.ended, 'ended by SIGINT');
    await until(() => !isAlive(child), 'the child is gone');
  });
});
