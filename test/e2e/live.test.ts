// The engine and the agent with each other, without the command line between them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp } from 'node:fs/promises';
import {
  type AddressInfo,
  connect as dial,
  createServer,
  type Server,
  type Socket,
} from 'node:net';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../extension/core/report/report.js';
import type { EngineClient } from '../../extension/engine/engineClient.js';
import { inProcessEngine } from '../../extension/engine/inProcessEngine.js';
import { launchEnvironment } from '../../extension/engine/launch.js';
import type { EngineEvent, SessionId } from '../../extension/engine/protocol.js';
import { until } from '../extension/engine/agentClient.js';
import { BuiltSluice, finished, type Finished } from './builtSluice.js';

/** Passes bytes on to the engine and can cut every connection, as a network that fails. */
class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  cuts = 0;

  constructor(target: URL) {
    this.#server = createServer((near) => {
      const far = dial(Number(target.port), target.hostname);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.pipe(other);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.cuts++;
    this.#drop();
  }

  close(): void {
    this.#server.close();
    this.#drop();
  }

  #drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe('engine and agent', () => {
  let sluice: BuiltSluice;
  let engine: EngineClient;
  let events: EngineEvent[] = [];
  let opened: { session: SessionId; url: string; token: string };
  let capturePath = '';
  let count = 0;

  before(async () => {
    sluice = await BuiltSluice.create('everything');
    const programs = fileURLToPath(new URL('programs', import.meta.url));
    await cp(programs, path.join(sluice.folder, 'programs'), { recursive: true });
  });
  after(async () => {
    await sluice.dispose();
  });
  beforeEach(async () => {
    engine = inProcessEngine();
    events = [];
    engine.onEvent((event) => events.push(event));
    capturePath = path.join(sluice.folder, `live${count++}.fxt`);
    opened = await engine.call('createSession', { title: 'live', capturePath });
  });
  afterEach(async () => {
    await engine.dispose();
  });

  const start = async (url: string, ...args: string[]): Promise<Finished> => {
    const registerPath = path.join(sluice.folder, 'dist/agent/register.cjs');
    const env = launchEnvironment({ ...process.env }, { url, token: opened.token, registerPath });
    return finished(spawn(process.execPath, args, { cwd: sluice.folder, env }));
  };
  const report = async (): Promise<Report> => engine.call('report', { session: opened.session });
  const isOver = async (): Promise<boolean> =>
    (await engine.call('snapshot', { session: opened.session })).state === 'ended';

  it('sets a knob of a library in a running program', async () => {
    const running = start(opened.url, 'programs/tunable.mjs');
    const knob = async (): Promise<{ id: string; value: number | null } | undefined> =>
      (await report()).pipelines
        .flatMap((p) => p.knobs)
        .find((k) => k.name === 'concurrency' && k.live);
    await until(async () => (await knob())?.value === 2, 'the knob is declared');
    const { id = '' } = (await knob()) ?? {};
    assert.equal(
      await engine.call('setKnob', { session: opened.session, knob: id, value: 8 }),
      null,
    );
    const { code, stdout } = await running;
    assert.equal(code, 0);
    const printed = JSON.parse(stdout) as { concurrency: number; most: number; done: number };
    assert.deepEqual([printed.concurrency, printed.most], [8, 8]);
    await until(isOver, 'the session has ended');
    assert.equal((await knob())?.value, 8);
    const stages = (await report()).pipelines.flatMap((p) => p.stages);
    assert.deepEqual(
      stages.map((s) => [s.executions, s.parallelism]),
      [[printed.done, 8]],
    );
    const { knobChanges } = await engine.call('snapshot', { session: opened.session });
    assert.deepEqual(
      knobChanges.map(({ from, to }) => [from, to]),
      [[2, 8]],
    );
  });

  it('accounts for every execution when the connection breaks again and again', async () => {
    const proxy = new Proxy(new URL(opened.url));
    const port = await proxy.listen();
    const executions = 1500;
    const running = start(
      `ws://127.0.0.1:${port}/agent`,
      'programs/endless.mjs',
      String(executions),
    );
    const cutting = (async () => {
      for (const share of [0.2, 0.4, 0.6]) {
        await until(
          async () => (await report()).capture.executions > executions * share,
          'progress',
        );
        proxy.cut();
      }
    })();
    assert.equal((await running).code, 0);
    await cutting;
    proxy.close();
    await until(isOver, 'the session has ended');
    const live = await report();
    assert.equal(live.capture.processes.length, 1);
    assert.equal(live.capture.truncatedReason, null);
    // The agent counts what it could not send. What was on its way when the connection broke it does not know of; the
    // total in its last line does.
    assert.equal(live.capture.executions, executions);
    assert.deepEqual(
      live.pipelines[0]?.stages.map((s) => [s.name, s.executions]),
      [['tick', live.capture.executions]],
    );
    await engine.call('endSession', { session: opened.session });
    const again = await engine.call('openCapture', { path: capturePath });
    assert.deepEqual(await engine.call('report', { session: again.session }), live);
    assert.deepEqual(
      events.filter((e) => e.kind === 'problem'),
      [],
    );
  });

  it('lets a running program go, which goes on as if nothing had been', async () => {
    const running = start(opened.url, 'programs/endless.mjs', '600', 'count.txt');
    await until(async () => (await report()).capture.executions > 50, 'executions');
    await engine.call('endSession', { session: opened.session });
    const seen = (await report()).capture.executions;
    assert.equal((await running).code, 0);
    assert.equal((await report()).capture.executions, seen);
    assert.ok(seen < 600);
  });
});
