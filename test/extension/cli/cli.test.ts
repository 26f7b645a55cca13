import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Report } from '../../../extension/core/report/report.js';
import { captureHeader } from '../../../extension/engine/captureWriter.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import { BuiltSluice, finished } from '../../e2e/builtSluice.js';
import { until } from '../engine/agentClient.js';
import { FrameMaker } from '../engine/frames.js';

/** A capture of one process with 50 executions that ended in order. */
function fixture(): Uint8Array {
  const writer = new FxtWriter();
  writer.append(captureHeader());
  writer.providerInfo(1, 'made-up');
  const maker = new FrameMaker();
  for (const part of [maker.tables(), maker.executions(50), maker.end()]) writer.append(part);
  return writer.take();
}

describe('sluice', () => {
  let sluice: BuiltSluice;
  before(async () => {
    sluice = await BuiltSluice.create('no agent');
    await writeFile(path.join(sluice.folder, 'capture.fxt'), fixture());
  });
  after(async () => {
    await sluice.dispose();
  });
  const at = (name: string): string => path.join(sluice.folder, name);
  const runNode = async (code: string, ...options: string[]) =>
    sluice.run(['run', ...options, '--', process.execPath, '-e', code]);

  describe('by itself', () => {
    it('prints help and version to stdout', async () => {
      for (const [args, expected] of [
        [['--help'], /^Sluice finds the stage/],
        [['run', '--help'], /^usage: sluice run/],
        [['report', '--help'], /^usage: sluice report/],
        [['compare', '--help'], /^usage: sluice compare/],
        [['--version'], /^\d+\.\d+\.\d+\n$/],
      ] as const) {
        const done = await sluice.run(args);
        assert.equal(done.code, 0);
        assert.match(done.stdout, expected);
        assert.equal(done.stderr, '');
        assert.ok(done.stdout.split('\n').every((line) => line.length <= 80));
      }
    });

    it('answers wrong use with one line and exit code 2', async () => {
      for (const args of [[], ['frobnicate'], ['run'], ['run', '--bad', '--', 'x'], ['report']]) {
        const done = await sluice.run(args);
        assert.equal(done.code, 2);
        assert.equal(done.stdout, '');
        assert.match(done.stderr, /^sluice: .+ \(.+\): .+\n$/);
      }
    });
  });

  describe('report', () => {
    it('prints text, or JSON that is the report', async () => {
      const text = await sluice.run(['report', 'capture.fxt']);
      assert.deepEqual([text.code, text.stderr], [0, '']);
      assert.match(text.stdout, /work/);
      const json = await sluice.run(['report', '--format', 'json', 'capture.fxt']);
      assert.equal(json.code, 0);
      const report = JSON.parse(json.stdout) as Report;
      assert.equal(report.schema, 'sluice.report/1');
      assert.equal(report.capture.executions, 50);
      assert.equal(report.capture.bytes, (await stat(at('capture.fxt'))).size);
      assert.equal(report.capture.truncatedAtByte, null);
      assert.equal(report.pipelines[0]?.stages[0]?.executions, 50);
    });

    it('reads compressed captures', async () => {
      await writeFile(at('capture.fxt.gz'), gzipSync(fixture()));
      const json = await sluice.run(['report', '-f', 'json', 'capture.fxt.gz']);
      assert.equal((JSON.parse(json.stdout) as Report).capture.executions, 50);
    });

    it('reads a capture up to where it breaks off and says so', async () => {
      const bytes = fixture();
      const length = bytes.length - 700;
      await writeFile(at('cut.fxt'), bytes.subarray(0, length));
      const done = await sluice.run(['report', '-f', 'json', 'cut.fxt']);
      assert.equal(done.code, 0);
      const { capture } = JSON.parse(done.stdout) as Report;
      assert.ok(capture.executions > 0 && capture.executions < 50);
      assert.ok((capture.truncatedAtByte ?? 0) > length - 64);
      assert.match(capture.truncatedReason ?? '', /ends inside a record/);
    });

    it('exits with 3 and one line when there is nothing to read', async () => {
      await writeFile(at('x.json'), '{"a":1}');
      await writeFile(at('empty.fxt'), '');
      for (const [file, expected] of [
        ['missing.fxt', /no such file/],
        ['x.json', /x\.json is a JSON object with the key a\): FXT, Chrome trace JSON/],
        ['empty.fxt', /is empty/],
        ['.', /it is a folder/],
      ] as const) {
        const done = await sluice.run(['report', file]);
        assert.equal(done.code, 3, file);
        assert.equal(done.stdout, '');
        assert.match(done.stderr, expected);
        assert.match(done.stderr, /^sluice: .+\n$/);
      }
    });

    it('is not troubled by a reader that leaves', async () => {
      const child = sluice.start(['report', '-f', 'json', 'capture.fxt']);
      child.stdout?.destroy();
      const done = await finished(child);
      assert.deepEqual([done.code, done.stderr], [0, '']);
    });
  });

  describe('run', () => {
    it('leaves output and exit code of the command alone', async () => {
      const done = await runNode('process.stdout.write("no line break"); process.exit(7)');
      assert.equal(done.code, 7);
      assert.equal(done.stdout, 'no line break');
    });

    it('hands the command its input', async () => {
      const child = sluice.start(['run', '--', 'cat']);
      child.stdin?.end('through and through');
      assert.equal((await finished(child)).stdout, 'through and through');
    });

    it('says when the command never loaded the agent, and exits as the command', async () => {
      const done = await sluice.run(['run', '--', 'sh', '-c', 'echo out; exit 3']);
      assert.equal(done.code, 3);
      assert.equal(done.stdout, 'out\n');
      assert.match(
        done.stderr,
        /sluice: the command never loaded the agent \(sh\): .*sluice run -- node/,
      );
    });

    it('exits as a shell when the command cannot be started', async () => {
      const missing = await sluice.run(['run', '--', 'no-such-command-here']);
      assert.equal(missing.code, 127);
      assert.match(missing.stderr, /^sluice: command not found \(no-such-command-here\): .*\n$/);
      await writeFile(at('plain.txt'), 'text');
      await chmod(at('plain.txt'), 0o644);
      const plain = await sluice.run(['run', '--', './plain.txt']);
      assert.equal(plain.code, 126);
      assert.match(
        plain.stderr,
        /^sluice: cannot start the command \(\.\/plain\.txt\): permission denied/,
      );
    });

    it('does not start the command when the capture cannot be written', async () => {
      const done = await runNode('console.log("ran")', '--out', 'plain.txt/x.fxt');
      assert.deepEqual([done.code, done.stdout], [2, '']);
      assert.match(done.stderr, /cannot write the capture .*plain\.txt\/x\.fxt/);
    });

    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      it(`dies of ${signal} when the command did`, async () => {
        const done = await runNode(
          `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1e6)`,
        );
        assert.deepEqual([done.code, done.signal], [null, signal]);
      });

      it(`passes ${signal} on, once, and waits for the command`, async () => {
        const child = sluice.start([
          'run',
          '--',
          process.execPath,
          '-e',
          `let n = 0; process.on('${signal}', () => { n++; setTimeout(() => { console.log('got ' + n); process.exit(5); }, 300); });
           setInterval(() => {}, 1e6); console.log('ready')`,
        ]);
        let said = '';
        child.stdout?.on('data', (chunk: Buffer) => {
          said += chunk.toString();
        });
        const done = finished(child);
        await until(() => said.includes('ready'), 'the command is ready');
        child.kill(signal);
        assert.equal((await done).code, 5);
        assert.equal((await done).stdout, 'ready\ngot 1\n');
      });
    }

    it(
      'leaves Ctrl-C on a terminal to the terminal: the command hears it once',
      // Of util-linux; gives the command a terminal of its own.
      { skip: !existsSync('/usr/bin/script') },
      async () => {
        await writeFile(
          at('count.cjs'),
          `let n = 0;
           process.on('SIGINT', () => { n++; setTimeout(() => { console.log('got ' + n); process.exit(5); }, 300); });
           setInterval(() => {}, 1e6); console.log('ready');`,
        );
        // Without `exec` some shells stay between, and die of the Ctrl-C themselves.
        const command = `exec "${process.execPath}" dist/cli.cjs run -- "${process.execPath}" count.cjs`;
        const child = spawn('/usr/bin/script', ['-qfec', command, '/dev/null'], { cwd: at('.') });
        let said = '';
        child.stdout.on('data', (chunk: Buffer) => {
          said += chunk.toString();
        });
        const done = finished(child);
        await until(() => said.includes('ready'), 'the command is ready');
        child.stdin.write('\x03');
        assert.equal((await done).code, 5);
        assert.match(said, /got 1\r\n/);
      },
    );

    it('exits with 128 + n for a signal that would make it dump core or cannot be caught', async () => {
      const done = await runNode(
        "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1e6)",
      );
      assert.deepEqual([done.code, done.signal], [137, null]);
    });

    it('asks the command to stop after --duration; dying of that is success', async () => {
      const done = await runNode('setInterval(() => {}, 1e6)', '--duration', '300ms');
      assert.deepEqual([done.code, done.signal], [0, null]);
    });

    const runShell = async (script: string, ...options: string[]) =>
      sluice.run(['run', ...options, '--', 'sh', '-c', script]);

    it('takes the exit code of a command that stops by itself when asked', async () => {
      const script = 'trap "exit 9" INT; while :; do sleep 0.05; done';
      assert.equal((await runShell(script, '--duration', '1s')).code, 9);
    });

    it('goes on to SIGTERM when SIGINT is ignored', async () => {
      const script = 'trap "echo no" INT; while :; do sleep 0.05; done';
      const done = await runShell(script, '--duration', '1s');
      assert.deepEqual([done.code, done.stdout], [0, 'no\n']);
    });

    it('writes the capture where it was told, a valid trace even with nobody in it', async () => {
      await runNode('0', '--out', 'deep/er/x.fxt', '--no-report');
      const bytes = await readFile(at('deep/er/x.fxt'));
      assert.deepEqual(bytes.subarray(0, 24), Buffer.from(captureHeader()));
    });

    it('writes to a private folder when it was not told', async () => {
      const tmp = at('tmp');
      await mkdir(tmp);
      const done = await sluice.run(['run', '--', process.execPath, '-e', '0'], { TMPDIR: tmp });
      const [folder = ''] = await readdir(tmp);
      const [file = ''] = await readdir(path.join(tmp, folder));
      assert.match(file, /^node-\d{8}-\d{6}-\d+\.fxt$/);
      assert.ok(done.stderr.includes(path.join(tmp, folder, file)));
    });

    it('prints JSON behind the output of the command, and nothing else', async () => {
      const done = await runNode('console.log("mine")', '--json', '--out', 'j.fxt');
      assert.ok(done.stdout.startsWith('mine\n{'));
      const report = JSON.parse(done.stdout.slice(5)) as Report;
      assert.equal(report.schema, 'sluice.report/1');
    });

    it('passes arguments and environment through unharmed', async () => {
      const odd = ['a b', '"q"', '', '--json', '$HOME', 'ü'];
      const done = await sluice.run(
        [
          'run',
          '--',
          process.execPath,
          '-e',
          'console.log(JSON.stringify([process.argv.slice(1), process.env.NODE_OPTIONS]))',
          '--',
          ...odd,
        ],
        { NODE_OPTIONS: '--no-warnings' },
      );
      const [args, options] = JSON.parse(done.stdout) as [string[], string];
      assert.deepEqual(args, odd);
      assert.match(
        options,
        /^--require="\/.*sluice built .*\/dist\/agent\/register\.cjs" --no-warnings$/,
      );
    });
  });
});
