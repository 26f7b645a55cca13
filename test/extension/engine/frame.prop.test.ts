import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FxtReader } from '../../../agent/wire/fxtReader.js';
import { FxtWriter } from '../../../agent/wire/fxtWriter.js';
import { checkFrame } from '../../../extension/engine/frame.js';

/** Records of kinds that agents send, of random sizes. */
const frames = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 40 }).map((text) => (w: FxtWriter) => w.string(1, text)),
      fc.constant((w: FxtWriter) => w.initialization(1_000_000_000n)),
      fc
        .uint8Array({ maxLength: 200 })
        .map((bytes) => (w: FxtWriter) => w.blob({ name: 'b', blobType: 1, bytes })),
      fc
        .uint8Array({ maxLength: 200 })
        .map((bytes) => (w: FxtWriter) => w.largeBlob({ category: 'c', name: 'b', bytes })),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((writes) => {
    const writer = new FxtWriter();
    for (const write of writes) write(writer);
    return writer.take();
  });

describe('frame check', () => {
  it('lets whole records pass wherever they lie in memory', () => {
    fc.assert(
      fc.property(frames, fc.nat(15), (frame, shift) => {
        const moved = new Uint8Array(frame.length + shift).subarray(shift);
        moved.set(frame);
        assert.deepEqual(checkFrame(moved), { ok: true, value: null });
      }),
    );
  });

  it('refuses every frame that is cut inside a record', () => {
    fc.assert(
      fc.property(frames, fc.nat(), (frame, at) => {
        const cut = frame.subarray(0, at % frame.length);
        const reader = new FxtReader({ event: () => undefined, record: () => undefined });
        reader.push(cut);
        assert.equal(checkFrame(cut).ok, reader.end().problem === null);
      }),
    );
  });

  it('never passes what the reader would carry over, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400, size: 'max' }), (garbage) => {
        if (!checkFrame(garbage).ok) return;
        const reader = new FxtReader({ event: () => undefined, record: () => undefined });
        reader.push(garbage);
        assert.doesNotMatch(reader.end().problem?.reason ?? '', /ends inside a record/);
      }),
    );
  });

  const cases: readonly [string, (w: FxtWriter) => unknown, RegExp][] = [
    ['magic', (w) => w.magic(), /metadata record/],
    ['provider info', (w) => w.providerInfo(7, 'other'), /metadata record/],
    ['provider section', (w) => w.providerSection(7), /metadata record/],
    ['another clock', (w) => w.initialization(24_000_000n), /clock of 24000000 ticks/],
  ];
  for (const [what, write, expected] of cases) {
    it(`refuses ${what}, also behind good records`, () => {
      const writer = new FxtWriter();
      writer.string(1, 'good');
      write(writer);
      const result = checkFrame(writer.take());
      assert.ok(!result.ok);
      assert.match(result.error, expected);
      assert.match(result.error, /at byte 16 of the frame/);
    });
  }

  it('refuses a record of size 0 instead of looping', () => {
    assert.deepEqual(checkFrame(new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0])), {
      ok: false,
      error: 'record of size 0 at byte 0 of the frame',
    });
  });
});
