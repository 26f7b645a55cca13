import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  launchOfScript,
  packageManagerOf,
  scriptPlaces,
  shellWord,
} from '../../../../extension/host/run/npmScripts.js';

test('scripts are found where they stand', () => {
  const text =
    '{\n  "name": "x",\n  "scripts": {\n    "start": "node a",\n    "b:c": "tsc"\n  }\n}';
  const found = scriptPlaces(text);
  assert.ok(found !== null);
  assert.equal(text.slice(found.offset, found.offset + 9), '"scripts"');
  assert.deepEqual(
    found.scripts.map(({ name, command, offset }) => [
      name,
      command,
      text.slice(offset, offset + 4),
    ]),
    [
      ['start', 'node a', '"sta'],
      ['b:c', 'tsc', '"b:c'],
    ],
  );
});

test('only those at the top count, and what is half typed does no harm', () => {
  assert.equal(scriptPlaces('{"config": {"scripts": {"a": "b"}}}'), null);
  assert.equal(scriptPlaces('{"scripts": "a"}'), null);
  assert.equal(scriptPlaces(''), null);
  assert.deepEqual(
    scriptPlaces('{"scripts": {"a": "b", "c": , "d": "e"')?.scripts.map((s) => s.name),
    ['a', 'd'],
  );
  assert.deepEqual(scriptPlaces('{"scripts": {"a": {"x": "y"}}}')?.scripts, []);
});

test('any package.json gives its scripts, whatever stands in it', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  fc.assert(
    fc.property(fc.dictionary(text, text, { maxKeys: 8 }), fc.jsonValue(), (scripts, other) => {
      const json = JSON.stringify({ other, scripts }, null, 2);
      const found = scriptPlaces(json)?.scripts ?? [];
      assert.deepEqual(
        found.map(({ name, command }) => [name, command]),
        Object.entries(scripts),
      );
      for (const { name, offset } of found) {
        assert.ok(json.startsWith(JSON.stringify(name), offset));
      }
    }),
  );
});

test('no text makes it fail', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '"scripts"',
    ':',
    ',',
    '"a"',
    '[',
    ']',
    '"\\x"',
    ' ',
    '1',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      scriptPlaces(pieces.join(''));
    }),
  );
});

test('the nearest lock file names the package manager', () => {
  const has = (...files: string[]): ((file: string) => boolean) => {
    const there = new Set(files.map((file) => path.resolve('/w', file)));
    return (file) => there.has(path.resolve(file));
  };
  const of = (...files: string[]): string => packageManagerOf('/w/packages/a', '/w', has(...files));
  assert.equal(of(), 'npm');
  assert.equal(of('pnpm-lock.yaml'), 'pnpm');
  assert.equal(of('pnpm-lock.yaml', 'packages/a/yarn.lock'), 'yarn');
  assert.equal(of('../yarn.lock'), 'npm');
});

test('a script is run by its name, whatever that is', () => {
  assert.deepEqual(launchOfScript('build:all', '/w', 'pnpm'), {
    title: 'pnpm run build:all',
    command: 'pnpm run build:all',
    args: [],
    shell: true,
    cwd: '/w',
  });
  assert.equal(launchOfScript('--version', '/w', 'npm'), null);
  assert.equal(shellWord('a b', 'linux'), "'a b'");
  assert.equal(shellWord("it's; rm -rf $HOME", 'linux'), String.raw`'it'\''s; rm -rf $HOME'`);
  assert.equal(shellWord('a b', 'win32'), '"a b"');
  assert.equal(shellWord('a%PATH%', 'win32'), null);
  assert.equal(shellWord('a"&calc', 'win32'), null);
});
