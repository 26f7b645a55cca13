/**
 * The README promises libraries and versions. Each promise has a case in the matrix, where it is kept or `npm test` fails;
 * and what the matrix runs, and the agent's adapters know, stands in the README.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { adapters, builtinAdapters, deviceAdapters } from '../../agent/adapters/all.js';
import { cases } from '../matrix/cases.js';

interface Row {
  readonly library: string;
  /** Major versions; none for Node's own modules, which come with Node. */
  readonly majors: readonly number[];
  /** In backticks. */
  readonly knobs: readonly string[];
}

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** `7`, `4 and 5`, `7 to 9`, `3, 4 and 6 to 8`. */
function majorsIn(text: string): number[] {
  return text.split(/,| and /).flatMap((part) => {
    const [, from, to = from] = /^\s*(\d+)(?: to (\d+))?\s*$/.exec(part) ?? [];
    if (from === undefined) throw new Error(`no major versions: ${text}`);
    return range(Number(from), Number(to));
  });
}

function rowOf(line: string): Row {
  const [library = '', versions = '', , knob = ''] = line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
  // The package's name is in the link where the text is a title, as in [Piscina](https://www.npmjs.com/package/piscina).
  const name = /npmjs\.com\/package\/([^)]+)\)/.exec(library)?.[1] ?? library.replaceAll('`', '');
  const isNodes = name.startsWith('node:') || versions.includes('Node');
  return {
    library: name,
    majors: isNodes ? [] : majorsIn(versions),
    knobs: [...knob.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  };
}

/** The rows of the table that begins with `| library |`. */
function tableRows(): Row[] {
  const lines = readme.split('\n');
  const head = lines.findIndex((line) => line.startsWith('| library |'));
  assert.ok(head >= 0, 'README.md has a table of libraries');
  const end = lines.findIndex((line, i) => i > head && !line.startsWith('|'));
  return lines.slice(head + 2, end).map(rowOf);
}

const rows = tableRows();

/** Majors of a library that the matrix runs on at least one Node, in every format that its cases have. */
function testedMajors(library: string): Set<number> {
  const versions = cases.filter((c) => c.library === library).flatMap((c) => c.versions);
  return new Set(versions.map(({ version }) => Number(version.split('.')[0])));
}

describe('the README’s table of libraries', () => {
  it('is read', () => {
    assert.deepEqual(majorsIn('3, 4 and 6 to 8'), [3, 4, 6, 7, 8]);
    assert.deepEqual(rows.find(({ library }) => library === 'p-queue')?.knobs, ['concurrency']);
    assert.equal(new Set(rows.map(({ library }) => library)).size, rows.length, 'no row twice');
  });

  for (const { library, majors, knobs } of rows) {
    it(`promises of ${library} only what the matrix runs`, () => {
      const own = cases.filter((c) => c.library === library);
      assert.ok(own.length > 0, 'there is a case');
      const tested = testedMajors(library);
      assert.deepEqual(
        majors.filter((major) => !tested.has(major)),
        [],
        'major versions without a case',
      );
      const turned = new Set(own.flatMap(({ live }) => (live === undefined ? [] : [live.knob])));
      assert.deepEqual(
        knobs.filter((knob) => !turned.has(knob)),
        [],
        'live knobs that no case turns',
      );
    });
  }

  for (const library of new Set(cases.map((c) => c.library))) {
    it(`has ${library}, which the matrix runs`, () => {
      const row = rows.find((r) => r.library === library);
      assert.ok(row !== undefined, 'there is a row');
      const promised = new Set(row.majors);
      assert.deepEqual(
        [...testedMajors(library)].filter((major) => !promised.has(major)),
        [],
        'major versions that are not promised',
      );
    });
  }

  for (const { library, majors } of adapters) {
    it(`agrees with the adapter of ${library} about versions`, () => {
      const row = rows.find((r) => r.library === library);
      assert.deepEqual(row?.majors, range(majors.from, majors.before - 1));
    });
  }

  for (const { library, majors } of deviceAdapters) {
    it(`has ${library} among those for devices`, () => {
      const row = readme.split('\n').find((line) => line.includes(`/package/${library})`));
      assert.deepEqual(majorsIn(row?.split('|')[2] ?? ''), range(majors.from, majors.before - 1));
    });
  }

  for (const { builtin } of builtinAdapters) {
    it(`has ${builtin}, which the agent watches`, () => {
      assert.ok(rows.some(({ library }) => library.includes(builtin)));
    });
  }
});
