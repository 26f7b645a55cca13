import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fail, ok } from '../../../../agent/wire/result.js';
import type { AttachRequest } from '../../../../extension/engine/attach.js';
import type { SessionInfo } from '../../../../extension/engine/protocol.js';
import type { ProgramEnd, ProgramRun } from '../../../../extension/host/run/programRun.js';
import { Profiler } from '../../../../extension/host/run/profiler.js';
import { SessionList } from '../../../../extension/host/sessions/sessionList.js';
import { until } from '../../engine/agentClient.js';
import { FakeClock, fakeEngine, infoOf, sessionId, settled } from '../fakes.js';
import { attachable } from './attachable.js';

const program = attachable(4711);

describe('the profiler', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-profiler-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  function setUp(keep = 5) {
    const clock = new FakeClock();
    const runs: ProgramRun[] = [];
    let output = '';
    const engine = fakeEngine({
      createSession: () => ({
        session: sessionId('s'),
        url: 'ws://127.0.0.1:1/agent',
        token: 'abc',
      }),
      endSession: () => null,
      closeSession: () => null,
    });
    const asked: AttachRequest[] = [];
    const answer: { refusal: string | null } = { refusal: null };
    const sessions = new SessionList(engine.call, clock);
    const problems: string[] = [];
    const profiler = new Profiler({
      call: engine.call,
      sessions,
      registerPath: path.join(folder, 'register.mjs'),
      captures: () => ({ folder, keep, maxBytes: 0 }),
      show: (run) => {
        runs.push(run);
        run.onOutput((text) => (output += text));
        return run;
      },
      report: (problem) => problems.push(problem),
      clock,
      requestAttach: (request) => {
        asked.push(request);
        return Promise.resolve(answer.refusal === null ? ok(program) : fail(answer.refusal));
      },
    });
    const say = (state: SessionInfo['state']): void => {
      sessions.apply({ kind: 'changed', info: infoOf('s', { state }) });
    };
    const ends = (): number => engine.calls.filter(({ call }) => call === 'endSession').length;
    const attached = { asked, answer };
    return {
      ...{ clock, engine, sessions, profiler, runs, say, ends, problems, attached },
      output: () => output,
    };
  }

  /** `sh -c` stands for a program: the agent's preload does not exist here, and a shell does not care. */
  const shell = (command: string) => ({
    title: 'job',
    command,
    args: [],
    shell: true,
    cwd: os.tmpdir(),
  });
  const endOf = (run: ProgramRun | undefined): Promise<ProgramEnd> =>
    new Promise((resolve) => {
      assert.ok(run !== undefined);
      run.onEnd(resolve);
    });

  it('hands the program the address of its session and the agent, and a capture path to the engine', async () => {
    const { engine, profiler, runs, output } = setUp();
    await profiler.start(shell('echo $SLUICE_URL $SLUICE_TOKEN $NODE_OPTIONS'));
    await endOf(runs[0]);
    assert.match(output(), /^ws:\/\/127\.0\.0\.1:1\/agent abc .*--require=.*register\.mjs/);
    const input = engine.calls[0]?.input as { title: string; capturePath: string };
    assert.equal(input.title, 'job');
    assert.match(path.relative(folder, input.capturePath), /^sluice-\d{8}-\d{6}-job\.fxt$/);
  });

  it('closes the session a moment after the program, when no other process is in it', async () => {
    const { clock, profiler, runs, say, ends } = setUp();
    await profiler.start(shell('true'));
    say('live');
    await endOf(runs[0]);
    say('ended');
    await clock.advance(1000);
    assert.equal(ends(), 0);
    await clock.advance(1000);
    assert.equal(ends(), 1);
  });

  it('waits for processes that outlive the program', async () => {
    const { clock, profiler, runs, say, ends } = setUp();
    await profiler.start(shell('true'));
    say('live');
    await endOf(runs[0]);
    await clock.advance(60_000);
    assert.equal(ends(), 0);
    say('ended');
    await settled();
    assert.equal(ends(), 1);
    say('live');
    say('ended');
    await settled();
    assert.equal(ends(), 1);
  });

  it('stops by closing the recording before it interrupts the program', async () => {
    const { profiler, runs, say, ends } = setUp();
    // No shell: one that is interrupted before it has started `sleep` waits for it to end.
    await profiler.start({ ...shell('sleep'), args: ['600'], shell: false });
    say('live');
    await profiler.stop(sessionId('s'));
    assert.equal(ends(), 1);
    const end = await endOf(runs[0]);
    assert.deepEqual(end, { kind: 'signalled', signal: 'SIGINT' });
  });

  it('attaches: asks the program to dial the new session, and lets it go without ending it', async () => {
    const { clock, profiler, say, ends, attached } = setUp();
    const attaching = profiler.attach({ pid: 4711, title: 'server.mjs' });
    await until(() => attached.asked.length === 1, 'the program was asked');
    say('waiting');
    say('live');
    assert.equal(await attaching, 's');
    const [{ pid, url, token, by } = assert.fail()] = attached.asked;
    assert.deepEqual([pid, url, token], [4711, 'ws://127.0.0.1:1/agent', 'abc']);
    assert.match(by, /^the editor \(pid \d+\)$/);
    await clock.advance(60_000);
    assert.equal(ends(), 0);
    // The program ends: the capture is closed by itself.
    say('ended');
    await settled();
    assert.equal(ends(), 1);
  });

  it('leaves nothing behind when a program refuses, or does not come', async () => {
    const { clock, engine, profiler, say, attached } = setUp();
    attached.answer.refusal = 'server.mjs (pid 4711) is being recorded already';
    await assert.rejects(profiler.attach({ pid: 4711, title: 'a' }), /is being recorded already/);
    attached.answer.refusal = null;
    const late = assert.rejects(profiler.attach({ pid: 4711, title: 'a' }), /within 10 s/);
    await until(() => attached.asked.length === 2, 'the program was asked');
    say('waiting');
    await clock.advance(10_000);
    await late;
    assert.equal(engine.calls.filter(({ call }) => call === 'closeSession').length, 2);
    assert.deepEqual(await readdir(folder), []);
  });

  it('deletes no capture that this window shows when it tidies up', async () => {
    const { profiler, sessions } = setUp(1);
    const put = async (name: string, ageSec: number): Promise<string> => {
      const file = path.join(folder, `sluice-20250101-000000-${name}.fxt`);
      await writeFile(file, '');
      await utimes(file, 1e9 - ageSec, 1e9 - ageSec);
      return file;
    };
    const capturePath = await put('read', 3);
    await put('older', 2);
    await put('newest', 1);
    sessions.apply({ kind: 'changed', info: infoOf('c', { state: 'capture', capturePath }) });
    await profiler.open('job');
    assert.deepEqual((await readdir(folder)).sort(), [
      'sluice-20250101-000000-newest.fxt',
      'sluice-20250101-000000-read.fxt',
    ]);
  });

  it('ends its programs with itself', async () => {
    const { profiler, runs } = setUp();
    await profiler.start(shell('sleep 600'));
    profiler.dispose();
    assert.deepEqual(await endOf(runs[0]), { kind: 'signalled', signal: 'SIGTERM' });
  });
});
