import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { type EngineClient, workerEngine } from '../../../extension/engine/engineClient.js';
import { inProcessEngine } from '../../../extension/engine/inProcessEngine.js';
import type { EngineEvent, SessionId } from '../../../extension/engine/protocol.js';
import { connect, until } from './agentClient.js';
import { FrameMaker } from './frames.js';

const nobody = 's99' as SessionId;

describe('engine client', () => {
  let folder = '';
  let bundled = '';
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-client-'));
    bundled = path.join(folder, 'engine.cjs');
    await esbuild.build({
      entryPoints: [fileURLToPath(new URL('../../../extension/engine/worker.ts', import.meta.url))],
      outfile: bundled,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'warning',
    });
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const kinds: readonly [string, () => EngineClient][] = [
    ['in this thread', inProcessEngine],
    ['in a worker thread', () => workerEngine(bundled, { pagesFolder: os.tmpdir() })],
  ];
  for (const [where, start] of kinds) {
    describe(where, () => {
      it('records a session and reads it back, with pictures', async () => {
        const engine = start();
        const events: EngineEvent[] = [];
        engine.onEvent((event) => events.push(event));
        const capturePath = path.join(folder, `${where}.fxt`);
        const { session, url, token } = await engine.call('createSession', {
          title: 't',
          capturePath,
        });
        const agent = await connect(url, token);
        await agent.hello();
        const maker = new FrameMaker();
        agent.socket.send(maker.tables());
        agent.socket.send(maker.executions(200));
        agent.socket.send(maker.end());
        await agent.close();
        await until(
          () => events.some((e) => e.kind === 'changed' && e.info.state === 'ended'),
          'ended',
        );
        await engine.call('endSession', { session });
        const capture = (await engine.call('openCapture', { path: capturePath })).session;
        const snapshot = await engine.call('snapshot', { session: capture });
        assert.equal(snapshot.state, 'capture');
        assert.equal(snapshot.report.capture.executions, 200);
        const lanes = snapshot.rows.flatMap((r) => (r.kind === 'stage' ? r.lanes : []));
        assert.equal(lanes.length, 1);
        const [fromNs, toNs] = snapshot.extentNs;
        const view = await engine.call('view', {
          session: capture,
          viewer: 1,
          request: { seq: 5, fromNs, toNs, widthPx: 400, rows: lanes.map((l) => l.id) },
        });
        assert.ok(view !== null);
        assert.equal(view.seq, 5);
        assert.ok(view.buffer instanceof ArrayBuffer);
        assert.ok(view.buffer.byteLength > 0);
        const hit = await engine.call('hit', {
          session: capture,
          request: { seq: 6, row: lanes[0]?.id ?? 0, atNs: fromNs + 500_000, toleranceNs: 0 },
        });
        assert.equal(hit.hit?.kind, 'execution');
        await engine.call('closeSession', { session: capture });
        assert.ok(events.some((e) => e.kind === 'closed' && e.session === capture));
        await assert.rejects(engine.call('report', { session: capture }), /there is no session/);
        await engine.dispose();
      });

      it('answers failures with their reason', async () => {
        const engine = start();
        await assert.rejects(engine.call('report', { session: nobody }), /there is no session s99/);
        await assert.rejects(engine.call('openCapture', { path: '/no/such.fxt' }), /no such file/);
        await assert.rejects(
          engine.call('createSession', { title: 't', capturePath: '/dev/null/x.fxt' }),
          /cannot write the capture \/dev\/null\/x\.fxt/,
        );
        await engine.dispose();
      });

      it('fails calls that are open when it is disposed, and later ones', async () => {
        const engine = start();
        const open = Promise.all(
          [1, 2, 3].map(async () =>
            assert.rejects(engine.call('report', { session: nobody }), /the engine is closed/),
          ),
        );
        await engine.dispose();
        await open;
        await assert.rejects(engine.call('report', { session: nobody }), /the engine is closed/);
        assert.equal(engine.lost, 'the engine is closed');
        await engine.dispose();
      });

      it('stops listening when disposed, and ends its sessions', async () => {
        const engine = start();
        const capturePath = path.join(folder, 'disposed.fxt');
        const { url, token } = await engine.call('createSession', { title: 't', capturePath });
        const agent = await connect(url, token);
        await agent.hello();
        const disposed = engine.dispose();
        await agent.next('detach');
        await disposed;
        await assert.rejects(connect(url, token), /not connected/);
      });
    });
  }

  describe('whose worker dies', () => {
    const script = async (code: string): Promise<string> => {
      const file = path.join(folder, `dying${Math.random()}.cjs`);
      await writeFile(file, `const { parentPort } = require('node:worker_threads');\n${code}`);
      return file;
    };
    const deaths: readonly [string, string, RegExp][] = [
      [
        'of an exception',
        `parentPort.on('message', () => { throw new Error('boom'); });`,
        /report: the engine stopped: boom/,
      ],
      ['by exiting', `parentPort.on('message', () => process.exit(3));`, /exit code 3/],
      ['before it runs', `throw new Error('cannot load');`, /cannot load/],
      ['by ending quietly', `setTimeout(() => {}, 50);`, /exit code 0/],
    ];
    for (const [how, code, expected] of deaths) {
      it(`${how}: every open call fails with the reason, and so do later ones`, async () => {
        const engine = workerEngine(await script(code), { pagesFolder: os.tmpdir() });
        const losses: string[] = [];
        engine.onLost((reason) => losses.push(reason));
        const calls = [1, 2, 3].map(async () =>
          assert.rejects(engine.call('report', { session: nobody }), expected),
        );
        await Promise.all(calls);
        await assert.rejects(engine.call('report', { session: nobody }), expected);
        assert.match(engine.lost ?? '', /the engine stopped/);
        await engine.dispose();
        assert.deepEqual(losses, [engine.lost]);
      });
    }

    it('because its file is missing', async () => {
      const engine = workerEngine(path.join(folder, 'missing.cjs'), { pagesFolder: os.tmpdir() });
      await assert.rejects(engine.call('report', { session: nobody }), /missing\.cjs/);
      await engine.dispose();
    });
  });
});
