import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { EventType } from '../../../agent/wire/format.js';
import { eventHeaderHi, eventHeaderLo } from '../../../agent/wire/eventWords.js';
import { Ref } from '../../../agent/src/names.js';
import {
  COUNT_EXECUTION,
  COUNT_RECORD,
  createRing,
  RingReader,
  RingWriter,
} from '../../../agent/src/ring.js';

/**
 * A target whose copy from the ring is interrupted: the producer goes on writing after the reader has chosen what to copy,
 * as another thread would. The reader copies through `target.buffer`, so that is where we step in.
 */
function interruptedTarget(interrupt: () => void): DataView {
  const buffer = new ArrayBuffer(RingReader.maxReadBytes);
  const get = (): ArrayBuffer => {
    interrupt();
    return buffer;
  };
  return Object.defineProperty(new DataView(buffer), 'buffer', { get });
}

interface Step {
  readonly writes: number;
  readonly words: number;
  readonly isExecution: boolean;
  /** Written while the reader is in the middle of a copy. */
  readonly during: number;
  readonly reads: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  writes: fc.integer({ min: 0, max: 900 }),
  words: fc.integer({ min: 3, max: 40 }),
  isExecution: fc.boolean(),
  during: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 })),
  reads: fc.boolean(),
});

it('reads each record once, in order and whole, or counts it as lost', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const buffer = createRing(16 * 1024);
      const writer = new RingWriter(buffer);
      const reader = new RingReader(buffer);
      let interrupt = (): void => undefined;
      const target = interruptedTarget(() => {
        interrupt();
      });
      const madeAsExecution: boolean[] = [];
      const seen: number[] = [];

      const write = (count: number, { words, isExecution }: Step): void => {
        for (let i = 0; i < count; i++) {
          const at = writer.claim(words);
          // All words but the header carry the number, so a torn record shows.
          writer.words.fill(madeAsExecution.length, at, at + words * 2);
          writer.words[at] = eventHeaderLo(EventType.durationComplete, words, 0, 1);
          writer.words[at + 1] = eventHeaderHi(isExecution ? Ref.stage : Ref.span, 100);
          writer.publish(words, isExecution ? COUNT_EXECUTION : COUNT_RECORD);
          madeAsExecution.push(isExecution);
        }
      };
      const read = (s: Step): void => {
        let interruptions = 0;
        interrupt = () => {
          if (interruptions++ === 0) write(s.during, s);
        };
        const head = reader.head;
        for (;;) {
          const bytes = reader.read(head, target, 0);
          if (bytes === 0) return;
          for (let at = 0; at < bytes;) {
            const words = (target.getInt32(at, true) >>> 4) & 0xfff;
            const n = target.getInt32(at + 8, true);
            for (let w = 8; w < words * 8; w += 4) assert.equal(target.getInt32(at + w, true), n);
            seen.push(n);
            at += words * 8;
          }
        }
      };

      for (const s of steps) {
        write(s.writes, s);
        if (s.reads) read(s);
      }
      read({ writes: 0, words: 3, isExecution: true, during: 0, reads: true });

      for (const [i, n] of seen.entries()) assert.ok(i === 0 || n > (seen[i - 1] ?? 0));
      const loss = reader.takeLoss();
      assert.equal(seen.length + loss.records, madeAsExecution.length);
      const executions = madeAsExecution.filter(Boolean).length;
      const seenExecutions = seen.filter((n) => madeAsExecution[n] === true).length;
      assert.equal(seenExecutions + loss.executions, executions);
    }),
    { numRuns: 200 },
  );
});
