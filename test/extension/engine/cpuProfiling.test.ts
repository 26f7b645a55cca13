import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ToAgent } from '../../../agent/wire/messages.js';
import type { EngineClient } from '../../../extension/engine/engineClient.js';
import { inProcessEngine } from '../../../extension/engine/inProcessEngine.js';
import type { EngineEvent, SessionId } from '../../../extension/engine/protocol.js';
import { connect, type TestAgent, until } from './agentClient.js';

type Kind = 'startCpuProfile' | 'stopCpuProfile';
const minute = { durationMs: 60_000, intervalUs: 1000 };

describe('CPU profiles of a session', () => {
  let folder = '';
  let engine: EngineClient;
  let events: EngineEvent[] = [];
  let opened: { session: SessionId; url: string; token: string };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-cpu-'));
    engine = inProcessEngine();
    events = [];
    engine.onEvent((event) => events.push(event));
    const capturePath = path.join(folder, 'capture.fxt');
    opened = await engine.call('createSession', { title: 'test', capturePath });
  });
  afterEach(async () => {
    await engine.dispose();
    await rm(folder, { recursive: true });
  });

  const join = async (anchor: number): Promise<TestAgent> => {
    const agent = await connect(opened.url, opened.token);
    await agent.hello(process.pid, anchor);
    return agent;
  };
  const session = (): { session: SessionId } => ({ session: opened.session });
  const isRunning = async (): Promise<boolean> =>
    (await engine.call('snapshot', session())).isCpuProfiling === true;
  const asked = <K extends Kind>(agent: TestAgent, kind: K): Extract<ToAgent, { kind: K }>[] =>
    agent.received.filter((m): m is Extract<ToAgent, { kind: K }> => m.kind === kind);
  /** Answers the next request of the kind; with a text, refuses it. */
  const answer = async (agent: TestAgent, kind: Kind, refusal?: string): Promise<void> => {
    await until(() => asked(agent, kind).length > 0, kind);
    const id = asked(agent, kind)[0]?.id ?? -1;
    agent.received.length = 0;
    if (refusal === undefined) agent.say({ kind: 'reply', id });
    else agent.say({ kind: 'error', id, message: refusal });
  };

  it('begin in every process, in those that join later for the rest of the time, and end when asked', async () => {
    const [first, second] = [await join(1), await join(2)];
    const started = engine.call('startCpuProfile', { ...session(), ...minute });
    await answer(first, 'startCpuProfile');
    await answer(second, 'startCpuProfile');
    assert.equal(await started, null);
    assert.equal(await isRunning(), true);
    const again = engine.call('startCpuProfile', { ...session(), ...minute });
    await assert.rejects(again, /running already: stop it first/);

    const late = await join(3);
    await until(() => asked(late, 'startCpuProfile').length > 0, 'the newcomer is asked');
    const [request] = asked(late, 'startCpuProfile');
    assert.ok(request !== undefined && request.durationMs <= minute.durationMs);
    assert.ok(request.durationMs > 1 && request.intervalUs === 1000);
    await answer(late, 'startCpuProfile', 'no inspector');
    const said = (): boolean =>
      events.some((e) => e.kind === 'problem' && e.message.includes('not sampled: no inspector'));
    await until(said, 'the user is told');

    const stopped = engine.call('stopCpuProfile', session());
    await answer(first, 'stopCpuProfile');
    await answer(second, 'stopCpuProfile', 'worker 3 did not hand over yet');
    await answer(late, 'stopCpuProfile');
    await assert.rejects(stopped, /worker 3 did not hand over yet/);
    assert.equal(await isRunning(), false);
  });

  it('go on when some process can be sampled, and fail with the reasons when none can', async () => {
    const [first, second] = [await join(1), await join(2)];
    const started = engine.call('startCpuProfile', { ...session(), ...minute });
    await answer(first, 'startCpuProfile', 'busy');
    await answer(second, 'startCpuProfile');
    assert.equal(await started, null);
    const stopped = engine.call('stopCpuProfile', session());
    await answer(first, 'stopCpuProfile');
    await answer(second, 'stopCpuProfile');
    assert.equal(await stopped, null);
    const failed = engine.call('startCpuProfile', { ...session(), ...minute });
    await answer(first, 'startCpuProfile', 'busy');
    await answer(second, 'startCpuProfile', 'asleep');
    await assert.rejects(failed, /busy.*asleep/);
    assert.equal(await isRunning(), false);
  });

  it('end by themselves, and need somebody to sample', async () => {
    const none = engine.call('startCpuProfile', { ...session(), ...minute });
    await assert.rejects(none, /no process is connected/);
    await assert.rejects(engine.call('stopCpuProfile', session()), /no CPU profile is running/);
    const agent = await join(1);
    const brief = { durationMs: 50, intervalUs: 1000 };
    const started = engine.call('startCpuProfile', { ...session(), ...brief });
    await answer(agent, 'startCpuProfile');
    await started;
    await until(async () => !(await isRunning()), 'it is over');
    assert.equal(asked(agent, 'stopCpuProfile').length, 0);
  });
});
