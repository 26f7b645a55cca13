/** Packs NDJSON lines into blob records. */
import { BlobType } from '../../wire/format.js';
import type { FxtWriter } from '../../wire/fxtWriter.js';

/** A blob is closed before it gets longer than this, unless a single line is. */
const MAX_BLOB_BYTES = 24 * 1024;
const encoder = new TextEncoder();

/** Appends the values as lines of the blob stream `name`. A line that no record can hold is left out; returns how many were. */
export function writeLines(writer: FxtWriter, name: string, values: readonly unknown[]): number {
  let leftOut = 0;
  let lines: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (lines.length === 0) return;
    const blob = { name, blobType: BlobType.data, bytes: encoder.encode(lines.join('')) };
    if (!writer.blob(blob)) leftOut += lines.length;
    lines = [];
    bytes = 0;
  };
  for (const value of values) {
    const line = `${JSON.stringify(value)}\n`;
    const lineBytes = Buffer.byteLength(line);
    if (bytes + lineBytes > MAX_BLOB_BYTES) close();
    lines.push(line);
    bytes += lineBytes;
  }
  close();
  return leftOut;
}
