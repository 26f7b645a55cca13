/** A stream of FXT cut behind whole records: what is broken, or not all there, would be broken for others, too. */
import { FxtReader } from '../../agent/wire/fxtReader.js';
import type { FxtReadEnd, FxtSink } from '../../agent/wire/records.js';

/** Takes bytes, gives back those of whole records. */
export class WholeRecords {
  readonly #reader: FxtReader;
  #given = 0;
  #rest = Buffer.alloc(0);

  /** `sink` hears of the records. */
  constructor(sink: FxtSink = { event: () => undefined, record: () => undefined }) {
    this.#reader = new FxtReader(sink);
  }

  /** Takes the next bytes; gives those that have become whole. */
  push(bytes: Uint8Array): Uint8Array {
    this.#reader.push(bytes);
    const all = Buffer.concat([this.#rest, bytes]);
    const whole = all.subarray(0, this.#reader.validBytes - this.#given);
    this.#rest = all.subarray(whole.byteLength);
    this.#given += whole.byteLength;
    return whole;
  }

  /** Records are broken: nothing more will be whole. */
  get isBroken(): boolean {
    return this.#reader.problem !== null;
  }

  /** Where and why the records stopped being whole. Nothing can be pushed afterwards. */
  end(): FxtReadEnd['problem'] {
    return this.#reader.end().problem;
  }
}
