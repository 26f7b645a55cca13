/** What a binary frame from an agent must look like before any of it reaches a reader or a file. */
import { RecordType, TICKS_PER_SECOND } from '../../agent/wire/format.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';

const WORD_BYTES = 8;

/**
 * Checks that a frame is whole FXT records of the kinds an agent may send. Metadata records (magic, provider info and
 * sections) are the engine's to write: one agent must not be able to write into another's tables. The clock must be the
 * session's, because all processes share one time axis. Contents of records are the reader's business.
 *
 * Costs one header read per record.
 */
export function checkFrame(frame: Uint8Array): Result<null> {
  if (frame.byteLength % WORD_BYTES !== 0) {
    return fail(`frame of ${frame.byteLength} bytes is not whole 64-bit words`);
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let at = 0;
  while (at < frame.byteLength) {
    const header = view.getUint32(at, true);
    const bytes = recordWords(view, at, header) * WORD_BYTES;
    if (bytes === 0) return fail(`record of size 0 at byte ${at} of the frame`);
    if (at + bytes > frame.byteLength) {
      return fail(
        `record at byte ${at} claims ${bytes} bytes, the frame has ${frame.byteLength - at} left`,
      );
    }
    const refused = refusal(view, at, header, bytes);
    if (refused !== null) return fail(`${refused} at byte ${at} of the frame`);
    at += bytes;
  }
  return ok(null);
}

/** Size in words: 12 bits in every record but the large one, which has 32. */
function recordWords(view: DataView, at: number, header: number): number {
  if ((header & 0xf) !== RecordType.large) return (header >>> 4) & 0xfff;
  return (header >>> 4) + (view.getUint32(at + 4, true) & 0xf) * 2 ** 28;
}

function refusal(view: DataView, at: number, header: number, bytes: number): string | null {
  const type = header & 0xf;
  if (type === RecordType.metadata) return 'metadata record, which only the engine writes,';
  if (type !== RecordType.initialization) return null;
  const ticks = bytes < 16 ? 0n : view.getBigUint64(at + 8, true);
  return ticks === BigInt(TICKS_PER_SECOND)
    ? null
    : `clock of ${ticks} ticks a second (expected ${TICKS_PER_SECOND})`;
}
