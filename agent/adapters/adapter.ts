/**
 * What the agent must know about a library to watch it.
 *
 * An adapter never wraps what the program gets back from the library: no promise, no result, no error passes through our
 * hands changed. It patches methods of the library's class in place, so the class stays the one class that subclasses,
 * `instanceof` and other importers see, and puts a stand-in before it, because a construction leaves no other trace.
 * Everything that an adapter learns goes to the recorder; when nobody listens, a patched method costs one boolean check.
 */
import type { Recorder } from '../src/probe.js';
import type { SourcePosition } from '../wire/manifest.js';

/** Any function, as a place in a stack trace or a thing to call. */
export type AnyFunction = (...args: never[]) => unknown;

/** Any class. */
export type AnyClass = new (...args: never[]) => object;

/** What an adapter gets from its surroundings; one per thread. */
export interface AdapterContext {
  readonly recorder: Recorder;
  /** Where the program called `belowFn`, mapped to the original source; undefined when there is no such frame. */
  readonly callerPosition: (belowFn: AnyFunction) => SourcePosition | undefined;
}

/** A library that the agent can instrument. */
export interface Adapter {
  /** Package name, as it is imported. */
  readonly library: string;
  /** Further entry points of the package whose exports count too, such as `rxjs/operators`. */
  readonly entryPoints?: readonly string[];
  /** Major versions that were read and tested: `from` up to, not including, `before`. Others are left alone. */
  readonly majors: { readonly from: number; readonly before: number };
  /** The exports that matter. `default` stands for the module itself, too, where CommonJS exports a function. */
  readonly exportNames: readonly string[];
  /**
   * Returns what importers should see instead of an export (a class, a function, or an object of them), or the original
   * itself when patching it in place was enough. Called once per value. Throws when the value does not look as expected:
   * the hook then leaves it alone and says so.
   */
  readonly instrument: (original: object, context: AdapterContext, exportName: string) => object;
}

/** Node's own modules, which need no hook: they are there before the program is. */
export interface BuiltinAdapter {
  /** What it watches, for notes: `node:stream`. */
  readonly builtin: string;
  /**
   * Patches the module in place, in every thread; the caller then lets ES modules see it (`syncBuiltinESMExports`). Throws
   * when the module does not look as expected: it is then left alone with a note.
   */
  readonly install: (context: AdapterContext) => void;
}

/** Is this something to construct or to extend? */
export function isClass(value: unknown): value is AnyClass {
  return typeof value === 'function' && typeof value.prototype === 'object';
}

/** The export as a class; throws when it is none: the library is not the one we know. */
export function asClass(original: object): AnyClass {
  if (!isClass(original)) throw new Error('its export is not a class');
  return original;
}

/** The major number of a version text such as `9.3.5`; undefined when it is none. */
export function majorOf(version: unknown): number | undefined {
  const digits = typeof version === 'string' ? /^(\d+)\./.exec(version)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

/** Is this version one that the adapter knows? */
export function knows(adapter: Adapter, version: unknown): boolean {
  const major = majorOf(version);
  return major !== undefined && major >= adapter.majors.from && major < adapter.majors.before;
}
