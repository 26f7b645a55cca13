import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { FxtReader } from '../../../agent/wire/fxtReader.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import { readCapture } from '../../../extension/engine/captureReader.js';
import {
  captureHeader,
  CaptureWriter,
  createCaptureFile,
  PRESSURE_BYTES,
} from '../../../extension/engine/captureWriter.js';
import { until } from './agentClient.js';

const quiet = { pressure: (): void => undefined, failed: (): void => undefined };

/** A small capture: header, one provider, `count` strings. */
function smallCapture(count: number): Uint8Array {
  const writer = new FxtWriter();
  writer.append(captureHeader());
  writer.providerInfo(1, 'one');
  for (let i = 1; i <= count; i++) writer.string(i, `string number ${i}`);
  return writer.take();
}

/** Where each record ends, from the sizes in the headers. */
function recordEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    at += ((bytes.readUInt32LE(at) >>> 4) & 0xfff) * 8;
    ends.push(at);
  }
  return ends;
}

async function readAll(file: string): Promise<{ bytes: Buffer; brokenOff: string | null }> {
  const chunks: Uint8Array[] = [];
  const read = await readCapture(file, (chunk) => {
    chunks.push(chunk);
    return true;
  });
  assert.ok(read.ok, read.ok ? '' : read.error);
  const bytes = Buffer.concat(chunks);
  assert.equal(read.value.bytes, bytes.length);
  return { bytes, brokenOff: read.value.brokenOff };
}

describe('capture files', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice capture '));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });
  const at = (name: string): string => path.join(folder, name);

  it('come back as they were written, through folders that did not exist', async () => {
    const file = await createCaptureFile(at('a/b/written.fxt'));
    assert.ok(file.ok);
    const writer = new CaptureWriter(file.value, 'written.fxt', quiet);
    const parts = [smallCapture(3), smallCapture(500), smallCapture(1)];
    for (const part of parts) writer.append(part);
    assert.deepEqual(await writer.close(), { ok: true, value: null });
    const read = await readAll(at('a/b/written.fxt'));
    assert.deepEqual(read.bytes, Buffer.concat(parts));
    assert.equal(read.brokenOff, null);
  });

  it('are on disk soon after a record, with the writer still open', async () => {
    const file = await createCaptureFile(at('live.fxt'));
    assert.ok(file.ok);
    const writer = new CaptureWriter(file.value, 'live.fxt', quiet);
    const bytes = smallCapture(2);
    writer.append(bytes);
    await until(async () => (await readFile(at('live.fxt'))).equals(bytes), 'the bytes are there');
    await writer.close();
    writer.append(bytes);
    assert.deepEqual((await readAll(at('live.fxt'))).bytes, Buffer.from(bytes));
  });

  it('that cannot be created say where and why', async () => {
    await writeFile(at('plain'), '');
    const file = await createCaptureFile(at('plain/x.fxt'));
    assert.deepEqual(file, {
      ok: false,
      error: `cannot write the capture ${at('plain/x.fxt')}: something else has this name`,
    });
  });

  it('are read compressed, whatever their name', async () => {
    const bytes = smallCapture(20_000);
    await writeFile(at('zipped.fxt'), gzipSync(bytes));
    assert.deepEqual((await readAll(at('zipped.fxt'))).bytes, Buffer.from(bytes));
  });

  it('open at every length, up to the last whole record', async () => {
    const parts = [captureHeader(), smallCapture(1), smallCapture(12)];
    const bytes = Buffer.concat(parts);
    const ends = recordEnds(bytes);
    assert.ok(ends.length > 15);
    for (let length = 8; length <= bytes.length; length++) {
      await writeFile(at('cut.fxt'), bytes.subarray(0, length));
      const reader = new FxtReader({ event: () => undefined, record: () => undefined });
      const read = await readCapture(at('cut.fxt'), (chunk) => reader.push(chunk));
      assert.ok(read.ok);
      const whole = ends.findLast((end) => end <= length);
      const { validBytes, problem } = reader.end();
      assert.equal(validBytes, whole);
      assert.equal(problem?.atByte ?? null, whole === length ? null : whole);
    }
  });

  it('too short to tell are refused with their length', async () => {
    const bytes = smallCapture(1);
    for (let length = 0; length < 8; length++) {
      await writeFile(at('short.fxt'), bytes.subarray(0, length));
      const read = await readCapture(at('short.fxt'), () => true);
      assert.ok(!read.ok);
      assert.match(
        read.error,
        length === 0 ? /is empty/ : new RegExp(`ends after ${length} bytes`),
      );
    }
  });

  it('cut short in compressed form give everything before the cut', async () => {
    const bytes = smallCapture(30_000);
    const zipped = gzipSync(bytes);
    // The deflate stream is whole and only the last byte of its trailer is missing: all of it must come.
    for (const length of [zipped.length - 1, zipped.length - 9, zipped.length >> 1, 200]) {
      const cut = zipped.subarray(0, length);
      await writeFile(at('cut.fxt.gz'), cut);
      const read = await readAll(at('cut.fxt.gz'));
      assert.equal(read.brokenOff, 'the gzip data is cut short');
      assert.deepEqual(read.bytes, gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH }));
      assert.deepEqual(read.bytes, Buffer.from(bytes.subarray(0, read.bytes.length)));
      if (length === zipped.length - 1) assert.equal(read.bytes.length, bytes.length);
    }
  });

  it('with damaged compression keep what came before', async () => {
    const bytes = smallCapture(30_000);
    const zipped = gzipSync(bytes, { level: 0 });
    zipped.fill(0xff, zipped.length - 400_000, zipped.length - 390_000);
    await writeFile(at('damaged.fxt.gz'), zipped);
    const read = await readAll(at('damaged.fxt.gz'));
    assert.match(read.brokenOff ?? '', /damaged gzip data/);
    assert.ok(read.bytes.length > 0);
  });

  it('of another kind are refused with what they are and what could be read', async () => {
    const refusal = async (name: string, bytes: Uint8Array | string): Promise<string> => {
      await writeFile(at(name), bytes);
      const read = await readCapture(at(name), () => assert.fail('it has no trace'));
      return read.ok ? 'it was read' : read.error.replaceAll(`${folder}/`, '');
    };
    const supported = /: FXT, Chrome trace JSON .* can be read, gzipped too$/;
    for (const [name, bytes, found] of [
      ['x.json', '{"name":"x","version":1}', 'a JSON object with the keys name, version'],
      ['x.json.gz', gzipSync('{"name":"x"}'), 'a JSON object with the key name'],
      ['list.json', '[1,2,3]', 'a JSON array without trace events'],
      ['cut.json', '{"name":', 'a JSON object, broken at byte 8'],
      ['x.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]), 'a PNG image'],
      ['readme', 'Hello, reader.\nMore.', 'text that begins with "Hello, reader."'],
      ['x.bin', Buffer.from([1, 2, 3, 4, 0, 0, 0, 250, 251]), 'binary data'],
    ] as const) {
      const text = await refusal(name, bytes);
      assert.ok(text.startsWith(`unknown kind of file (${name} is ${found}`), text);
      assert.match(text, supported);
    }
    assert.equal(
      await refusal('empty.json', '{"traceEvents":[]}'),
      'nothing to show (empty.json): it holds no trace events',
    );
  });

  it('that are missing or folders are refused in words', async () => {
    assert.deepEqual(await readCapture(at('missing.fxt'), () => true), {
      ok: false,
      error: `cannot read ${at('missing.fxt')}: no such file or folder`,
    });
    assert.deepEqual(await readCapture(folder, () => true), {
      ok: false,
      error: `cannot read ${folder}: it is a folder`,
    });
  });

  it('are read no further than wanted', async () => {
    // More than is read at once.
    const once = smallCapture(30_000);
    await writeFile(at('long.fxt'), Buffer.concat([once, once, once, once]));
    let chunks = 0;
    const read = await readCapture(at('long.fxt'), () => ++chunks < 2);
    assert.ok(read.ok);
    assert.equal(chunks, 2);
    await truncate(at('long.fxt'), 8);
  });
});

describe('capture writer', () => {
  it('reports a slow disk, keeps everything, and says when it has caught up', async () => {
    const release: (() => void)[] = [];
    let written = 0;
    const slow = new Writable({
      highWaterMark: PRESSURE_BYTES,
      write: (chunk: Buffer, _encoding, done) => {
        release.push(() => {
          written += chunk.length;
          done();
        });
      },
    });
    const pressure: boolean[] = [];
    const writer = new CaptureWriter(slow, 'slow', {
      ...quiet,
      pressure: (high) => pressure.push(high),
    });
    const frame = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 7; i++) writer.append(frame);
    assert.deepEqual(pressure, []);
    for (let i = 0; i < 5; i++) writer.append(frame);
    assert.deepEqual(pressure, [true]);
    await until(() => {
      release.shift()?.();
      return written === 12 * frame.length;
    }, 'everything is written');
    await until(() => pressure.length === 2, 'pressure is gone');
    assert.deepEqual(pressure, [true, false]);
    assert.deepEqual(await writer.close(), { ok: true, value: null });
  });

  it('tells of a full disk once, lets the producers go on, and closes as incomplete', async () => {
    const full = new Writable({
      highWaterMark: 16,
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' }));
      },
    });
    const said: string[] = [];
    const pressure: boolean[] = [];
    const writer = new CaptureWriter(full, 'x.fxt', {
      pressure: (high) => pressure.push(high),
      failed: (message) => said.push(message),
    });
    writer.append(new Uint8Array(64));
    await until(() => said.length > 0, 'the failure is told');
    writer.append(new Uint8Array(64));
    assert.deepEqual(said, [
      'the capture stops here (x.fxt): the disk is full; the live view goes on',
    ]);
    assert.deepEqual(pressure, [true, false]);
    assert.deepEqual(await writer.close(), {
      ok: false,
      error: 'the capture is incomplete (x.fxt)',
    });
  });
});
