import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWanted, parseSearch } from '../../../../extension/core/query/searchText.js';

/** The meaning of a text; what is wrong with it in brackets. */
function meaning(text: string): string {
  const parsed = parseSearch(text);
  return parsed.kind === 'wrong' ? `[${parsed.meaning}]` : parsed.meaning;
}

describe('a search text', () => {
  it('means what it says', () => {
    const expected: Record<string, string> = {
      tokenise: 'Names with “tokenise”',
      '"20ms" Load': 'Names with “20ms” and “load”',
      '"two words': 'Names with “two words”',
      'tokenise >20ms failed': 'Executions named “tokenise” that failed and took more than 20 ms',
      '>20ms': 'Executions that took more than 20 ms',
      '> 20 ms': 'Executions that took more than 20 ms',
      '>20MS': 'Executions that took more than 20 ms',
      '>=1.5us': 'Executions that took at least 1.5 µs',
      '≤2min': 'Executions that took at most 2 m 0 s',
      '<1us hash': 'Executions, spans and functions named “hash” that took less than 1 µs',
      '20ms..50ms': 'Executions that took at least 20 ms and at most 50 ms',
      '20..50ms': 'Executions that took at least 20 ms and at most 50 ms',
      '20ms..': 'Executions that took at least 20 ms',
      '..50ms': 'Executions that took at most 50 ms',
      '>20ms<50ms': 'Executions that took more than 20 ms and less than 50 ms',
      '>20ms >30ms': 'Executions that took more than 30 ms',
      '#123': 'Executions of item #123',
      '123 error': 'Executions of item #123 that failed',
      '#1 #2': 'Executions of item #1 and #2',
      'a..b': 'Names with “a..b”',
      '3d-render': 'Names with “3d-render”',
      '"failed"': 'Names with “failed”',
    };
    for (const [text, words] of Object.entries(expected)) assert.equal(meaning(text), words, text);
  });

  it('is told what is wrong with it, and how to say it', () => {
    const expected: Record<string, string> = {
      '': '[Nothing to search for. Try a name, >20ms, 5ms..20ms, #123 or failed.]',
      '  ': '[Nothing to search for. Try a name, >20ms, 5ms..20ms, #123 or failed.]',
      '>': '[“>” has no duration: write it as >20ms.]',
      '>fast': '[“>fast” has no duration: write it as >20ms.]',
      '>20': '[“>20” needs a unit, as in >20ms.]',
      '>20 failed': '[“>20” needs a unit, as in >20ms.]',
      '20..50': '[“20..50” needs a unit, as in >20ms.]',
      '>20furlongs': '[“furlongs” is no unit of time: use ns, us, ms, s, min or h.]',
      '20ms': '[Say >20ms for what took longer or <20ms for what took less, or "20ms" for a name.]',
      '20 ms':
        '[Say >20ms for what took longer or <20ms for what took less, or "20ms" for a name.]',
      '#': '[After # comes the number of an item, as in #123.]',
      '#abc': '[After # comes the number of an item, as in #123.]',
      '4294967296': '[Items have numbers up to 4,294,967,295.]',
      '""': '[There is nothing between the quotes.]',
      '>50ms <20ms': '[Nothing takes more than 50 ms and less than 20 ms.]',
      '>5ms <=5ms': '[Nothing takes more than 5 ms and at most 5 ms.]',
    };
    for (const [text, words] of Object.entries(expected)) assert.equal(meaning(text), words, text);
  });

  it('counts the ends of a range in, and those of > and < out', () => {
    const wanted = (text: string): readonly number[] => {
      const parsed = parseSearch(text);
      assert.ok(parsed.kind === 'terms');
      return [1, 2, 3, 4].filter((us) => isWanted(us * 1000, parsed.terms));
    };
    assert.deepEqual(wanted('2us..3us'), [2, 3]);
    assert.deepEqual(wanted('>2us'), [3, 4]);
    assert.deepEqual(wanted('>=2us'), [2, 3, 4]);
    assert.deepEqual(wanted('<3us'), [1, 2]);
    assert.deepEqual(wanted('<=3us >=3us'), [3]);
    assert.deepEqual(wanted('>=2us >2us'), [3, 4]);
    assert.deepEqual(wanted('failed'), [1, 2, 3, 4]);
  });
});
