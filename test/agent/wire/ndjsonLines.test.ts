import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NdjsonLines } from '../../../agent/wire/ndjsonLines.js';
import { cutAt } from './fxtSupport.js';

function read(chunks: readonly Uint8Array[], maxLineBytes?: number) {
  const lines: string[] = [];
  const reader = new NdjsonLines(
    (line) => lines.push(line),
    maxLineBytes === undefined ? {} : { maxLineBytes },
  );
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return { lines, dropped: reader.droppedLines };
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('lines of a blob stream', () => {
  it('come out whole however the stream is cut, also inside a character', () => {
    const line = fc.string({ unit: 'binary', maxLength: 12 }).map((s) => s.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(), { maxLength: 8 }), (lines, cuts) => {
        const { lines: got } = read(cutAt(bytesOf(lines.join('\n')), cuts));
        assert.deepEqual(
          got,
          lines.filter((l) => l !== ''),
        );
      }),
    );
  });

  it('may end without a line feed', () => {
    assert.deepEqual(read([bytesOf('{"a":1}\n{"b"'), bytesOf(':2}')]).lines, [
      '{"a":1}',
      '{"b":2}',
    ]);
  });

  it('that are too long are dropped whole and counted; the next one is read', () => {
    const chunks = ['ok\n', '12345', '6789', '01\nfine\n12345678', '9'].map(bytesOf);
    assert.deepEqual(read(chunks, 8), { lines: ['ok', 'fine'], dropped: 2 });
  });

  it('do not depend on the array they came in, which may be used again', () => {
    const lines: string[] = [];
    const reader = new NdjsonLines((line) => lines.push(line));
    const chunk = bytesOf('abc');
    reader.push(chunk);
    chunk.set(bytesOf('de\n'));
    reader.push(chunk);
    assert.deepEqual(lines, ['abcde']);
  });

  it('may be exactly as long as the bound', () => {
    assert.deepEqual(read([bytesOf('12345678\n')], 8), { lines: ['12345678'], dropped: 0 });
  });
});
