/** Where in the user's source something was declared. */
import { findSourceMap, type SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourcePosition } from '../wire/manifest.js';

/** Frames looked at before we give up: wrappers between the user and us are shallow. */
const MAX_FRAMES = 30;

/** A function of any shape; only its identity counts. */
export type AnyFunction = (...args: never[]) => unknown;

/** A place in a file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The call sites below `belowFn`, innermost first. Costs some microseconds. */
export function callSites(belowFn: AnyFunction, limit = MAX_FRAMES): NodeJS.CallSite[] {
  // Both are properties of the process's one Error; other code may have set them, and gets them back. A property that is
  // `undefined` is as good as none to V8.
  const { stackTraceLimit } = Error;
  const prepareStackTrace: unknown = Reflect.get(Error, 'prepareStackTrace');
  try {
    Error.stackTraceLimit = limit;
    Error.prepareStackTrace = (_, sites) => sites;
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, belowFn);
    return Array.isArray(holder.stack) ? (holder.stack as NodeJS.CallSite[]) : [];
  } finally {
    Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The path of a file URL or of an absolute path; undefined for what is no file (`node:fs`, `eval`). */
export function toPath(file: string): string | undefined {
  if (!file.startsWith('file:')) return path.isAbsolute(file) ? file : undefined;
  try {
    return fileURLToPath(file);
  } catch {
    // A file URL of another host or platform: not a file that an editor could open.
    return undefined;
  }
}

function placeOf(site: NodeJS.CallSite | undefined): Place | undefined {
  const file = toPath(site?.getFileName() ?? '');
  const line = site?.getLineNumber();
  const column = site?.getColumnNumber();
  if (file === undefined || typeof line !== 'number' || typeof column !== 'number')
    return undefined;
  return { file, line, column };
}

/** The folder of Sluice's own files: dist/agent for the bundles, agent/ when run from source. */
export function ownFolder(): string | undefined {
  const here = toPath(callSites(callSites)[0]?.getFileName() ?? '');
  if (here === undefined) return undefined;
  const folder = path.dirname(here);
  return (path.extname(here) === '.cjs' ? folder : path.dirname(folder)) + path.sep;
}

/** The place in the original source, when the file has a source map that Node knows (`--enable-source-maps`, tsx). */
export function mapped(place: Place): Place {
  const map = findSourceMap(place.file);
  return map === undefined ? place : originalOf(place, map, path.dirname(place.file));
}

/** The place that a map gives; sources are relative to `folder`. The place itself where the map leads to no file. */
export function originalOf<P extends Place>(place: P, map: SourceMap, folder: string): P {
  const entry = map.findEntry(place.line - 1, place.column - 1);
  if (!('originalSource' in entry)) return place;
  const { originalSource, originalLine, originalColumn } = entry;
  // Bundlers write URLs of their own (`webpack://`), which no editor could open.
  if (/^(?!file:)[a-z-]+:\/\//i.test(originalSource)) return place;
  const file = toPath(originalSource) ?? path.resolve(folder, originalSource);
  return { ...place, file, line: originalLine + 1, column: originalColumn + 1 };
}

let own: string | undefined;
let isOwnKnown = false;

/** Is this the place of one of Sluice's own files? `file` as a call site says it. */
export function isOwnFile(file: string): boolean {
  if (!isOwnKnown) {
    own = ownFolder();
    isOwnKnown = true;
  }
  return own !== undefined && (toPath(file)?.startsWith(own) ?? false);
}

/** The place of a call site in the original source; undefined when it has no file. Costs some 20 us. */
export function positionOf(site: NodeJS.CallSite): SourcePosition | undefined {
  const place = placeOf(site);
  return place === undefined ? undefined : mapped(place);
}

/**
 * The place that called `belowFn`, which must be on the stack: the innermost frame below it that is neither Sluice's own nor
 * Node's, mapped through its source map. Line and column count from 1. undefined when there is none, as in `eval` or a REPL.
 * Costs some 20 us: call it for declarations only. Never throws.
 */
export function callerPosition(belowFn: AnyFunction): SourcePosition | undefined {
  try {
    for (const site of callSites(belowFn)) {
      const place = placeOf(site);
      if (place !== undefined && !isOwnFile(place.file)) return mapped(place);
    }
  } catch {
    // A hostile `prepareStackTrace` or a broken source map: the declaration then has no position, which is allowed.
  }
  return undefined;
}
