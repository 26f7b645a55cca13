/**
 * What the agent must know about a library to watch it.
 *
 * An adapter never wraps what the program gets back from the library: no promise, no result, no error passes through our
 * hands changed. It patches methods of the library's class in place, so the class stays the one class that subclasses,
 * `instanceof` and other importers see, and puts one proxy in front of it, because a construction leaves no other trace.
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
  /** Major versions that were read and tested: `from` up to, not including, `before`. Others are left alone. */
  readonly majors: { readonly from: number; readonly before: number };
  /** The exports that are the library's class; in CommonJS the module itself may be the class too. */
  readonly exportNames: readonly string[];
  /**
   * Patches the class and returns what importers should see instead of it. Called once per class. Throws when the class
   * does not look as expected: the hook then leaves the library alone and says so.
   */
  readonly instrument: (original: AnyClass, context: AdapterContext) => AnyClass;
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
