import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { unifiedDiff } from '../../../../extension/host/source/unifiedDiff.js';

const edit = (start: number, end: number, newText: string) => ({
  file: 'a.mjs',
  start,
  end,
  newText,
});

describe('a unified diff', () => {
  it('shows the lines that change with those around them', () => {
    const text = 'a\nb\nconst n = 2;\nc\nd\ne\n';
    const at = text.indexOf('2');
    assert.equal(
      unifiedDiff('a.mjs', text, [edit(at, at + 1, '12')]),
      '--- a.mjs\n+++ a.mjs\n@@ -1,5 +1,5 @@\n a\n b\n-const n = 2;\n+const n = 12;\n c\n d',
    );
  });

  it('is what git applies', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-diff-'));
    try {
      const line = fc.constantFrom('a', 'bb', 'const n = 2;', '');
      const cut = fc.tuple(fc.nat(60), fc.nat(4), fc.constantFrom('12', 'x\ny', ''));
      fc.assert(
        fc.property(
          fc.array(line, { minLength: 1, maxLength: 20 }),
          fc.array(cut, { maxLength: 3 }),
          (lines, cuts) => {
            const text = `${lines.join('\n')}\n`;
            let free = 0;
            const edits = cuts
              .map(([at, length, newText]) => ({ at: at % text.length, length, newText }))
              .sort((a, b) => a.at - b.at)
              .flatMap(({ at, length, newText }) => {
                // Within a line, and none over another one.
                const end = Math.min(at + length, text.indexOf('\n', at));
                if (at < free || end < at || text.slice(at, end) === newText) return [];
                free = end + 1;
                return [edit(at, end, newText)];
              });
            if (edits.length === 0) return;
            let wanted = text;
            for (const { start, end, newText } of [...edits].reverse())
              wanted = wanted.slice(0, start) + newText + wanted.slice(end);
            writeFileSync(path.join(folder, 'a.mjs'), text);
            writeFileSync(path.join(folder, 'd.patch'), `${unifiedDiff('a.mjs', text, edits)}\n`);
            execFileSync('git', ['apply', '-p0', '--unidiff-zero', 'd.patch'], {
              cwd: folder,
              stdio: 'pipe',
            });
            assert.equal(readFileSync(path.join(folder, 'a.mjs'), 'utf8'), wanted);
          },
        ),
        { numRuns: 40 },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
