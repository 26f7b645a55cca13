// Programs that run already: found, attached to, let go, and none the worse for it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Report, StageReport } from '../../extension/core/report/report.js';
import {
  attachPlace,
  findAttachable,
  listAttachable,
  requestAttach,
} from '../../extension/engine/attach.js';
import type { EngineClient } from '../../extension/engine/engineClient.js';
import { inProcessEngine } from '../../extension/engine/inProcessEngine.js';
import type { EngineEvent, SessionId } from '../../extension/engine/protocol.js';
import { until } from '../extension/engine/agentClient.js';
import { AttachProgram, ownPlaces } from './attachProgram.js';
import { BuiltSluice } from './builtSluice.js';

function stageOf(report: Report, name: string): StageReport | undefined {
  return report.pipelines.flatMap((p) => p.stages).find((s) => s.name === name);
}

describe('a program that runs already', { timeout: 600_000 }, () => {
  let sluice: BuiltSluice;
  let env: NodeJS.ProcessEnv = {};
  let engine: EngineClient;
  const programs: AttachProgram[] = [];
  const events: EngineEvent[] = [];
  let sessions = 0;

  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const folder = fileURLToPath(new URL('programs', import.meta.url));
    await cp(folder, path.join(sluice.folder, 'programs'), { recursive: true });
    ({ env } = await ownPlaces(sluice));
    engine = inProcessEngine();
    engine.onEvent((event) => events.push(event));
  });
  after(async () => {
    for (const { child } of programs) child.kill('SIGKILL');
    await engine.dispose();
    await sluice.dispose();
  });

  const place = () => ({
    ...attachPlace({ ...process.env, ...env }),
    tmpFolder: env['TMPDIR'] ?? '',
  });
  const sockets = () => path.join(env['XDG_RUNTIME_DIR'] ?? '', 'sluice');
  const socketOf = ({ pid }: { pid: number }) => path.join(sockets(), `${pid}.sock`);

  async function start(more: NodeJS.ProcessEnv = {}, args: readonly string[] = []) {
    const program = new AttachProgram(sluice, { ...env, ...more }, args);
    programs.push(program);
    await program.started();
    await until(() => existsSync(socketOf(program)), 'the socket is there');
    return program;
  }

  /** Attaches in this process; resolves when records have come. */
  async function attach(program: AttachProgram): Promise<SessionId> {
    const capturePath = path.join(sluice.folder, `session${++sessions}.fxt`);
    const created = await engine.call('createSession', { title: 'attached', capturePath });
    const { session, url, token } = created;
    const asked = await requestAttach({ pid: program.pid, url, token, by: 'the test' }, place());
    assert.ok(asked.ok, asked.ok ? '' : asked.error);
    await until(async () => {
      const { capture } = await engine.call('report', { session });
      return capture.executions > 0;
    }, 'executions have come');
    return session;
  }

  async function detach(session: SessionId): Promise<Report> {
    await engine.call('endSession', { session });
    return engine.call('report', { session });
  }

  const stateOf = async ({ pid }: AttachProgram): Promise<string> => {
    const found = await findAttachable(pid, place(), 20_000);
    return found.ok ? found.value.state : found.error;
  };

  it('is listed, recorded by the command line, let go, and ends as ever', async () => {
    const program = await start();
    const listed = await sluice.run(['ps', '--json'], env);
    const lines = listed.stdout.trim().split('\n');
    const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const own = said.find(({ pid }) => pid === program.pid);
    assert.equal(own?.['title'], 'attachable.mjs');
    assert.equal(own['state'], 'dormant');
    assert.match((await sluice.run(['ps'], env)).stdout, /attachable\.mjs +dormant/);

    for (let i = 1; i <= 2; i++) {
      const out = path.join(sluice.folder, `cli${i}.fxt`);
      const args = ['attach', String(program.pid), '--duration', '1s', '--json', '--out', out];
      const done = await sluice.run(args, env);
      assert.equal(done.code, 0, done.stderr);
      const report = JSON.parse(done.stdout) as Report;
      const recorded = stageOf(report, 'step')?.executions ?? 0;
      assert.ok(recorded > 0);
      assert.ok(recorded < (await program.state()).counts.step);
      assert.equal(report.capture.lost.records, 0);
      const [process] = report.capture.processes;
      assert.deepEqual([process?.pid, process?.ended], [program.pid, true]);
      assert.ok((await stat(out)).size > 0);
      await until(async () => (await stateOf(program)) === 'dormant', 'it is dormant again');
    }
    assert.equal(await program.end(), 7);
    assert.deepEqual([program.last, program.stderr], ['bye', '']);
    assert.equal(existsSync(socketOf(program)), false);
  });

  it('tells what it declared before, with the values of now', async () => {
    const program = await start();
    await program.say('knob');
    const report = await detach(await attach(program));
    const [pipeline] = report.pipelines;
    assert.equal(pipeline?.name, 'attachable');
    assert.deepEqual(
      pipeline.knobs.map((k) => [k.name, k.value, k.live]),
      [['size', 5, true]],
    );
    assert.deepEqual(
      pipeline.queues.map((q) => [q.name, q.capacity, q.from, q.to]),
      [['waiting', 10, 'step', 'long']],
    );
    assert.ok((pipeline.queues[0]?.depth.max ?? 0) >= 1);
    assert.match(stageOf(report, 'step')?.source?.file ?? '', /attachable\.mjs$/);
    await program.end();
  });

  it('has executions that began outside of a session in none', async () => {
    const program = await start();
    // Began before anybody listened, ends in the first session.
    await program.say('beginLong');
    const first = await attach(program);
    await program.say('endLong');
    // Begins in the first session, ends in the second.
    await program.say('beginLong');
    const before = await detach(first);
    await until(async () => (await stateOf(program)) === 'dormant', 'it is dormant again');
    const second = await attach(program);
    await program.say('endLong');
    // Lies in the second one.
    await program.say('beginLong');
    await program.say('endLong');
    await until(async () => {
      const report = await engine.call('report', { session: second });
      return (stageOf(report, 'long')?.executions ?? 0) > 0;
    }, 'the one execution has come');
    const after = await detach(second);
    assert.equal(stageOf(before, 'long')?.executions, 0);
    assert.equal(stageOf(after, 'long')?.executions, 1);
    for (const report of [before, after]) {
      assert.deepEqual(report.capture.lost.records, 0);
      assert.equal(report.capture.lost.shareOfExecutions, 0);
    }
    await program.end();
  });

  it('is as it was after twenty sessions: no thread, handle, listener or memory more', async () => {
    const program = await start();
    const settle = async () => {
      await until(async () => (await stateOf(program)) === 'dormant', 'it is dormant again');
      await program.say('gc');
      return program.state();
    };
    // The first one loads what stays: code, and the threads of libuv's pool.
    await detach(await attach(program));
    const before = await settle();
    for (let i = 0; i < 20; i++) {
      await detach(await attach(program));
      await until(async () => (await stateOf(program)) === 'dormant', 'it is dormant again');
    }
    let after = await settle();
    // Shared memory is let go by a collection, which may come in two.
    await until(async () => {
      after = await settle();
      return after.arrayBuffers <= before.arrayBuffers + 1024 * 1024;
    }, 'rings are gone');
    assert.equal(after.threads, before.threads);
    assert.deepEqual(after.resources, before.resources);
    assert.deepEqual(after.listeners, before.listeners);
    assert.equal(await program.end(), 7);
  });

  it('has the threads of a pool recorded that was there before, though they never turn their event loop', async () => {
    const program = await start({}, ['pool']);
    await until(async () => (await program.state()).counts.summed > 5, 'the pool works');
    for (let i = 0; i < 2; i++) {
      const session = await attach(program);
      await until(async () => {
        const report = await engine.call('report', { session });
        return (stageOf(report, 'sum')?.executions ?? 0) > 20;
      }, 'executions of the pool come');
      const report = await detach(session);
      assert.equal(report.capture.lost.records, 0);
      await until(async () => (await stateOf(program)) === 'dormant', 'it is dormant again');
    }
    assert.equal(await program.end(), 7);
  });

  it('belongs to one at a time, who is named', async () => {
    const program = await start();
    const session = await attach(program);
    const listed = await sluice.run(['ps'], env);
    assert.match(listed.stdout, /recording \(the test\)/);
    const refused = await sluice.run(['attach', String(program.pid)], env);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /^sluice: attachable\.mjs .*already, by the test: .*\n$/);
    await detach(session);
    await program.end();
  });

  it('that is busy says so by its silence, and goes on', async () => {
    const program = await start();
    program.tell('block');
    const found = await findAttachable(program.pid, place(), 200);
    assert.match(found.ok ? '' : found.error, /did not answer within 0\.2 s: its main thread is/);
    const list = await listAttachable(place(), 200);
    assert.ok(list.silent.includes(program.pid));
    await until(async () => (await stateOf(program)) === 'dormant', 'it answers again');
    assert.equal(await program.end(), 7);
  });

  it('is let go when the engine vanishes for good', async () => {
    const other = inProcessEngine();
    const program = await start({ SLUICE_PAUSE_MS: '300' });
    const capturePath = path.join(sluice.folder, 'vanishing.fxt');
    const { session, url, token } = await other.call('createSession', { title: 'x', capturePath });
    const request = { pid: program.pid, url, token, by: 'somebody' };
    // Nobody is there to take it: the address is that of an engine that has gone.
    await other.dispose();
    assert.ok(session !== '');
    const asked = await requestAttach(request, place());
    assert.ok(asked.ok);
    await until(async () => (await stateOf(program)) === 'dormant', 'it is dormant again');
    await detach(await attach(program));
    assert.equal(await program.end(), 7);
  });

  it('is never asked to dial another machine', async () => {
    const program = await start();
    const url = 'ws://example.com:80/agent';
    const asked = await requestAttach({ pid: program.pid, url, token: 't', by: 'x' }, place());
    assert.match(asked.ok ? '' : asked.error, /refused: the engine must be on this machine/);
    assert.equal(await stateOf(program), 'dormant');
    await program.end();
  });

  it('without an agent, or without a process, is refused with a reason', async () => {
    const none = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(none, 'spawn');
    const refused = await sluice.run(['attach', String(none.pid)], env);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /has no Sluice agent/);
    none.kill('SIGKILL');
    await once(none, 'close');
    const gone = await sluice.run(['attach', String(none.pid)], env);
    assert.equal(gone.code, 2);
    assert.match(gone.stderr, /there is no process/);
  });

  it('leaves no socket when it is over soon, or does not want one', async () => {
    const preload = ['--require', path.join(sluice.folder, 'dist/agent/register.cjs')];
    const before = await readdir(sockets());
    for (const [code, more] of [
      ['0', {}],
      [
        'setTimeout(() => console.log(process._getActiveHandles().length), 400)',
        { SLUICE_ATTACH: '0' },
      ],
    ] as const) {
      const child = spawn(process.execPath, [...preload, '-e', code], {
        env: { ...process.env, ...env, ...more, NODE_OPTIONS: '' },
      });
      const [exit] = (await once(child, 'close')) as [number];
      assert.equal(exit, 0);
    }
    assert.deepEqual(await readdir(sockets()), before);
  });

  it('in a cluster asks its primary for nothing', async () => {
    const code = `
      const cluster = require('node:cluster');
      if (cluster.isPrimary) {
        let asked = 0;
        cluster.on('listening', () => asked++);
        cluster.fork().on('exit', () => console.log(asked));
      } else setTimeout(() => process.exit(), 600);`;
    const preload = path.join(sluice.folder, 'dist/agent/register.cjs');
    const file = path.join(sluice.folder, 'cluster.cjs');
    await writeFile(file, code);
    const child = spawn(process.execPath, ['--require', preload, file], {
      env: { ...process.env, ...env, NODE_OPTIONS: '' },
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    await once(child, 'close');
    assert.equal(output, '0\n');
  });

  describe('in a folder with other things', () => {
    it('is found all the same, and what is dead is taken away', async () => {
      const program = await start();
      const at = (name: string): string => path.join(sockets(), name);
      await writeFile(at('1.sock'), 'not a socket');
      await symlink('/etc/passwd', at('2.sock')).catch(() => undefined);
      await mkdir(at('3.sock'));
      await writeFile(at('...sock'), '');
      const liars = await Promise.all(
        [
          'no json\n',
          '{"kind":"hello","protocol":1,"pid":1}\n',
          'x'.repeat(100_000),
          '{"kind":"hello"',
        ].map(async (answer, i) => {
          const server = createServer((socket) => {
            socket.on('error', () => undefined);
            socket.write(answer);
          });
          // Numbers that no process has.
          await new Promise<void>((resolve) => server.listen(at(`${5_000_000 + i}.sock`), resolve));
          return server;
        }),
      );
      const killed = await start();
      killed.child.kill('SIGKILL');
      await once(killed.child, 'close');
      assert.equal(existsSync(socketOf(killed)), true);

      const list = await listAttachable(place(), 5000);
      assert.ok(list.programs.some(({ pid }) => pid === program.pid));
      assert.ok(list.programs.every(({ pid }) => pid < 5_000_000 && pid > 3));
      assert.equal(existsSync(socketOf(killed)), false);
      for (const name of ['1.sock', '2.sock', '3.sock']) assert.ok(existsSync(at(name)), name);
      for (const liar of liars) liar.close();
      await program.end();
    });

    it('is not looked for where others may write', async () => {
      const open = path.join(sluice.folder, 'open');
      await mkdir(path.join(open, 'sluice'), { recursive: true });
      await mkdir(path.join(open, 'sluice-0'), { recursive: true });
      const uid = process.getuid?.() ?? 0;
      const server = createServer();
      const socket = path.join(open, 'sluice', `${process.pid}.sock`);
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      const list = await listAttachable({ ...place(), runtimeFolder: open, tmpFolder: open, uid });
      assert.deepEqual(list, { programs: [], silent: [] });
      server.close();
      // And an agent does not listen there.
      const program = new AttachProgram(sluice, { XDG_RUNTIME_DIR: open, TMPDIR: env['TMPDIR'] });
      programs.push(program);
      await program.started();
      const fallback = path.join(env['TMPDIR'] ?? '', `sluice-${uid}`, `${program.pid}.sock`);
      await until(() => existsSync(fallback), 'it listens in its own folder');
      await program.end();
    });
  });
});
