/** Every case of the corpus: the very edit that is expected, or a refusal. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLocator, type TextEdit } from '../../../extension/source/index.js';
import { casesIn, filesOf, type Case } from './cases.js';
import { loadGrammar } from './grammars.js';

const cases = casesIn('corpus');
const locator = await createLocator(loadGrammar);

function applied(
  texts: ReadonlyMap<string, string>,
  edits: readonly TextEdit[],
): Map<string, string> {
  const result = new Map(texts);
  for (const { file, start, end, newText } of [...edits].reverse()) {
    const text = result.get(file);
    assert.ok(text !== undefined, `an edit of ${file}`);
    result.set(file, text.slice(0, start) + newText + text.slice(end));
  }
  return result;
}

async function check(each: Case): Promise<void> {
  const files = filesOf(each.before, each.asRun);
  const place = await locator.locate(each.target, files);
  if (each.expected.kind === 'refusal') {
    assert.equal(place.kind, 'unsure', 'it was refused');
    assert.ok(place.reason.includes(each.expected.reason), place.reason);
    for (const { file, range, text } of place.candidates) {
      assert.equal(each.before.get(file)?.slice(range.start, range.end), text);
    }
    return;
  }
  assert.equal(place.kind, 'found', place.kind === 'unsure' ? place.reason : '');
  const edits = await locator.edits(place, each.expected.to, files);
  assert.deepEqual(Object.fromEntries(applied(each.before, edits)), Object.fromEntries(each.after));
  if (each.expected.how !== undefined) assert.equal(place.how, each.expected.how);
  for (const note of each.notes) {
    assert.ok(
      place.notes.some((n) => n.includes(note)),
      `"${note}" is not in ${JSON.stringify(place.notes)}`,
    );
  }
}

describe('the corpus', () => {
  it('is large, and mostly not refused', () => {
    const refused = cases.filter(({ expected }) => expected.kind === 'refusal').length;
    assert.ok(cases.length >= 150, `${cases.length} cases`);
    assert.ok(refused <= cases.length / 10, `${refused} of ${cases.length} are refused`);
  });
  for (const each of cases) it(each.title, () => check(each));
});

describe('what must be refused', () => {
  for (const each of casesIn('refusals')) it(each.title, () => check(each));
});
