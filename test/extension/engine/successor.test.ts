/** One session takes over the address of another: what is started in the same environment joins the newer one. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { EngineClient } from '../../../extension/engine/engineClient.js';
import { inProcessEngine } from '../../../extension/engine/inProcessEngine.js';
import type { SessionId } from '../../../extension/engine/protocol.js';
import { connect, type TestAgent } from './agentClient.js';

describe('a live session', () => {
  let folder = '';
  let engine: EngineClient;
  let opened: { session: SessionId; url: string; token: string };
  let count = 0;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-successor-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    engine = inProcessEngine();
    const capturePath = path.join(folder, `capture${count++}.fxt`);
    opened = await engine.call('createSession', { title: 'test', capturePath });
  });
  afterEach(async () => {
    await engine.dispose();
  });

  const join = async (pid: number): Promise<TestAgent> => {
    const agent = await connect(opened.url, opened.token);
    await agent.hello(pid, 1000);
    return agent;
  };
  const session = (): { session: SessionId } => ({ session: opened.session });

  it('hands its address on to a successor, and keeps what came before', async () => {
    const agent = await join(11);
    const next = await engine.call('createSession', {
      title: 'next',
      capturePath: path.join(folder, `capture${count++}.fxt`),
      successorOf: opened.session,
    });
    assert.deepEqual([next.url, next.token], [opened.url, opened.token]);
    await join(12);
    const processesOf = async (id: SessionId): Promise<readonly string[]> =>
      (await engine.call('report', { session: id })).capture.processes.map(({ title }) =>
        title.replace(/^.*\(pid (\d+)\)$/, '$1'),
      );
    assert.deepEqual(await processesOf(opened.session), ['11']);
    assert.deepEqual(await processesOf(next.session), ['12']);
    await engine.call('endSession', session());
    await agent.closed;
    // The end of the first takes nothing from the second.
    await join(13);
    assert.deepEqual(await processesOf(next.session), ['12', '13']);
  });

  it('has no successor when it is gone', async () => {
    await engine.call('closeSession', session());
    await assert.rejects(
      engine.call('createSession', {
        title: 'next',
        capturePath: path.join(folder, `capture${count++}.fxt`),
        successorOf: opened.session,
      }),
      /no live session/,
    );
  });
});
