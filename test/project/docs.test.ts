/** The documents' links lead somewhere: a file that moved or a picture that was renamed fails here. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

const documents = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));

function brokenLinks(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^(https?:|mailto:|#)/.test(target))
    .filter((target) => !existsSync(path.join(path.dirname(file), target.split('#')[0] ?? '')));
}

describe('documents', () => {
  it('are found', () => {
    assert.ok(documents.includes('README.md'));
  });
  for (const file of documents) {
    it(`${file} has no broken link`, () => {
      assert.deepEqual(brokenLinks(file), []);
    });
  }
});
