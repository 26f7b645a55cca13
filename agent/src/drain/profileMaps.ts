/** CPU profiles of programs whose source maps Node does not know: their frames in the original source. */
import type { SourceMaps } from './sourceMaps.js';

interface Frame {
  url: string;
  /** From 0; -1: nowhere. */
  lineNumber: number;
  columnNumber: number;
}

function frameOf(node: unknown): Frame | null {
  const frame: unknown =
    typeof node === 'object' && node !== null ? Reflect.get(node, 'callFrame') : null;
  return typeof frame === 'object' && frame !== null ? (frame as Frame) : null;
}

/**
 * A piece whose .cpuprofile (JSON, made by this agent) has each frame at its place in the original source. Frames of files
 * without a map stay, and a piece without any other comes back as it was.
 */
export function profileInOriginal<P extends { readonly bytes: Uint8Array }>(
  piece: P,
  maps: SourceMaps,
): P {
  const profile: unknown = JSON.parse(new TextDecoder().decode(piece.bytes));
  const nodes: unknown =
    typeof profile === 'object' && profile !== null ? Reflect.get(profile, 'nodes') : null;
  if (!Array.isArray(nodes)) return piece;
  let isChanged = false;
  for (const node of nodes) {
    const frame = frameOf(node);
    if (frame === null || frame.url === '' || frame.lineNumber < 0) continue;
    const { url: file, lineNumber, columnNumber } = frame;
    const place = { file, line: lineNumber + 1, column: columnNumber + 1 };
    const found = maps.original(place);
    if (found === place) continue;
    frame.url = found.file;
    frame.lineNumber = found.line - 1;
    frame.columnNumber = found.column - 1;
    isChanged = true;
  }
  return isChanged ? { ...piece, bytes: new TextEncoder().encode(JSON.stringify(profile)) } : piece;
}
