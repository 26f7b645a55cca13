/**
 * Original positions for programs that were compiled with source maps but run without `--enable-source-maps`: then Node does
 * not know the maps, and switching them on from the inside would change the program's error stacks. So the drain thread reads
 * them itself, where reading and parsing costs the program nothing. A position that a thread has mapped already stays: its
 * file is a source and names no map.
 */
import { readFileSync, statSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import path from 'node:path';
import type { Declaration } from '../../wire/manifest.js';
import { originalOf, toPath, type Place } from '../sourcePosition.js';

/** Files whose maps are kept; a program declares things in a few dozen. */
const MAX_FILES = 500;
/** Bundles and their maps; parsing more than this takes seconds. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_SOURCE_CHARS = 4096;

const comment = /^[ \t]*\/[/*][#@][ \t]*sourceMappingURL=([^\s'"*]+)/gm;

interface Known {
  readonly map: SourceMap;
  /** Sources are relative to this. */
  readonly folder: string;
}

/** The maps of one process. */
export class SourceMaps {
  readonly #files = new Map<string, Known | null>();

  /** The place in the original source; the place itself where no map says otherwise. Never throws. */
  original<P extends Place>(place: P): P {
    const known = this.#of(place.file);
    if (known === null) return place;
    const found = originalOf(place, known.map, known.folder);
    return found.file.length > MAX_SOURCE_CHARS ? place : found;
  }

  /** The declaration with its position in the original source, if it has one. */
  inOriginal(declaration: Declaration): Declaration {
    if (!('source' in declaration) || declaration.source === null) return declaration;
    return { ...declaration, source: this.original(declaration.source) };
  }

  #of(file: string): Known | null {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const found = this.#files.size < MAX_FILES ? readMap(file) : null;
    if (this.#files.size < MAX_FILES) this.#files.set(file, found);
    return found;
  }
}

/** The map that a file names in its last `sourceMappingURL`; null when there is none to read. */
function readMap(file: string): Known | null {
  try {
    const at = toPath(file);
    if (at === undefined) return null;
    const url = [...textOf(at).matchAll(comment)].at(-1)?.[1];
    if (url === undefined) return null;
    const [text, mapFile] = url.startsWith('data:') ? [decoded(url), at] : fetched(url, at);
    // SourceMap checks nothing, but only reads; what it throws or returns for nonsense is handled here and in `original`.
    const payload = JSON.parse(text) as SourceMapPayload;
    // The types say that there is a root; most maps have none.
    const root: unknown = Reflect.get(payload, 'sourceRoot');
    const base = typeof root === 'string' ? (toPath(root) ?? root) : '';
    const folder = path.resolve(path.dirname(mapFile), base);
    return { map: new SourceMap({ ...payload, sourceRoot: '' }), folder };
  } catch {
    // No file, no JSON, no map: the position stays that of the compiled file, which is true as well.
    return null;
  }
}

function textOf(file: string): string {
  if (statSync(file).size > MAX_BYTES) throw new Error('too large');
  return readFileSync(file, 'utf8');
}

function decoded(url: string): string {
  const comma = url.indexOf(',');
  const data = url.slice(comma + 1);
  return url.slice(0, comma).endsWith(';base64')
    ? Buffer.from(data, 'base64').toString('utf8')
    : decodeURIComponent(data);
}

function fetched(url: string, file: string): [text: string, mapFile: string] {
  const mapFile = toPath(url) ?? path.resolve(path.dirname(file), decodeURIComponent(url));
  return [textOf(mapFile), mapFile];
}
