/** What a file is that nobody can read here, in words for the user. */
import { decodeUtf8 } from '../../../agent/wire/utf8.js';

interface Signature {
  readonly what: string;
  readonly at?: number;
  readonly bytes: readonly number[];
}

const ascii = (text: string): readonly number[] => Array.from(text, (char) => char.charCodeAt(0));

const signatures: readonly Signature[] = [
  { what: 'a PNG image', bytes: [0x89, ...ascii('PNG')] },
  { what: 'a JPEG image', bytes: [0xff, 0xd8, 0xff] },
  { what: 'a GIF image', bytes: ascii('GIF8') },
  { what: 'a WebP image', at: 8, bytes: ascii('WEBP') },
  { what: 'a PDF document', bytes: ascii('%PDF') },
  { what: 'a ZIP archive', bytes: [...ascii('PK'), 3, 4] },
  { what: 'a tar archive', at: 257, bytes: ascii('ustar') },
  { what: 'gzip data within gzip data', bytes: [0x1f, 0x8b] },
  { what: 'zstd data (unpack it first)', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { what: 'bzip2 data (unpack it first)', bytes: ascii('BZh') },
  { what: 'xz data (unpack it first)', bytes: [0xfd, ...ascii('7zXZ')] },
  { what: 'an ELF program', bytes: [0x7f, ...ascii('ELF')] },
  { what: 'a WebAssembly module', bytes: [0, ...ascii('asm')] },
  { what: 'an SQLite database', bytes: ascii('SQLite format 3') },
  { what: 'perf data', bytes: ascii('PERFILE2') },
  {
    what: 'an FXT trace of a big-endian machine',
    bytes: [0, 0x16, 0x54, 0x78, 0x46, 0x04, 0, 0x10],
  },
  { what: 'an HTML page', bytes: ascii('<!DOCTYPE') },
  { what: 'an HTML page', bytes: ascii('<!doctype') },
  { what: 'an HTML page', bytes: ascii('<html') },
  { what: 'an XML document', bytes: ascii('<?xml') },
  // Field 1, length-delimited: a packet of Perfetto's protocol buffers.
  {
    what: 'binary data, perhaps a Perfetto trace (ui.perfetto.dev can save it as JSON)',
    bytes: [0x0a],
  },
];

/** Share of characters that no text has. */
const MAX_CONTROL = 0.02;

/** What a file is by its first bytes, some hundred of them: `a PNG image`, `text`, `binary data`. */
export function describeStart(start: Uint8Array): string {
  if (start.length === 0) return 'nothing at all';
  const isText = looksLikeText(start);
  for (const { what, at = 0, bytes } of signatures) {
    if (isText && what.startsWith('binary')) continue;
    if (bytes.every((byte, i) => start[at + i] === byte)) return what;
  }
  return isText ? `text that begins with ${JSON.stringify(firstLine(start))}` : 'binary data';
}

function looksLikeText(start: Uint8Array): boolean {
  let odd = 0;
  for (const byte of start) if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13) odd++;
  // U+FFFD stands for what is not UTF-8; the last character may only be cut.
  const text = decodeUtf8(start.subarray(0, Math.max(start.length - 4, 0)));
  for (const char of text) if (char === '\uFFFD') odd++;
  return odd <= MAX_CONTROL * start.length;
}

function firstLine(start: Uint8Array): string {
  const line = decodeUtf8(start).trim().split('\n', 1)[0] ?? '';
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

/** What a JSON document is by the keys of its object: `a JSON object with the keys name, version`. */
export function describeKeys(keys: readonly string[]): string {
  if (keys.length === 0) return 'an empty JSON object';
  const shown = keys.slice(0, 6).map((key) => (key.length > 30 ? `${key.slice(0, 30)}…` : key));
  const more = keys.length > 6 ? ', …' : '';
  return `a JSON object with the ${keys.length === 1 ? 'key' : 'keys'} ${shown.join(', ')}${more}`;
}

/** What can be read, for messages that refuse something else. */
export const SUPPORTED =
  'FXT, Chrome trace JSON (also of PyTorch and DevTools), .cpuprofile, speedscope JSON and OTLP JSON can be read, gzipped too';
