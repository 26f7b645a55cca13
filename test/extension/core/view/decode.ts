/** Reads the boxes and cells of a view reply back, for assertions. */
import assert from 'node:assert/strict';
import {
  BOX_BYTES,
  BoxKind,
  metaFlags,
  metaKind,
  metaLevel,
  metaShare,
  stripBlocked,
  stripBusy,
  stripFlags,
  stripLimited,
  stripStarved,
  type ColumnShares,
  type StripPlace,
  type ViewReply,
} from '../../../../extension/core/panel/view.js';

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

/** A column of a strip. */
export interface DecodedColumn extends ColumnShares {
  /** Left edge, in pixels of the request. */
  readonly x: number;
  readonly flags: number;
}

const nsPerPx = ({ fromNs, toNs, widthPx }: ViewReply): number => (toNs - fromNs) / widthPx;

/** Width of a column in pixels of the request. */
export function columnPx(reply: ViewReply): number {
  return reply.columnNs / nsPerPx(reply);
}

function stripIn(reply: ViewReply, row: number): StripPlace {
  const section = reply.sections.find((s) => s.row === row);
  assert.ok(section?.kind === 'lane' || section?.kind === 'strip', `no strip for row ${row}`);
  return section.strip;
}

/** The columns of a row that are not empty at its ends. */
export function columnsOf(reply: ViewReply, row: number): readonly DecodedColumn[] {
  const { offset, first, count } = stripIn(reply, row);
  const view = new DataView(reply.buffer, offset, count * 4);
  return Array.from({ length: count }, (_, i) => {
    const word = view.getUint32(i * 4, true);
    return {
      x: (reply.originNs + (first + i) * reply.columnNs - reply.fromNs) / nsPerPx(reply),
      busy: stripBusy(word),
      starved: stripStarved(word),
      blocked: stripBlocked(word),
      limited: stripLimited(word),
      flags: stripFlags(word),
    };
  });
}

/** Pixels of each state on level 0 of a lane, boxes and columns together. */
export function areasOf(reply: ViewReply, row: number): ColumnShares {
  const sums = { busy: 0, starved: 0, blocked: 0, limited: 0 };
  const names = ['busy', 'starved', 'blocked', 'limited'] as const;
  for (const box of boxesOf(reply, row)) {
    for (const name of names) {
      if (box.kind === BoxKind[name] && box.level === 0) sums[name] += box.width * box.share;
    }
  }
  for (const column of columnsOf(reply, row)) {
    for (const name of names) sums[name] += column[name] * columnPx(reply);
  }
  return sums;
}

export interface DecodedCells {
  /** Index of the first column among those of the reply. */
  readonly first: number;
  readonly columns: number;
  readonly buckets: number;
  readonly depthPerBucket: number;
  /** 0..255 */
  readonly at: (column: number, bucket: number) => number;
}

export function cellsOf(reply: ViewReply, row: number): DecodedCells {
  const section = reply.sections.find((s) => s.row === row);
  assert.ok(section?.kind === 'queue', `no queue section for row ${row}`);
  const { first, columns, buckets, depthPerBucket } = section;
  const cells = new Uint8Array(reply.buffer, section.offset, columns * buckets);
  return {
    first,
    columns,
    buckets,
    depthPerBucket,
    at: (column, bucket) => cells[column * buckets + bucket] ?? 0,
  };
}
