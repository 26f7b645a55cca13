import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SearchHit, SearchReply } from '../../extension/core/panel/query.js';
import {
  hitPixels,
  isWholeRow,
  lookedAtText,
  noSearch,
  searchCount,
  stepped,
  withSearchReply,
  withSearchText,
} from '../../webview/search/search.js';

const hit = (startNs: number, row = 10): SearchHit => ({
  row,
  level: 0,
  startNs,
  durationNs: 5,
  label: 'parse',
});

const reply: SearchReply = {
  kind: 'search',
  seq: 1,
  meaning: 'Names with “parse”',
  isWrong: false,
  hits: [hit(10), hit(50), hit(90)],
  total: 3,
  isComplete: true,
  rows: [],
};

const searched = withSearchReply(withSearchText(noSearch, 'parse'), reply);
const everything = { fromNs: 0, toNs: 100 };

describe('a search', () => {
  it('forgets what it found when another text is typed, not for a blank', () => {
    assert.equal(withSearchText(searched, 'pars').reply, null);
    assert.deepEqual(withSearchText(searched, 'pars').found, []);
    assert.equal(withSearchText(searched, 'parse ').reply, reply);
    assert.equal(withSearchText(searched, 'parse ').text, 'parse ');
  });

  it('steps from what can be seen on, round and round', () => {
    const places = [1, 1, 1, 1].reduce<number[]>((all) => {
      const at = all.at(-1) ?? -1;
      return [...all, stepped({ ...searched, at }, 1, { fromNs: 40, toNs: 60 }).at];
    }, []);
    assert.deepEqual(places, [1, 2, 0, 1]);
    assert.equal(stepped(searched, 1, { fromNs: 96, toNs: 99 }).at, 0);
    assert.equal(stepped(searched, -1, { fromNs: 40, toNs: 60 }).at, 1);
    assert.equal(stepped(searched, -1, { fromNs: 0, toNs: 5 }).at, 2);
    assert.equal(stepped(noSearch, 1, everything), noSearch);
  });

  it('steps through rows that match before hits', () => {
    const rows = [{ row: 7, label: 'parse' }];
    const both = withSearchReply(searched, { ...reply, rows });
    assert.equal(both.found.length, 4);
    const first = stepped(both, 1, { fromNs: 60, toNs: 70 });
    assert.equal(first.at, 0);
    assert.deepEqual(both.found.map(isWholeRow), [true, false, false, false]);
    assert.equal(searchCount(first), '1 of 4');
  });

  it('stays at its hit when the session has more of them', () => {
    const at = stepped(searched, 1, { fromNs: 40, toNs: 60 });
    const more = withSearchReply(at, { ...reply, hits: [hit(5), ...reply.hits], total: 4 });
    assert.equal(more.found[more.at]?.startNs, 50);
    const gone = withSearchReply(at, { ...reply, hits: [hit(5)], total: 1 });
    assert.equal(gone.at, -1);
  });

  it('tells how much was found', () => {
    const counts = [
      noSearch,
      withSearchText(noSearch, 'x'),
      searched,
      { ...searched, at: 2 },
      withSearchReply(searched, { ...reply, total: 1204 }),
      { ...withSearchReply(searched, { ...reply, total: 1204, isComplete: false }), at: 0 },
      withSearchReply(searched, { ...reply, hits: [], total: 0 }),
      withSearchReply(searched, { ...reply, hits: [], total: 0, isComplete: false }),
      withSearchReply(searched, { ...reply, hits: [], total: 0, isWrong: true }),
    ].map(searchCount);
    assert.deepEqual(counts, [
      '',
      '…',
      '3 found',
      '3 of 3',
      '1,204 found (3 shown)',
      '1 of at least 1,204 (3 shown)',
      'nothing found',
      'nothing found so far',
      '',
    ]);
  });

  it('tells a reader which hit is looked at', () => {
    const rows = [{ row: 7, label: 'parse' }];
    const both = withSearchReply(searched, { ...reply, rows });
    const texts = [-1, 0, 1].map((at) => lookedAtText({ ...both, at }));
    assert.deepEqual(texts, ['', 'row parse', 'parse, 5 ns at 0.000 s']);
  });

  it('has a pixel of the overview for each place, and none for rows', () => {
    const rows = [{ row: 7, label: 'parse' }];
    const hits = [hit(10), hit(10.01), hit(100), hit(-50), hit(500)];
    const { found } = withSearchReply(searched, { ...reply, rows, hits });
    assert.deepEqual(hitPixels(found, everything, 200), [20, 199]);
    assert.deepEqual(hitPixels(found, { fromNs: 0, toNs: 0 }, 200), []);
  });
});
