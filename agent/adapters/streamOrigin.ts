/**
 * Whose stream is this? Streams made by the program are stages; those that Node and packages make for themselves (sockets,
 * requests, stdio, the insides of `pipeline`) are not, or every server would be flooded with them.
 */
import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream';
import { callSites, isOwnFile, positionOf } from '../src/sourcePosition.js';
import type { SourcePosition } from '../wire/manifest.js';
import type { AnyFunction } from './adapter.js';

/** A place in the program's own code. */
export interface Origin {
  /** The same for everything that is made at this place. */
  readonly key: string;
  /** Costs some 20 us. */
  readonly position: () => SourcePosition | undefined;
}

/** What is known of a stream's birth; `node` and `package`: not the program's. */
export type Birth = Origin | 'node' | 'package';

/** Constructors and what they call before `EventEmitter.init`. */
const MAX_FRAMES = 20;
const innerFrame =
  /^node:(?:events|domain|internal\/streams\/(?:legacy|readable|writable|duplex|transform|passthrough|from))$/;
const bases = new Set<object | null>(
  [Readable, Writable, Duplex, Transform, PassThrough].map(({ prototype }) => prototype),
);

function isPackageFile(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file);
}

/** How many classes were derived from Node's until this one came out. */
function derivations(stream: object): number {
  let count = 0;
  let prototype: object | null = Reflect.getPrototypeOf(stream);
  while (prototype !== null && !bases.has(prototype)) {
    count++;
    prototype = Reflect.getPrototypeOf(prototype);
  }
  return count;
}

function originOf(site: NodeJS.CallSite, file: string): Origin {
  // The offset in the file is cheap to ask for; line, column and source map are not.
  return { key: `${file}:${site.getPosition()}`, position: () => positionOf(site) };
}

/**
 * Where the program says `new` for the stream whose constructor runs below `belowFn`, or calls Node's function that makes
 * it (`Readable.from`). Constructors of derived classes, which call each other, do not count as places.
 */
export function birthOf(stream: object, belowFn: AnyFunction): Birth {
  let left = derivations(stream);
  for (const site of callSites(belowFn, MAX_FRAMES)) {
    const file = site.getFileName() ?? '';
    if (file === '' || isOwnFile(file)) continue;
    if (file.startsWith('node:')) {
      if (!innerFrame.test(file)) return 'node';
    } else if (left > 0 && site.isConstructor()) {
      left--;
    } else {
      return isPackageFile(file) ? 'package' : originOf(site, file);
    }
  }
  return 'node';
}

/** Where the program called `belowFn`; undefined when Node or a package did. */
export function callOrigin(belowFn: AnyFunction): Origin | undefined {
  for (const site of callSites(belowFn, MAX_FRAMES)) {
    const file = site.getFileName() ?? '';
    if (file === '' || isOwnFile(file)) continue;
    return file.startsWith('node:') || isPackageFile(file) ? undefined : originOf(site, file);
  }
  return undefined;
}
