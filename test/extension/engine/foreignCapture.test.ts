/** Files of other tools as sessions, and sessions as files of other tools, through the engine. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { writePieces } from '../../../extension/engine/exportFile.js';
import { inProcessEngine } from '../../../extension/engine/inProcessEngine.js';
import type { EngineClient } from '../../../extension/engine/engineClient.js';
import type { EngineCalls, SessionId } from '../../../extension/engine/protocol.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/foreign/${name}`, import.meta.url));

type Export = Omit<EngineCalls['exportCapture']['in'], 'session' | 'path'>;
const whole = (format: Export['format']): Export => ({ format, range: null, thread: null });

describe('files of other tools', () => {
  let folder = '';
  let engine: EngineClient;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice foreign '));
    engine = inProcessEngine();
  });
  after(async () => {
    await engine.dispose();
    await rm(folder, { recursive: true });
  });
  const at = (name: string): string => path.join(folder, name);
  const open = async (file: string): Promise<SessionId> =>
    (await engine.call('openCapture', { path: file })).session;
  const failure = async (call: Promise<unknown>): Promise<string> => {
    try {
      await call;
    } catch (error) {
      return String(error).replaceAll(`${folder}/`, '');
    }
    return 'it succeeded';
  };

  it('are sessions, told by their content and not by their name', async () => {
    const kineto = await readFile(fixture('kineto.json.gz'));
    await writeFile(at('no-ending'), kineto);
    await writeFile(at('plain.fxt'), gunzipSync(kineto));
    for (const name of ['no-ending', 'plain.fxt']) {
      const session = await open(at(name));
      const report = await engine.call('report', { session });
      assert.equal(report.capture.executions, 364);
      // What was read, not what it became on the way.
      assert.equal(report.capture.bytes, gunzipSync(kineto).length);
      assert.equal(report.capture.truncatedReason, null);
    }
  });

  it('that are cut short are shown up to there, with one sentence', async () => {
    const text = gunzipSync(await readFile(fixture('kineto.json.gz')));
    await writeFile(at('cut.json'), text.subarray(0, 200_000));
    const zipped = gzipSync(text);
    await writeFile(at('cut.json.gz'), zipped.subarray(0, zipped.length >> 1));
    for (const [name, expected] of [
      ['cut.json', /^the file ends inside of "traceEvents"$/],
      ['cut.json.gz', /^the file ends inside of "traceEvents"; the gzip data is cut short$/],
    ] as const) {
      const { capture, notes } = await engine.call('report', { session: await open(at(name)) });
      assert.match(capture.truncatedReason ?? '', expected);
      assert.ok(capture.executions > 50 && capture.executions < 364);
      assert.ok(notes.some((note) => note.startsWith('The capture was cut short at byte')));
    }
  });

  it('that end before there is anything to show are refused with that sentence', async () => {
    await writeFile(at('early.json'), '{"traceEvents":[{"ph":"X","na');
    assert.equal(
      await failure(open(at('early.json'))),
      'Error: nothing to show (early.json): it holds no trace events; at byte 16 the file ends inside of "traceEvents"',
    );
  });

  it('let others have their turn while they are read', async () => {
    const events = Array.from(
      { length: 100_000 },
      (_, i) => `{"ph":"X","name":"a","ts":${i * 10},"dur":5,"pid":1,"tid":${i % 5}}`,
    );
    await writeFile(at('many.json'), `[${events.join(',\n')}]`);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const session = await open(at('many.json'));
    clearInterval(timer);
    assert.ok(turns >= 10, `${turns} turns`);
    assert.equal((await engine.call('report', { session })).capture.executions, 100_000);
  });

  it('are written in every format, from a session, and read back', async () => {
    const session = await open(fixture('chromium.json.gz'));
    const executions = (await engine.call('report', { session })).capture.executions;
    for (const [name, format] of [
      ['x.fxt', 'fxt'],
      ['x.trace.json', 'chrome'],
      ['x.otlp.json.gz', 'otlp'],
    ] as const) {
      const { files } = await engine.call('exportCapture', {
        session,
        path: at(name),
        ...whole(format),
      });
      assert.deepEqual(files, [at(name)]);
      const back = await engine.call('report', { session: await open(at(name)) });
      assert.equal(back.capture.executions, executions, name);
    }
    assert.equal((await readFile(at('x.otlp.json.gz')))[0], 0x1f);
  });

  it('are several when several threads were sampled, named by process and thread', async () => {
    const session = await open(fixture('chromium.json.gz'));
    const target = at('profiles/out.cpuprofile');
    assert.match(
      await failure(
        engine.call('exportCapture', { session, path: target, ...whole('cpuprofile') }),
      ),
      /cannot write .*profiles\/out\..*\.cpuprofile: no such file or folder/,
    );
    const { files } = await engine.call('exportCapture', {
      session,
      path: at('out.cpuprofile'),
      ...whole('cpuprofile'),
    });
    assert.equal(files.length, 3);
    for (const file of files) {
      assert.match(
        path.basename(file),
        /^out\.\d+\.(CrRendererMain|DedicatedWorker-thread)\.cpuprofile$/,
      );
      assert.ok(
        (await engine.call('report', { session: await open(file) })).capture.executions > 0,
      );
    }
    const threads = await engine.call('sampledThreads', { session });
    assert.deepEqual(threads.toSorted(), ['CrRendererMain', 'DedicatedWorker thread']);
    const one = await engine.call('exportCapture', {
      ...{ session, path: at('one.cpuprofile'), format: 'cpuprofile', range: null },
      thread: 'DedicatedWorker thread',
    });
    assert.deepEqual(one.files, [at('one.cpuprofile')]);
  });

  it('are not left behind half written', async () => {
    const session = await open(fixture('kineto.json.gz'));
    const call = engine.call('exportCapture', { session, path: folder, ...whole('chrome') });
    assert.match(await failure(call), /cannot write .*: it is a folder/);
    assert.equal(
      (await readdir(folder)).some((name) => name.startsWith('never')),
      false,
    );
    const none = engine.call('exportCapture', {
      session,
      path: at('never'),
      ...whole('cpuprofile'),
    });
    assert.match(await failure(none), /it has no CPU samples/);
    assert.equal((await readdir(folder)).includes('never'), false);
  });
});

describe('writing an export', () => {
  it('waits for a slow stream and never holds more than it may', async () => {
    let held = 0;
    let most = 0;
    const slow = new Writable({
      highWaterMark: 100_000,
      write: (chunk: Buffer, _encoding, done) => {
        most = Math.max(most, slow.writableLength);
        setTimeout(() => {
          held += chunk.length;
          done();
        }, 2);
      },
    });
    await writePieces(
      Array.from({ length: 50 }, () => 'x'.repeat(60_000)),
      slow,
    );
    assert.equal(held, 3_000_000);
    assert.ok(most <= 160_000, `${most} bytes waited`);
  });

  it('fails with the stream, and stops making pieces', async () => {
    let made = 0;
    function* pieces(): Generator<string> {
      for (; made < 1000; made++) yield 'x'.repeat(1000);
    }
    const full = new Writable({
      highWaterMark: 10,
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' }));
      },
    });
    await assert.rejects(writePieces(pieces(), full), /ENOSPC/);
    assert.ok(made < 5);
    const closed = new Writable({ write: () => undefined });
    closed.destroy();
    await assert.rejects(writePieces(['a', 'b', 'c'], closed));
  });
});
