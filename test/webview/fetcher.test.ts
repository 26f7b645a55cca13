import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFetcher, type Fetch } from '../../webview/fetcher.js';

function bench(): {
  readonly sent: string[];
  readonly want: (key: string, stamp: string) => void;
  readonly stop: () => void;
  readonly answer: (i: number) => void;
  readonly pass: (ms: number) => void;
} {
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  const timers: { atMs: number; act: () => void }[] = [];
  let nowMs = 0;
  const fetcher = createFetcher({
    nowMs: () => nowMs,
    later: (act, ms) => timers.push({ atMs: nowMs + ms, act }),
    restMs: 1000,
    lostAfterMs: 5000,
  });
  const fetch = (key: string, stamp: string): Fetch => ({
    key,
    stamp,
    send: (done) => {
      sent.push(`${key}@${stamp}`);
      answers.push(done);
    },
  });
  return {
    sent,
    want: (key, stamp) => {
      fetcher.want(fetch(key, stamp));
    },
    stop: () => {
      fetcher.want(null);
    },
    answer: (i) => answers[i]?.(),
    pass: (ms) => {
      nowMs += ms;
      for (const due of timers.filter((t) => t.atMs <= nowMs)) {
        timers.splice(timers.indexOf(due), 1);
        due.act();
      }
    },
  };
}

describe('an answer that is kept up to date', () => {
  it('asks once for what does not change', () => {
    const { sent, want, answer, pass } = bench();
    want('a', '1');
    want('a', '1');
    answer(0);
    want('a', '1');
    pass(10_000);
    assert.deepEqual(sent, ['a@1']);
  });

  it('asks for newer data when the answer is here and some time has passed', () => {
    const { sent, want, answer, pass } = bench();
    want('a', '1');
    want('a', '2');
    want('a', '3');
    pass(100);
    assert.deepEqual(sent, ['a@1']);
    answer(0);
    pass(500);
    want('a', '4');
    assert.deepEqual(sent, ['a@1']);
    pass(510);
    assert.deepEqual(sent, ['a@1', 'a@4']);
  });

  it('asks another question at once, and ignores the answer that it overtook', () => {
    const { sent, want, answer } = bench();
    want('a', '1');
    want('b', '1');
    answer(0);
    want('b', '1');
    answer(1);
    want('a', '1');
    assert.deepEqual(sent, ['a@1', 'b@1', 'a@1']);
  });

  it('asks again when an answer does not come, and stops when nothing is wanted', () => {
    const { sent, want, stop, pass } = bench();
    want('a', '1');
    pass(5100);
    assert.deepEqual(sent, ['a@1', 'a@1']);
    stop();
    pass(60_000);
    assert.equal(sent.length, 2);
  });
});
