/** One proxy in front of a class: the only way to learn of a construction without replacing the class. */
import type { SourcePosition } from '../wire/manifest.js';
import type { AdapterContext, AnyClass } from './adapter.js';

/** A construction that is about to happen. */
export interface Construction {
  /** What the program passed. */
  readonly args: readonly unknown[];
  /** Where `new` (or a subclass's `super`) stands. */
  readonly source: SourcePosition | undefined;
  /** Name of the derived class, when it is one that is constructed. */
  readonly subclass: string | undefined;
  /** Makes the object; must be called exactly once. Throws what the library throws. */
  readonly create: () => object;
}

/**
 * A stand-in for `original` that hands every construction to `onConstruct`, also those through subclasses and
 * `Reflect.construct`. Statics, `instanceof`, `prototype` and inheritance go straight through to the original, and
 * `instance.constructor` is the stand-in, so the program sees one class.
 */
export function standIn(
  original: AnyClass,
  context: AdapterContext,
  onConstruct: (construction: Construction) => object,
): AnyClass {
  function construct(target: AnyClass, args: unknown[], newTarget: unknown): object {
    const derived = newTarget === proxy ? undefined : (newTarget as AnyClass);
    return onConstruct({
      args,
      source: context.callerPosition(construct),
      subclass: derived?.name,
      create: () => Reflect.construct(target, args, derived ?? target) as object,
    });
  }
  const proxy: AnyClass = new Proxy(original, { construct });
  Object.defineProperty(original.prototype, 'constructor', { value: proxy });
  return proxy;
}

/**
 * Replaces a method of a prototype and keeps its name, length and property attributes. `make` gets the original.
 * Throws when there is no such method: the library is not the one we know.
 */
export function patchMethod<M extends (...args: never[]) => unknown>(
  prototype: object,
  name: string | symbol,
  make: (original: M) => M,
): void {
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== 'function') throw new Error(`its class has no method ${String(name)}()`);
  const patched = make(original as unknown as M);
  Object.defineProperty(patched, 'name', { value: original.name, configurable: true });
  Object.defineProperty(patched, 'length', { value: original.length, configurable: true });
  const own = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, {
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
    value: patched,
  });
}

/** An accessor of a class, to be used on any instance. */
export interface Accessor {
  readonly read: (instance: object) => unknown;
  readonly write: (instance: object, value: unknown) => void;
}

/** The accessor `name` as the class itself defines it, whatever subclasses do; throws when it has none. */
export function accessor(prototype: object, name: string): Accessor {
  const property = Object.getOwnPropertyDescriptor(prototype, name);
  if (property?.get === undefined) throw new Error(`its class has no accessor ${name}`);
  return {
    read: (instance) => Reflect.get(prototype, name, instance) as unknown,
    write: (instance, value) => void Reflect.set(prototype, name, value, instance),
  };
}

/** A call of a function export that is about to happen. */
export interface Call {
  readonly self: unknown;
  /** What the program passed. */
  readonly args: readonly unknown[];
  /** Where the call stands; costs some 20 us. */
  readonly source: () => SourcePosition | undefined;
}

/** Any function, to be called with anything. */
export type Callable = (...args: unknown[]) => unknown;

/** Is this something to call? */
export function isCallable(value: unknown): value is Callable {
  return typeof value === 'function';
}

/**
 * A stand-in for the function `original` that hands every call to `onCall`, which makes it and returns what the program
 * gets. Name, length, `prototype` and further properties are the original's.
 */
export function callStandIn(
  original: object,
  context: AdapterContext,
  onCall: (original: Callable, call: Call) => unknown,
): Callable {
  if (!isCallable(original)) throw new Error('its export is not a function');
  function apply(target: Callable, self: unknown, args: unknown[]): unknown {
    return onCall(target, { self, args, source: () => context.callerPosition(apply) });
  }
  return new Proxy(original, { apply });
}

/** `replacement` under the name and length of `original`, and with its own properties where `replacement` has none yet. */
export function disguise<F extends Callable>(replacement: F, original: Callable): F {
  for (const key of Reflect.ownKeys(original)) {
    const property = Object.getOwnPropertyDescriptor(original, key);
    const own = Object.getOwnPropertyDescriptor(replacement, key);
    if (property !== undefined && own?.configurable !== false) {
      Object.defineProperty(replacement, key, property);
    }
  }
  return replacement;
}

/**
 * Runs what is only for our own sake, after the library has done its part: when it fails, because the library is not the
 * one we know, there is a note, and the program gets `otherwise`.
 */
export function guarded<T>(
  { recorder }: AdapterContext,
  library: string,
  { watch, otherwise }: { readonly watch: () => T; readonly otherwise: T },
): T {
  try {
    return watch();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    recorder.note(
      `library-shape:${library}`,
      `${library} is not profiled everywhere: ${reason}. Its work can be declared with the Sluice API instead.`,
    );
    return otherwise;
  }
}

/** A default export that is an object of functions, with stand-ins for those that `instead` has one for. */
export function viewOf(all: object, instead: (member: object, name: string) => object): object {
  return new Proxy(all, {
    get: (target, key, receiver) => {
      const value: unknown = Reflect.get(target, key, receiver);
      return typeof key === 'string' && isCallable(value) ? instead(value, key) : value;
    },
  });
}
