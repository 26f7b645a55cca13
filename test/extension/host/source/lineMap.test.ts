import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineMap } from '../../../../extension/host/source/lineMap.js';

const text = (...lines: string[]): string => lines.join('\n');

describe('a line of the text that ran', () => {
  const old = text('import a', '', 'const p = pipeline()', 'p.stage(decode)', '', 'run()');

  it('is found below and above what was edited', () => {
    const now = text(
      '// new',
      'import a',
      '',
      'const p = pipeline()',
      'p.stage(decode)',
      '',
      'run()',
    );
    const map = new LineMap(old, now);
    assert.deepEqual(
      [1, 3, 4, 6].map((line) => map.lineNow(line)),
      [2, 4, 5, 7],
    );
    const back = new LineMap(now, old);
    assert.deepEqual(
      [2, 4, 5].map((line) => back.lineNow(line)),
      [1, 3, 4],
    );
  });

  it('is found by its text within the edited part, also with another indentation', () => {
    const now = text(
      'import b',
      'function main() {',
      '  p.stage(decode)',
      '  const p = pipeline()',
      '}',
    );
    assert.equal(new LineMap(old, now).lineNow(4), 3);
    assert.equal(new LineMap(old, now).lineNow(3), 4);
  });

  it('is nowhere when it was changed, deleted, or stands there twice', () => {
    assert.equal(new LineMap(old, old.replace('decode', 'encode')).lineNow(4), null);
    const twice = text('x', 'p.stage(decode)', 'y', 'p.stage(decode)', 'z');
    assert.equal(new LineMap(old, twice).lineNow(4), null);
    assert.equal(new LineMap(old, old).lineNow(99), null);
  });

  it('survives other line ends', () => {
    assert.equal(new LineMap(old, old.replaceAll('\n', '\r\n')).lineNow(4), 4);
  });

  it('has the same text wherever it is found', () => {
    const line = fc.constantFrom('a', 'b', 'c', 'd', '', ' a');
    const lines = fc.array(line, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const map = new LineMap(before.join('\n'), after.join('\n'));
        for (let i = 1; i <= before.length; i++) {
          const now = map.lineNow(i);
          if (now !== null) assert.equal(after[now - 1]?.trim(), before[i - 1]?.trim());
        }
      }),
    );
  });
});
