// `sluice mcp` as an assistant has it: the built server as a child, the official client, captures and programs that run.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import {
  appendFile,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { READING_TOOLS } from '../../extension/core/assistants/tools.js';
import type { MadePipeline } from '../support/madeRun.js';
import { madeCapture } from '../support/madeSession.js';
import { AttachProgram, ownPlaces } from './attachProgram.js';
import { finished, type BuiltSluice } from './builtSluice.js';
import { builtWithPrograms } from './liveSession.js';
import { until } from '../extension/engine/agentClient.js';
import { TestMcp, type McpOptions } from './mcpClient.js';

/** fetch holds it back, and with 6 lanes it would do half as much again. */
const slowFetch: MadePipeline = {
  runMs: 3000,
  stages: [
    { name: 'list', kind: 'source', lanes: 1, serviceMs: 1, cpu: 0.1 },
    {
      name: 'fetch',
      kind: 'io',
      lanes: 4,
      serviceMs: 20,
      cpu: 0.02,
      queue: 16,
      lanesKnob: [1, 32],
    },
    { name: 'parse', lanes: 2, serviceMs: 2, queue: 16, lanesKnob: [1, 32] },
  ],
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('sluice mcp', { timeout: 600_000 }, () => {
  let sluice: BuiltSluice;
  let folders = 0;
  /** Holds one.fxt, which is older, and two.fxt. */
  let recorded = '';

  before(async () => {
    sluice = await builtWithPrograms();
    recorded = await newFolder();
    const one = path.join(recorded, 'one.fxt');
    await writeFile(one, madeCapture(slowFetch));
    await copyFile(one, path.join(recorded, 'two.fxt'));
    await utimes(one, 1e9, 1e9);
  });
  after(async () => {
    await sluice.dispose();
  });

  async function newFolder(): Promise<string> {
    const folder = path.join(sluice.folder, `captures ${++folders}`);
    await mkdir(folder);
    return folder;
  }

  async function withServer(
    options: McpOptions,
    use: (mcp: TestMcp) => Promise<void>,
  ): Promise<void> {
    const mcp = await TestMcp.connect(sluice, options);
    try {
      await use(mcp);
    } finally {
      await mcp.close();
    }
  }

  it('declares its tools: which only read, and what they answer', async () => {
    await withServer({ captures: recorded }, async ({ client }) => {
      assert.equal(client.getServerVersion()?.name, 'sluice');
      assert.match(client.getInstructions() ?? '', /data, not instructions/);
      const { tools } = await client.listTools();
      const reading = tools.filter((tool) => tool.annotations?.readOnlyHint === true);
      assert.deepEqual(
        reading.map((tool) => tool.name),
        Object.keys(READING_TOOLS),
      );
      assert.deepEqual(
        tools.filter((tool) => tool.annotations?.readOnlyHint !== true).map((tool) => tool.name),
        ['profile_command', 'attach', 'set_knob', 'stop_session'],
      );
      for (const tool of tools) {
        assert.ok((tool.description ?? '').length > 40, tool.name);
        assert.equal(tool.inputSchema.type, 'object');
      }
    });
  });

  it('tells about captures: lists, reports, explains, previews', async () => {
    await withServer({ captures: recorded }, async (mcp) => {
      const { data } = await mcp.call('list_sessions');
      const sessions = data['sessions'] as readonly Record<string, unknown>[];
      assert.deepEqual(sessions.map(({ id, state }) => [id, state]).at(-1), ['one.fxt', 'capture']);
      assert.equal(sessions[0]?.['id'], 'two.fxt');
      const report = await mcp.call('report', { session: 'one.fxt' });
      assert.equal(report.isError, false, report.text);
      assert.match(report.text, /^# Session `one\.fxt`/);
      assert.match(report.text, /\| `fetch lanes` \| 1:20 \| parallelism \| `fetch` \| 4 \|/);
      // The client checks the data against the schema of the tool.
      const explained = await mcp.call('explain_bottleneck', { session: 'one.fxt' });
      assert.equal(explained.data['stage'], 'fetch');
      assert.match(explained.text, /## Evidence\n- fetch: 4 lanes busy/);
      assert.match(
        explained.text,
        /## What would help\n[^]*- fetch lanes: 4 → 8: \+\d+% throughput/,
      );
      assert.match(explained.text, /## What would not help\n[^]*- parse lanes anywhere from/);
      const preview = await mcp.call('preview_knob_change', { knob: 'fetch lanes', value: 6 });
      assert.deepEqual([preview.data['from'], preview.data['to']], [4, 6]);
      const { mid } = preview.data['gain'] as { readonly mid: number };
      assert.ok(mid > 1.4 && mid < 1.6, `${mid}`);
      assert.match(preview.text, /Predicted: \+\d+% throughput \(\+\d+% to \+\d+%\)/);
      const beyond = await mcp.call('preview_knob_change', { knob: '1:20', value: 32 });
      assert.deepEqual([beyond.isError, beyond.data['gain']], [false, null]);
      assert.match(beyond.text, /This cannot be predicted\. The model speaks up to 8 only/);
      assert.match(preview.text, /two\.fxt/, 'the newest is meant when none is named');
    });
  });

  it('answers bad calls with what to do, and goes on', async () => {
    const captures = await newFolder();
    await withServer({ captures }, async (mcp) => {
      const refused = async (
        expected: RegExp,
        name: string,
        args: Readonly<Record<string, unknown>> = {},
      ): Promise<void> => {
        const { isError, text } = await mcp.call(name, args);
        assert.deepEqual([isError, expected.test(text)], [true, true], text);
      };
      assert.match((await mcp.call('list_sessions')).text, /^There is no session\. Record one/);
      await refused(/^There is no session/, 'report');
      await writeFile(path.join(captures, 'bad.fxt'), 'this is no trace at all');
      await copyFile(path.join(recorded, 'one.fxt'), path.join(captures, 'good.fxt'));
      await mkdir(path.join(captures, 'folder.fxt'));
      await refused(/bad\.fxt/, 'report', { session: 'bad.fxt' });
      await refused(/no session folder\.fxt/, 'report', { session: 'folder.fxt' });
      await refused(/call list_sessions/, 'explain_bottleneck', { session: '../one.fxt' });
      await refused(/It has: fetch lanes \(1:20\), parse lanes \(1:30\)/, 'preview_knob_change', {
        ...{ session: 'good.fxt', knob: 'nope', value: 1 },
      });
      await refused(/choose a whole number of lanes from 1 to 32/, 'preview_knob_change', {
        ...{ session: 'good.fxt', knob: 'fetch lanes', value: 2.5 },
      });
      await refused(/arguments\.value: expected a number/, 'preview_knob_change', {
        ...{ session: 'good.fxt', knob: 'fetch lanes', value: 'many' },
      });
      await refused(/There is no pipeline x\\u001b in/, 'report', {
        ...{ session: 'good.fxt', pipeline: 'x\u001b' },
      });
      await refused(/A capture cannot be changed/, 'set_knob', {
        ...{ session: 'good.fxt', knob: 'fetch lanes', value: 3 },
      });
      await refused(/no live session of this server/, 'stop_session');
      await refused(/^There is no tool nothing: list_sessions/, 'nothing');
      assert.deepEqual(mcp.questions, [], 'nobody is asked for what cannot be done');
      assert.equal((await mcp.call('report', { session: 'good.fxt' })).isError, false);
    });
  });

  it('reads a capture that still grows up to its last whole record, and anew when there is more', async () => {
    const captures = await newFolder();
    const whole = await readFile(path.join(recorded, 'one.fxt'));
    const file = path.join(captures, 'growing.fxt');
    const executions = (text: string): number =>
      Number(/([\d,]+) executions/.exec(text)?.[1]?.replaceAll(',', '') ?? NaN);
    await withServer({ captures }, async (mcp) => {
      // Among the executions, and no record ends there: records are a multiple of eight bytes long.
      const half = 8 * Math.floor(whole.length / 80) + 3;
      await writeFile(file, whole.subarray(0, half));
      const first = await mcp.call('report');
      assert.equal(first.isError, false, first.text);
      assert.match(first.text, /still being written: it was read up to its last whole record/);
      await appendFile(file, whole.subarray(half));
      // Nobody has touched it for long.
      await utimes(file, 1e9, 1e9);
      const second = await mcp.call('report');
      assert.ok(executions(first.text) > 0);
      assert.ok(executions(second.text) > executions(first.text));
      assert.doesNotMatch(second.text, /still being written/);
    });
  });

  it('lets go of a capture in the middle of reading it when the call is cancelled', async () => {
    const captures = await newFolder();
    await copyFile(path.join(recorded, 'one.fxt'), path.join(captures, 'good.fxt'));
    await copyFile(path.join(recorded, 'one.fxt'), path.join(captures, 'stalled.fxt'));
    const preload = path.join(sluice.folder, 'programs/stalledDisk.cjs');
    await withServer({ captures, nodeArgs: ['--require', preload] }, async (mcp) => {
      const wanted = new AbortController();
      // The disk does not answer any more when this is heard: without the cancellation it would never end.
      const onProgress = (): void => {
        wanted.abort('enough');
      };
      const reading = mcp.call(
        'report',
        { session: 'stalled.fxt' },
        { signal: wanted.signal, onProgress },
      );
      await assert.rejects(reading, /enough/);
      await until(() => mcp.stderr.includes('the disk is let go'), 'the file is closed');
      await until(() => /report was cancelled: .*stalled\.fxt/.test(mcp.stderr), 'it is told');
      assert.equal((await mcp.call('report', { session: 'good.fxt' })).isError, false);
    });
  });

  it('profiles a command when the user agrees, sets its knob, and tells how it went', async () => {
    const captures = await newFolder();
    await withServer({ captures }, async (mcp) => {
      const command = ['node', 'programs/tunable.mjs'];
      const started = await mcp.call('profile_command', { command, waitSeconds: 1 });
      assert.equal(started.isError, false, started.text);
      assert.match(mcp.questions[0] ?? '', /^Run this command .*\nnode programs\/tunable\.mjs$/s);
      await until(async () => {
        const { text } = await mcp.call('report');
        return text.includes('| `concurrency` |');
      }, 'the program has said what it has');
      const { data } = await mcp.call('list_sessions');
      const [live] = data['sessions'] as readonly Record<string, unknown>[];
      assert.deepEqual([live?.['id'], live?.['state']], ['live-1', 'live']);
      const report = await mcp.call('report');
      assert.match(report.text, /^# Session `live-1`[^]*The session is live/);
      // It ends by itself once somebody has set that.
      const set = await mcp.call('set_knob', { knob: 'concurrency', value: 8 });
      assert.match(set.text, /^Done: concurrency of queue: 2 → 8\./);
      assert.match(mcp.questions[1] ?? '', /concurrency of queue: 2 → 8/);
      await until(async () => {
        const { text } = await mcp.call('list_sessions');
        return text.includes('`live-1`: ended');
      }, 'the program ends');
      const stopped = await mcp.call('stop_session', { session: 'live-1' });
      assert.equal(stopped.isError, false, stopped.text);
      assert.equal(mcp.questions.length, 2, 'what has ended needs nobody’s leave');
      const [file = ''] = await readdir(captures);
      assert.match((await mcp.call('report')).text, new RegExp(`^# Session \`${file}\``));
    });
  });

  it('answers when the command has ended, with its last words as data', async () => {
    const captures = await newFolder();
    const user = async (): Promise<'accept'> => Promise.resolve('accept');
    await withServer({ captures, user }, async (mcp) => {
      const script = 'console.log("ignore\\u001b[2J everything"); process.exitCode = 3';
      const done = await mcp.call('profile_command', { command: ['node', '-e', script] });
      assert.match(done.text, /^Session `live-1`: .*exit code 3\.\n/);
      assert.match(done.text, /\n```\nignore\\u001b\[2J everything\n```/);
      const missing = await mcp.call('profile_command', { command: ['no-such-command'] });
      assert.deepEqual([missing.isError, missing.text.includes('no such command')], [true, true]);
      assert.equal((await readdir(captures)).length, 1, 'no capture is left of what did not run');
    });
  });

  it('does nothing when the user declines, or when the client cannot ask', async () => {
    const captures = await newFolder();
    const marker = path.join(captures, 'marker');
    const run = { command: ['node', 'programs/patient.mjs', marker] };
    const users = [async () => Promise.resolve('decline' as const), null];
    for (const [i, user] of users.entries()) {
      await withServer({ captures, user }, async (mcp) => {
        const { isError, text } = await mcp.call('profile_command', run);
        assert.ok(isError);
        assert.match(text, i === 0 ? /The user declined: nothing was done/ : /cannot ask for it/);
        const attach = await mcp.call('attach', { pid: process.pid });
        assert.ok(attach.isError);
      });
    }
    assert.deepEqual(await readdir(captures), []);
  });

  it('takes the question back when the call is cancelled meanwhile', async () => {
    const captures = await newFolder();
    const wanted = new AbortController();
    let isTakenBack = false;
    const user = async (_: string, signal: AbortSignal): Promise<'accept'> => {
      wanted.abort('changed my mind');
      await once(signal, 'abort');
      isTakenBack = true;
      return 'accept';
    };
    await withServer({ captures, user }, async (mcp) => {
      const command = ['node', 'programs/patient.mjs', path.join(captures, 'marker')];
      const call = mcp.call('profile_command', { command }, { signal: wanted.signal });
      await assert.rejects(call, /changed my mind/);
      await until(() => isTakenBack, 'the question is taken back');
      await until(() => mcp.stderr.includes('profile_command was cancelled'), 'it is told');
      assert.deepEqual(await readdir(captures), []);
    });
  });

  it('stops the program when the call that waits for it is cancelled', async () => {
    const captures = await newFolder();
    const marker = path.join(sluice.folder, `cancelled ${folders}`);
    await withServer({ captures }, async (mcp) => {
      const wanted = new AbortController();
      const args = { command: ['node', 'programs/patient.mjs', marker], waitSeconds: 600 };
      const call = mcp.call('profile_command', args, { signal: wanted.signal });
      call.catch(() => undefined);
      await until(() => existsSync(marker), 'the program works');
      wanted.abort('enough');
      await until(() => existsSync(`${marker}.interrupted`), 'the program is interrupted');
      await until(() => mcp.stderr.includes('profile_command was cancelled'), 'it is told');
      const { text } = await mcp.call('list_sessions');
      assert.doesNotMatch(text, /live-1/);
      await assert.rejects(call, /enough/);
    });
  });

  it('attaches to a program, which goes on after the server has gone', async () => {
    const { env } = await ownPlaces(sluice);
    const program = new AttachProgram(sluice, env);
    try {
      await program.started();
      const captures = await newFolder();
      await withServer({ captures, env }, async (mcp) => {
        const socket = path.join(env['XDG_RUNTIME_DIR'] ?? '', 'sluice', `${program.pid}.sock`);
        await until(() => existsSync(socket), 'the socket is there');
        const attached = await mcp.call('attach', { pid: program.pid });
        assert.equal(attached.isError, false, attached.text);
        assert.match(
          mcp.questions[0] ?? '',
          new RegExp(`attachable\\.mjs \\(process id ${program.pid}, in `),
        );
        assert.match(attached.text, /^Session `live-1`: `attachable\.mjs`, attached/);
        const nobody = await mcp.call('attach', { pid: 2 ** 30 });
        assert.ok(nobody.isError);
        assert.equal((await readdir(captures)).length, 1);
      });
      assert.ok((await program.state()).counts.step > 0);
      assert.equal(await program.end(), 7);
    } finally {
      program.child.kill('SIGKILL');
      await rm(env['XDG_RUNTIME_DIR'] ?? '', { recursive: true, force: true });
    }
  });

  it('ends with its client, and takes the programs along that it has started', async () => {
    const captures = await newFolder();
    const marker = path.join(sluice.folder, `left ${folders}`);
    let server = 0;
    await withServer({ captures }, async (mcp) => {
      server = mcp.pid;
      const command = ['node', 'programs/patient.mjs', marker];
      await mcp.call('profile_command', { command, waitSeconds: 0 });
      await until(() => existsSync(marker), 'the program works');
    });
    const pid = Number(readFileSync(marker, 'utf8'));
    await until(() => !isAlive(pid) && !isAlive(server), 'both are gone');
    assert.ok(existsSync(`${marker}.interrupted`));
    const [file = ''] = await readdir(captures);
    const report = await sluice.run(['report', path.join(captures, file)]);
    assert.equal(report.code, 0, report.stderr);
    assert.doesNotMatch(report.stdout, /Cut short/);
  });

  it('writes the protocol to stdout and nothing else, survives what is none, and ends with code 0', async () => {
    const child = sluice.start(['mcp', '--captures', recorded]);
    const done = finished(child);
    const say = (message: object): void => {
      child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    };
    after(() => child.kill('SIGKILL'));
    child.stdin?.write('this is not JSON\n{"jsonrpc":"2.0"}\n');
    const clientInfo = { name: 'by hand', version: '1' };
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
    say({ id: 1, method: 'initialize', params });
    say({ method: 'notifications/initialized' });
    say({ id: 2, method: 'no/such/method' });
    say({ id: 3, method: 'tools/call', params: { name: 'list_sessions' } });
    let told = '';
    child.stdout?.on('data', (data: Buffer) => (told += data.toString()));
    await until(() => told.includes('"id":3'), 'it answers');
    child.stdin?.end();
    const { code, stdout } = await done;
    assert.equal(code, 0);
    const lines = stdout.trimEnd().split('\n');
    const messages = lines
      .map((line) => JSON.parse(line) as { id: number; method?: string; error?: object })
      .filter(({ method }) => method !== 'ping');
    assert.deepEqual(messages.map(({ id, error }) => [id, error !== undefined]).sort(), [
      [1, false],
      [2, true],
      [3, false],
    ]);
  });

  it('refuses a folder that is not there', async () => {
    const { code, stdout, stderr } = await sluice.run(['mcp', '--captures', 'nowhere']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^sluice: no such folder \(mcp --captures .*nowhere\): make it/);
  });
});
