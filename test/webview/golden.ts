/** Drawing logs that are kept in the repository, short enough to be read in a review. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'golden');
const MAX_LINES = 100;

/**
 * Compares with `golden/<name>.txt`. On a difference the log is left beside it as `.actual`; `SLUICE_ACCEPT=1` takes the
 * log as the new golden. A missing golden is a failure, too.
 */
export function assertGolden(name: string, lines: readonly string[]): void {
  assert.ok(lines.length < MAX_LINES, `${name}: ${lines.length} lines are too many to be read`);
  const file = path.join(folder, `${name}.txt`);
  const actual = `${lines.join('\n')}\n`;
  if (process.env['SLUICE_ACCEPT'] === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, actual);
  }
  const expected = existsSync(file) ? readFileSync(file, 'utf8') : null;
  if (actual === expected) {
    rmSync(`${file}.actual`, { force: true });
    return;
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${file}.actual`, actual);
  assert.equal(actual, expected, `${name} differs; SLUICE_ACCEPT=1 accepts ${file}.actual`);
}
