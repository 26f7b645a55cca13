/** Sessions of programs that somebody else starts: a shell, a debugger. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionId, SessionInfo } from '../../../../extension/engine/protocol.js';
import { tokenOf } from '../../../../extension/host/run/debugLaunch.js';
import { DebugRecorder } from '../../../../extension/host/run/debugRecorder.js';
import type { OpenSession } from '../../../../extension/host/run/profiler.js';
import { TerminalRecorder } from '../../../../extension/host/run/terminalRecorder.js';
import { SessionList } from '../../../../extension/host/sessions/sessionList.js';
import { FakeClock, fakeEngine, infoOf, sessionId, settled } from '../fakes.js';

/** Opens s1, s2, … and writes down what is asked of it. */
function setUp() {
  const clock = new FakeClock();
  const sessions = new SessionList(fakeEngine({}).call, clock);
  const log: string[] = [];
  const broken = { isBroken: false };
  let count = 0;
  const token = new Map<SessionId, string>();
  const profiler = {
    open: (title: string, successorOf?: SessionId): Promise<OpenSession> => {
      if (broken.isBroken) return Promise.reject(new Error('the disk is full'));
      count += 1;
      const session = sessionId(`s${count}`);
      const inherited = successorOf === undefined ? undefined : token.get(successorOf);
      token.set(session, inherited ?? `t${count}`);
      log.push(
        `open ${session} "${title}"${successorOf === undefined ? '' : ` after ${successorOf}`}`,
      );
      const agent = { url: 'ws://x', token: token.get(session) ?? '', registerPath: '/r.cjs' };
      return Promise.resolve({ session, capturePath: `/c/${session}`, agent });
    },
    endWhenLeft: (session: SessionId, empty = 'keep'): void => {
      log.push(`end ${session} ${empty}`);
    },
    discard: ({ session }: { readonly session: SessionId }): Promise<void> => {
      log.push(`discard ${session}`);
      return Promise.resolve();
    },
  };
  const say = async (id: string, changes: Partial<SessionInfo>): Promise<void> => {
    sessions.apply({ kind: 'changed', info: infoOf(id, { executions: 0, ...changes }) });
    await settled();
  };
  const shown: string[] = [];
  const onWork = (session: SessionId): void => void shown.push(session);
  const report = (problem: string): void => void log.push(problem);
  return { clock, sessions, profiler, log, say, shown, onWork, report, broken };
}

describe('the recorder of a terminal', () => {
  it('gives each tree of processes a session of its own, under one address', async () => {
    const { say, log, ...around } = setUp();
    const recorder = await TerminalRecorder.open(around);
    const { agent } = recorder.current;
    await say('s1', { state: 'waiting' });
    await say('s1', { state: 'live' });
    assert.deepEqual(log, ['open s1 "Terminal"']);
    await say('s1', { state: 'ended' });
    assert.deepEqual(log.slice(1), ['open s2 "Terminal" after s1', 'end s1 discard']);
    assert.deepEqual(recorder.current.agent, agent);
    await say('s2', { state: 'live' });
    recorder.dispose();
    recorder.dispose();
    assert.deepEqual(log.slice(3), ['end s2 discard']);
    await say('s2', { state: 'ended' });
    assert.equal(log.length, 4);
  });

  it('tells once when a session has something to show', async () => {
    const { say, shown, ...around } = setUp();
    await TerminalRecorder.open(around);
    await say('s1', { state: 'live' });
    assert.deepEqual(shown, []);
    await say('s1', { state: 'live', executions: 1 });
    await say('s1', { state: 'live', executions: 2 });
    await say('other', { state: 'live', executions: 2 });
    assert.deepEqual(shown, ['s1']);
    await say('s1', { state: 'ended', executions: 2 });
    await say('s2', { state: 'live', executions: 1 });
    assert.deepEqual(shown, ['s1', 's2']);
  });

  it('says so when its session is removed, and ends', async () => {
    const { say, log, ...around } = setUp();
    await TerminalRecorder.open(around);
    await say('other', { state: 'live' });
    assert.deepEqual(log, ['open s1 "Terminal"']);
    await say('s1', { state: 'live' });
    around.sessions.apply({ kind: 'closed', session: sessionId('s1') });
    await settled();
    assert.match(log[1] ?? '', /no longer recorded: its session was removed/);
    assert.equal(log[2], 'end s1 discard');
    await say('other', { state: 'ended' });
    assert.equal(log.length, 3);
  });

  it('says so when it cannot go on, and ends', async () => {
    const { say, log, broken, ...around } = setUp();
    await TerminalRecorder.open(around);
    broken.isBroken = true;
    await say('s1', { state: 'live' });
    await say('s1', { state: 'ended' });
    assert.match(log[1] ?? '', /no longer recorded: Error: the disk is full/);
    assert.equal(log[2], 'end s1 discard');
  });
});

describe('the recorder of debug sessions', () => {
  const config = { name: 'app', type: 'pwa-node', request: 'launch', sluice: true };
  const nothing = { ofFile: undefined, ofHost: undefined };

  function debugging() {
    const parts = setUp();
    const { profiler, sessions, report, clock, shown } = parts;
    const recorder = new DebugRecorder({
      profiler,
      sessions,
      report,
      show: (session, title) => void shown.push(`${session} ${title}`),
      nowMs: () => clock.nowMs(),
    });
    return { ...parts, recorder };
  }

  it('shows the session when the debugger starts, and ends it with the debugger', async () => {
    const { recorder, log, shown } = debugging();
    const prepared = await recorder.prepare(config, nothing);
    assert.equal(tokenOf(prepared), 't1');
    assert.deepEqual(shown, []);
    recorder.started(prepared);
    recorder.started(prepared);
    // A session of the debugger's own, for the same program.
    recorder.started({ type: 'pwa-node' });
    assert.deepEqual(shown, ['s1 app']);
    recorder.ended({ type: 'pwa-node' });
    assert.deepEqual(log, ['open s1 "app"']);
    recorder.ended(prepared);
    recorder.ended(prepared);
    assert.deepEqual(log, ['open s1 "app"', 'end s1 keep']);
  });

  it('follows what is run in the debugger’s terminal, one by one', async () => {
    const { recorder, log, say } = debugging();
    const prepared = await recorder.prepare({ ...config, type: 'node-terminal' }, nothing);
    recorder.started(prepared);
    await say('s1', { state: 'live' });
    await say('s1', { state: 'ended' });
    assert.deepEqual(log.slice(1), ['open s2 "app" after s1', 'end s1 discard']);
    recorder.ended(prepared);
    assert.equal(log.at(-1), 'end s2 discard');
  });

  it('gives up a terminal whose debugger never came without a word', async () => {
    const { recorder, log, say, clock, sessions, profiler } = debugging();
    const discard = profiler.discard;
    profiler.discard = async (opened) => {
      sessions.apply({ kind: 'closed', session: opened.session });
      return discard(opened);
    };
    await recorder.prepare({ ...config, type: 'node-terminal' }, nothing);
    await say('s1', { state: 'waiting' });
    await clock.advance(11 * 60_000);
    await recorder.prepare(config, nothing);
    assert.deepEqual(log.slice(1, 3), ['end s1 discard', 'discard s1']);
    assert.ok(!log.some((line) => line.includes('no longer')));
  });

  it('gives up sessions whose debugger never came, after a while', async () => {
    const { recorder, log, say, clock } = debugging();
    await recorder.prepare(config, nothing);
    await say('s1', { state: 'waiting' });
    await clock.advance(9 * 60_000);
    await recorder.prepare(config, nothing);
    assert.ok(!log.includes('discard s1'));
    await clock.advance(2 * 60_000);
    await recorder.prepare(config, nothing);
    assert.ok(log.includes('discard s1'));
    assert.ok(!log.includes('discard s2'));
  });
});
