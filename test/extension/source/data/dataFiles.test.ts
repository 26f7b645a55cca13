import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { valueInJson } from '../../../../extension/source/data/json.js';
import { assignmentsOf, setsEnvironment } from '../../../../extension/source/data/settings.js';
import { valueInYaml } from '../../../../extension/source/data/yaml.js';
import type { SourceRange } from '../../../../extension/source/place.js';

function cut(text: string, range: SourceRange | undefined): string | undefined {
  return range === undefined ? undefined : text.slice(range.start, range.end);
}

describe('a value in JSON', () => {
  it('is found at any path of any value', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 4 }),
        fc.array(fc.nat(5), { maxLength: 4 }),
        (text, steps) => {
          const value: unknown = JSON.parse(text);
          const path: string[] = [];
          let at = value;
          for (const step of steps) {
            if (typeof at !== 'object' || at === null) break;
            const keys = Object.keys(at);
            const key = keys[step % Math.max(1, keys.length)];
            if (key === undefined) break;
            path.push(key);
            at = Reflect.get(at, key);
          }
          const found = cut(text, valueInJson(text, path));
          assert.ok(found !== undefined, `${text} ${path.join('.')}`);
          assert.deepEqual(JSON.parse(found), at);
        },
      ),
    );
  });

  it('may stand among comments and trailing commas, and counts last of several', () => {
    const text = '\uFEFF{ // n: 1\n "n": 1, /* "n": 2 */ "n": 3, }';
    assert.equal(valueInJson(text, ['n'])?.start, text.indexOf('3'));
  });

  it('is not found in what is no JSON', () => {
    for (const text of ['', '{', '{"n"}', '{"n": 1 "m": 2}', '{"n": 1} x', '{n: 1}', '[1 2]']) {
      assert.equal(valueInJson(text, ['n']), undefined, text);
    }
    assert.equal(valueInJson('['.repeat(1000), ['n']), undefined);
  });
});

describe('a value in YAML', () => {
  const text = `# n: 0
n: 1
a:
  n: "2"   # two
  b:
      n: 3
  text: |
    n: 4
  list:
    - n: 5
c: { n: 6 }
d: &x
  n: 7
`;
  it('is found by indentation', () => {
    assert.equal(cut(text, valueInYaml(text, ['n'])), '1');
    assert.equal(cut(text, valueInYaml(text, ['a', 'n'])), '"2"');
    assert.equal(cut(text, valueInYaml(text, ['a', 'b', 'n'])), '3');
  });

  it('is refused where YAML is more than that', () => {
    assert.equal(valueInYaml(text, ['c', 'n']), undefined);
    assert.equal(valueInYaml(text, ['a', 'list', 'n']), undefined);
    assert.equal(valueInYaml(text, ['a', 'text', 'n']), undefined);
    assert.equal(valueInYaml('n: 1\nn: 2\n', ['n']), undefined);
    assert.equal(valueInYaml('n: 1\n---\nm: 2\n', ['n']), undefined);
    assert.equal(valueInYaml('n: *x\n', ['n']), undefined);
  });
});

describe('a variable of the environment', () => {
  it('is found in scripts and configuration files, not in comments or longer names', () => {
    const found = (text: string): readonly string[] =>
      assignmentsOf(text, 'N').map(({ start, end }) => text.slice(start, end));
    assert.deepEqual(found('N=8 node x'), ['8']);
    assert.deepEqual(found('"env": { "N": "16" }'), ['16']);
    assert.deepEqual(found('ENV N 4\nENV N=5'), ['4', '5']);
    assert.deepEqual(found('  - N: 3'), ['3']);
    assert.deepEqual(found('# N=8\nMN=8\nN_M=8\nN=8x'), []);
  });

  it('is looked for in such files only', () => {
    for (const file of ['/a/package.json', '/a/.env.local', 'C:\\a\\Dockerfile', '/a/c.yml']) {
      assert.ok(setsEnvironment(file), file);
    }
    for (const file of ['/a/tsconfig.json', '/a/readme.md'])
      assert.ok(!setsEnvironment(file), file);
  });
});
