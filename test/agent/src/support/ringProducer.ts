/** The other thread of the ring's race: writes numbered records as fast as it can. */
import { workerData } from 'node:worker_threads';
import { EventType } from '../../../../agent/wire/format.js';
import { eventHeaderHi, eventHeaderLo } from '../../../../agent/wire/eventWords.js';
import { NO_TOTALS } from '../../../../agent/src/laneTotals.js';
import { Ref } from '../../../../agent/src/names.js';
import { COUNT_RECORD, plainHeader, RingWriter } from '../../../../agent/src/ring.js';

const { buffer, made } = workerData as { buffer: SharedArrayBuffer; made: number };
const ring = new RingWriter(buffer);
const lo = eventHeaderLo(EventType.durationComplete, 3, 0, 1);
const row = { plain: plainHeader(1, 100), totals: NO_TOTALS };
const span = eventHeaderHi(Ref.span, 101);
for (let n = 0; n < made; n++) {
  if (n % 3 !== 0) {
    ring.execution(row, n, 0);
  } else {
    const at = ring.claim(3);
    ring.words.set([lo, span, n, 0, n, 0], at);
    ring.publish(3, COUNT_RECORD);
  }
}
ring.close();
