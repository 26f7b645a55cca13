import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counter, singleFlight } from '../../webview/singleFlight.js';
import { answers, questionFor, type Wanted } from '../../webview/timeline/viewRequests.js';

interface Sent {
  readonly question: string;
  readonly seq: number;
}

function flight(): {
  sent: Sent[];
  clock: { ms: number };
  of: ReturnType<typeof singleFlight<string>>;
} {
  const sent: Sent[] = [];
  const clock = { ms: 0 };
  const of = singleFlight<string>(
    (question, seq) => {
      sent.push({ question, seq });
    },
    { nextSeq: counter(), nowMs: () => clock.ms, lostAfterMs: 1000 },
  );
  return { sent, clock, of };
}

describe('one question at a time', () => {
  it('keeps only the newest of those that wait', () => {
    const { sent, of } = flight();
    for (const question of ['a', 'b', 'c']) of.ask(question);
    assert.deepEqual(sent, [{ question: 'a', seq: 1 }]);
    assert.equal(of.settle(1), 'a');
    assert.deepEqual(sent.at(-1), { question: 'c', seq: 2 });
    assert.equal(of.settle(2), 'c');
    assert.equal(sent.length, 2);
    assert.equal(of.busy, false);
  });

  it('ignores answers with an older number, and answers that come twice', () => {
    const { of } = flight();
    of.ask('a');
    of.ask('b');
    assert.equal(of.settle(1), 'a');
    assert.equal(of.settle(1), null);
    assert.equal(of.settle(7), null);
    assert.equal(of.busy, true);
    assert.equal(of.settle(2), 'b');
  });

  it('gives a question up as lost and goes on; a late answer is then old', () => {
    const { sent, clock, of } = flight();
    of.ask('a');
    clock.ms = 900;
    of.ask('b');
    assert.equal(sent.length, 1);
    clock.ms = 1100;
    assert.equal(of.busy, false);
    of.ask('c');
    assert.deepEqual(sent.at(-1), { question: 'c', seq: 2 });
    assert.equal(of.settle(1), null);
    assert.equal(of.settle(2), 'c');
  });
});

describe('a flight that is slow', () => {
  it('is given up for another question, and its answer ignored when it comes after all', () => {
    const clock = { ms: 0 };
    const sent: unknown[] = [];
    const of = singleFlight<string>((question, seq) => sent.push({ question, seq }), {
      nextSeq: counter(),
      nowMs: () => clock.ms,
      lostAfterMs: 1000,
      supersededAfterMs: 100,
    });
    of.ask('a');
    of.ask('b');
    assert.equal(sent.length, 1);
    clock.ms = 101;
    assert.equal(of.busy, true);
    of.ask('c');
    assert.deepEqual(sent.at(-1), { question: 'c', seq: 2 });
    assert.equal(of.settle(1), null);
    assert.equal(of.settle(2), 'c');
    assert.equal(sent.length, 2, 'b was replaced by c');
  });
});

describe('which picture to ask for', () => {
  const wanted: Wanted = {
    range: { fromNs: 1000, toNs: 2000 },
    widthPx: 800,
    dpr: 1,
    rows: [1, 2],
    generation: 3,
  };
  const asked = questionFor(wanted);

  it('asks for more than is on screen, at the resolution of the screen', () => {
    assert.deepEqual(asked.request, { fromNs: 750, toNs: 2250, widthPx: 1200, rows: [1, 2] });
    assert.equal(questionFor({ ...wanted, dpr: 2 }).request.widthPx, 2400);
    assert.equal(questionFor({ ...wanted, widthPx: 1e6 }).request.widthPx, 16_384);
  });

  it('takes an answer as long as it shows the same', () => {
    const still = (rest: Partial<Wanted>): boolean => answers(asked, { ...wanted, ...rest });
    assert.equal(still({}), true);
    assert.equal(still({ range: { fromNs: 1100, toNs: 2100 } }), true, 'a small pan');
    assert.equal(still({ rows: [2] }), true, 'fewer rows');
    assert.equal(still({ range: { fromNs: 1240, toNs: 2240 } }), false, 'near the edge');
    assert.equal(still({ range: { fromNs: 1000, toNs: 1800 } }), false, 'zoomed');
    assert.equal(still({ rows: [1, 2, 3] }), false, 'another row');
    assert.equal(still({ generation: 4 }), false, 'newer data');
    assert.equal(still({ dpr: 2 }), false, 'a sharper screen');
  });
});
