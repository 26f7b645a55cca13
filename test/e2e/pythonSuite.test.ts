// The Python agent's own tests, on each Python that this machine has.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findPythons } from '../support/pythons.js';
import { unittest } from '../support/pythonTests.js';

const pythons = findPythons();

describe('the Python agent', () => {
  it(
    'has a Python to be tested with',
    { skip: pythons.length === 0 && 'no Python 3.9 or later' },
    () => {
      assert.ok(pythons.length > 0);
    },
  );

  for (const { path, version } of pythons) {
    it(`has parts that work in Python ${version}`, async () => {
      await unittest(path, 'test_parts');
      await unittest(path, 'test_data');
    });
  }

  // `python.test.ts` runs programs in all of them; what is rare is tried in the first and the last.
  const ends = new Set([pythons.at(0), pythons.at(-1)].filter((python) => python !== undefined));
  for (const { path, version } of ends) {
    it(`works in whole programs, in Python ${version}`, async () => {
      await unittest(path, 'test_program');
    });
  }
});
