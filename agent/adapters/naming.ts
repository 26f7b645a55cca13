/** Names for stages that nobody named: read from the source line on which a queue or pool is constructed. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourcePosition } from '../wire/manifest.js';

/** A bundle without line breaks is not worth reading for one name. */
const MAX_SOURCE_BYTES = 2 * 1024 * 1024;
/** `const x =` may stand on the line above `new`. */
const LINES_ABOVE = 2;

const identifier = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`;
const modifier = String.raw`(?:export|const|let|var|declare|readonly|private|public|protected|static|override)\s+`;
/** `const name: Type =`, `#name: Type =`; the annotation must not span lines, or it would swallow other statements. */
const annotated = new RegExp(
  String.raw`(?:^|[\n;{])\s*(?:${modifier})*#?(${identifier})\s*[?!]?\s*:[^=;{}()\n]+=\s*$`,
  'u',
);
/** `name =`, `this.name =`, `name ??=`. */
const assigned = new RegExp(String.raw`(${identifier})\s*(?:\?\?|\|\|)?=\s*$`, 'u');
/** `name:` or `'name':` in an object literal. */
const keyed = new RegExp(
  String.raw`(?:^|[{,\n])\s*(?:(${identifier})|'([^'\n]+)'|"([^"\n]+)")\s*:\s*$`,
  'u',
);

/**
 * The variable or property that the expression right behind `before` is assigned to; undefined when the text does not
 * say.
 */
export function assignedName(before: string): string | undefined {
  const declared = annotated.exec(before)?.[1];
  if (declared !== undefined && declared !== 'default') return declared;
  const property = keyed.exec(before);
  const name = assigned.exec(before)?.[1] ?? property?.[1] ?? property?.[2] ?? property?.[3];
  return name === 'default' ? undefined : name;
}

/** `readQueue`, `readPool`, `read_limit`: `read`. A name that is nothing but such a word stays. */
export function withoutSuffix(name: string): string {
  return (
    /^(.{2,}?)(?:Queue|Pool|Limiter|Limit|Cargo|_queue|_pool|_limit)$/u.exec(name)?.[1] ?? name
  );
}

/** The last path segment of a file path or URL. */
export function baseName(file: string): string {
  return path.basename(file.startsWith('file:') ? fileURLToPath(file) : file);
}

/** The text from two lines above a position up to the position; undefined when the source cannot be read. */
function textBefore(source: SourcePosition): string | undefined {
  try {
    const file = source.file.startsWith('file:') ? fileURLToPath(source.file) : source.file;
    if (!path.isAbsolute(file) || statSync(file).size > MAX_SOURCE_BYTES) return undefined;
    const lines = readFileSync(file, 'utf8').split('\n');
    const above = lines.slice(Math.max(0, source.line - 1 - LINES_ABOVE), source.line - 1);
    return [...above, (lines[source.line - 1] ?? '').slice(0, source.column - 1)].join('\n');
  } catch {
    // Code from a bundle, from memory or a deleted file has no text to read; the name then comes from the position.
    return undefined;
  }
}

/** What the source calls the thing constructed there, without `Queue`, `Pool`, `Limit` and the like at its end. */
export function nameAt(source: SourcePosition | undefined): string | undefined {
  const before = source === undefined ? undefined : textBefore(source);
  const name = before === undefined ? undefined : assignedName(before);
  return name === undefined ? undefined : withoutSuffix(name);
}

/**
 * `await`, `async.`, `this.lib.` before the function's own name, or what compilers make of an imported function that is
 * called, `(0, lib_1.fn)`; more than this is no call worth naming.
 */
const calleePrefix =
  /(?:\bawait\s+)?(?:\(0, ?[\p{ID_Continue}$.]{1,200}\)|(?:[\p{ID_Continue}$#]{1,64}\s{0,8}\??\.\s{0,8}){0,4})$/u;
const MAX_PREFIX_CHARS = 400;
/** Variables that are named after what they are say nothing about what is done. */
const generic =
  /^(?:q|queue|limit|limiter|limited|cargo|pool|throttle|throttled|worker|results?)$/u;

/**
 * What the source calls the result of the function called there: `const read = async.queue(...)` is `read`. A name that
 * says nothing gives way to that of the function that does the work.
 */
export function nameOfCall(
  source: SourcePosition | undefined,
  worker?: unknown,
): string | undefined {
  const before = source === undefined ? undefined : textBefore(source);
  const name =
    before === undefined
      ? undefined
      : assignedName(before.slice(-MAX_PREFIX_CHARS).replace(calleePrefix, ''));
  const spoken = name === undefined ? undefined : withoutSuffix(name);
  if (spoken !== undefined && !generic.test(spoken)) return spoken;
  return functionName(worker) ?? spoken;
}

/** The name of a function of the program; undefined when it has none that says anything. */
export function functionName(worker: unknown): string | undefined {
  if (typeof worker !== 'function') return undefined;
  const name: unknown = Object.getOwnPropertyDescriptor(worker, 'name')?.value;
  const isSpoken = typeof name === 'string' && name !== '' && !generic.test(name);
  return isSpoken ? name.replace(/^bound /, '') : undefined;
}

/** A name of last resort: the library and the place. */
export function placeName(library: string, source: SourcePosition | undefined): string {
  return source === undefined ? library : `${library} ${baseName(source.file)}:${source.line}`;
}
