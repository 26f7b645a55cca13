import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BoxFlag, BoxKind, metaLevel } from '../../extension/core/panel/view.js';
import {
  boxMeta,
  boxWidth,
  boxX,
  findBox,
  joinBuckets,
  openReply,
  placePicture,
  type LaneBoxes,
} from '../../webview/timeline/picture.js';
import { spanAt } from '../../webview/timeline/spanHit.js';
import { picture, viewReply, type TestBox } from './builders.js';

const base = { fromNs: 0, toNs: 1000, widthPx: 100 };

function lane(boxes: readonly TestBox[]): LaneBoxes {
  const found = picture({ ...base, lanes: { 1: boxes } }).lanes.get(1);
  assert.ok(found !== undefined);
  return found;
}

describe('a view reply, opened', () => {
  it('refuses sections that reach beyond the buffer or are not aligned, naming the row', () => {
    const reply = viewReply({ ...base, lanes: { 7: [{ x: 0, width: 5, kind: BoxKind.busy }] } });
    const faulty = (rest: object): unknown =>
      openReply({ ...reply, sections: reply.sections.map((s) => ({ ...s, ...rest })) });
    for (const rest of [{ count: 2 }, { offset: 4 }, { offset: -16 }, { offset: 2, count: 0 }]) {
      const opened = faulty(rest);
      assert.ok(typeof opened === 'object' && opened !== null && 'fault' in opened);
      assert.match(String(opened.fault), /Row 7/);
    }
    assert.ok(!('fault' in openReply(reply)));
  });

  it('stands where its range stands on the present one', () => {
    const whole = picture({ fromNs: 100, toNs: 300, widthPx: 400 });
    const same = placePicture(whole, { fromNs: 100, toNs: 300 }, 200);
    assert.deepEqual(same, { scale: 0.5, offsetPx: 0 });
    const zoomed = placePicture(whole, { fromNs: 150, toNs: 200 }, 200);
    assert.deepEqual(zoomed, { scale: 2, offsetPx: -200 });
  });

  it('joins depths without losing time, and keeps what was seen above 0', () => {
    const cell = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(cell, { minLength: 30, maxLength: 90 }),
        (buckets, most, values) => {
          const columns = Math.floor(values.length / buckets);
          const cells = Uint8Array.from(values.slice(0, columns * buckets));
          const joined = joinBuckets(
            { first: 0, columns, buckets, depthPerBucket: 2, cells },
            most,
          );
          assert.ok(joined.buckets <= most);
          assert.ok(joined.buckets * joined.depthPerBucket >= buckets * 2);
          for (let c = 0; c < columns; c += 1) {
            const sum = (list: Uint8Array, n: number): number =>
              list.slice(c * n, (c + 1) * n).reduce((a, b) => a + b, 0);
            const before = sum(cells, buckets);
            const after = sum(joined.cells, joined.buckets);
            // A cell holds at most 255; small values never reach it here unless many are joined.
            assert.ok(after === before || after >= 255);
          }
        },
      ),
    );
  });
});

describe('finding a box', () => {
  it('agrees with a walk over all boxes', () => {
    const steps = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 4 })),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(
        steps,
        steps,
        fc.integer({ min: -5, max: 200 }),
        fc.integer({ min: 0, max: 4 }),
        (a, b, x, reach) => {
          const made = [a, b].flatMap((list, level) => {
            let at = 0;
            return list.map(([width, gap]): TestBox => {
              const box = { x: at, width, kind: BoxKind.busy, level };
              at += width + gap;
              return box;
            });
          });
          const boxes = lane(made);
          for (const level of [0, 1]) {
            const distances = made.map((box) =>
              box.level === level ? Math.max(box.x - x, x - box.x - box.width, 0) : Infinity,
            );
            const nearest = Math.min(...distances, Infinity);
            const found = findBox(boxes, level, x, reach);
            if (nearest > reach) assert.equal(found, -1);
            else {
              assert.equal(metaLevel(boxMeta(boxes, found)), level);
              const left = boxX(boxes, found);
              const distance = Math.max(left - x, x - left - boxWidth(boxes, found), 0);
              assert.equal(distance, nearest);
            }
          }
        },
      ),
    );
  });

  it('tells nested spans exactly, and nothing where the picture cannot know', () => {
    const shown = picture({
      ...base,
      names: ['', 'parse', 'cut', 'many'],
      lanes: {
        5: [
          { x: 0, width: 90, kind: BoxKind.busy },
          { x: 10, width: 20, kind: BoxKind.span, level: 1, name: 1 },
          { x: 40, width: 1, kind: BoxKind.span, level: 1, name: 3, flags: BoxFlag.merged },
          { x: 80, width: 25, kind: BoxKind.span, level: 1, name: 2 },
        ],
      },
    });
    const at = (atNs: number, level = 1): unknown =>
      spanAt(shown, { row: 5, level, atNs, toleranceNs: 10, label: 'main #0' });
    assert.deepEqual(at(150), {
      kind: 'span',
      name: 'parse',
      lane: 'main #0',
      startNs: 100,
      durationNs: 200,
    });
    assert.equal(at(405), null, 'merged');
    assert.equal(at(900), null, 'cut by the edge');
    assert.equal(at(600), null, 'nothing there');
    assert.equal(at(150, 0), null, 'an execution is no span');
  });
});
