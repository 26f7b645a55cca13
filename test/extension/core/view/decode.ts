/** Reads the boxes and cells of a view reply back, for assertions. */
import assert from 'node:assert/strict';
import {
  BOX_BYTES,
  metaFlags,
  metaKind,
  metaLevel,
  metaShare,
  type ViewReply,
} from '../../../../extension/core/panel/messages.js';

export interface DecodedBox {
  readonly x: number;
  readonly width: number;
  readonly kind: number;
  readonly level: number;
  /** 0..1 */
  readonly share: number;
  readonly flags: number;
  readonly name: string;
}

export function boxesOf(reply: ViewReply, row: number): readonly DecodedBox[] {
  const section = reply.sections.find((s) => s.row === row);
  assert.ok(section?.kind === 'lane', `no lane section for row ${row}`);
  const view = new DataView(reply.buffer, section.offset, section.count * BOX_BYTES);
  return Array.from({ length: section.count }, (_, i) => {
    const at = i * BOX_BYTES;
    const meta = view.getUint32(at + 8, true);
    return {
      x: view.getFloat32(at, true),
      width: view.getFloat32(at + 4, true),
      kind: metaKind(meta),
      level: metaLevel(meta),
      share: metaShare(meta) / 255,
      flags: metaFlags(meta),
      name: reply.names[view.getUint32(at + 12, true)] ?? '?',
    };
  });
}

export interface DecodedCells {
  readonly columns: number;
  readonly buckets: number;
  readonly depthPerBucket: number;
  /** 0..255 */
  readonly at: (column: number, bucket: number) => number;
}

export function cellsOf(reply: ViewReply, row: number): DecodedCells {
  const section = reply.sections.find((s) => s.row === row);
  assert.ok(section?.kind === 'queue', `no queue section for row ${row}`);
  const { columns, buckets, depthPerBucket } = section;
  const cells = new Uint8Array(reply.buffer, section.offset, columns * buckets);
  return {
    columns,
    buckets,
    depthPerBucket,
    at: (column, bucket) => cells[column * buckets + bucket] ?? 0,
  };
}
