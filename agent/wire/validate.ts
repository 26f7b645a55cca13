/**
 * Checks for JSON that came from another process or from a file.
 *
 * A check is written once and gives both the run-time test and the static type (`Checked<typeof x>`), so the two cannot
 * drift apart. Unknown properties are ignored and dropped: an older reader must survive a newer writer. Failures name the
 * path of the value that was wrong.
 */
import { fail, ok, type Result } from './result.js';

/** Tests one value; `path` names the place for the error text, e.g. `knob.source.line`. */
export type Check<T> = (value: unknown, path: string) => Result<T>;

/** The static type that a check guarantees. */
export type Checked<C> = C extends Check<infer T> ? T : never;

type Shape = Record<string, Check<unknown>>;
type Simplify<T> = { [K in keyof T]: T[K] };

/** The object type that a shape of checks describes. */
export type Shaped<S extends Shape> = Simplify<{ readonly [K in keyof S]: Checked<S[K]> }>;

function describe(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function expected<T>(what: string, test: (value: unknown) => value is T): Check<T> {
  return (value, path) =>
    test(value) ? ok(value) : fail(`${path}: expected ${what}, got ${describe(value)}`);
}

/** A string of at most `maxLength` UTF-16 units. */
export function text(maxLength = 4096): Check<string> {
  return expected(
    `a string of at most ${maxLength} characters`,
    (v): v is string => typeof v === 'string' && v.length <= maxLength,
  );
}

/** A finite number in [min, max]. */
export function numberIn(min: number, max: number): Check<number> {
  return expected(
    `a number from ${min} to ${max}`,
    (v): v is number => typeof v === 'number' && v >= min && v <= max,
  );
}

/** A whole number in [min, max]. */
export function integerIn(min: number, max: number): Check<number> {
  return expected(
    `a whole number from ${min} to ${max}`,
    (v): v is number => typeof v === 'number' && Number.isInteger(v) && v >= min && v <= max,
  );
}

/** true or false. */
export const flag: Check<boolean> = expected(
  'true or false',
  (v): v is boolean => typeof v === 'boolean',
);

/** One of the given strings. */
export function oneOf<const T extends readonly string[]>(...allowed: T): Check<T[number]> {
  return expected(`one of ${allowed.join(', ')}`, (v): v is T[number] =>
    allowed.some((a) => a === v),
  );
}

/** The value or null; a missing value counts as null. */
export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value, path) => (value === null || value === undefined ? ok(null) : check(value, path));
}

/** An array of at most `maxLength` elements that all pass. */
export function listOf<T>(check: Check<T>, maxLength = 100_000): Check<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) return fail(`${path}: expected an array, got ${describe(value)}`);
    if (value.length > maxLength) return fail(`${path}: more than ${maxLength} elements`);
    const out: T[] = [];
    for (const [i, element] of value.entries()) {
      const r = check(element, `${path}[${i}]`);
      if (!r.ok) return r;
      out.push(r.value);
    }
    return ok(out);
  };
}

/** An object whose listed properties all pass; others are dropped. */
export function object<S extends Shape>(shape: S): Check<Shaped<S>> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fail(`${path}: expected an object, got ${describe(value)}`);
    }
    const out: Record<string, unknown> = {};
    for (const [key, check] of Object.entries(shape)) {
      const r = check((value as Record<string, unknown>)[key], `${path}.${key}`);
      if (!r.ok) return r;
      out[key] = r.value;
    }
    return ok(out as Shaped<S>);
  };
}

type Variants = Record<string, Shape>;

/** The union that a table of variants describes, told apart by `kind`. */
export type Union<V extends Variants> = {
  [K in keyof V & string]: Simplify<{ readonly kind: K } & Shaped<V[K]>>;
}[keyof V & string];

/** A discriminated union: the shape is chosen by the string property `kind`. */
export function unionByKind<V extends Variants>(variants: V): Check<Union<V>> {
  const checks = new Map(Object.entries(variants).map(([kind, shape]) => [kind, object(shape)]));
  return (value, path) => {
    const kind: unknown =
      typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : undefined;
    const check = typeof kind === 'string' ? checks.get(kind) : undefined;
    if (check === undefined) {
      return fail(
        `${path}.kind: unknown kind ${describe(kind)}, known: ${[...checks.keys()].join(', ')}`,
      );
    }
    const r = check(value, path);
    return r.ok ? ok({ kind, ...r.value } as Union<V>) : r;
  };
}

/** Parses JSON text and checks it. `what` names the input in the error text. */
export function parseJson<T>(json: string, check: Check<T>, what: string): Result<T> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return fail(`${what}: not valid JSON (${error instanceof Error ? error.message : 'unknown'})`);
  }
  return check(value, what);
}
