/** Stand-ins for classes and functions: the only way to learn of a construction or a call without replacing the original. */
import { inspect } from 'node:util';
import vm from 'node:vm';
import type { SourcePosition } from '../wire/manifest.js';
import { asClass, type AdapterContext, type AnyClass } from './adapter.js';

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

/** Hands over what `new` was called with; `newTarget` is undefined when it was a call without `new`. */
type Hear = (self: unknown, args: unknown[], newTarget: unknown) => unknown;

/**
 * A function that stack traces know by `name`. V8 takes the class of a frame's receiver from `prototype.constructor`, but only
 * from a real function (a proxy is passed over, so that `PQueue.add` would become `EventEmitter.add`), and before Node 22
 * only from the name in its source text. Hence the source text.
 */
function functionNamed(name: string, hear: Hear): Callable {
  const source = (called: string): string =>
    `'use strict'; (hear) => function ${called}(...args) { return hear(this, args, new.target); }`;
  const compile = (called: string): unknown =>
    vm.runInThisContext(source(called), { filename: 'sluice-stand-in.js' });
  let make: unknown;
  try {
    make = /^[\w$]+$/.test(name) ? compile(name) : compile('');
  } catch {
    // `default` and its kind.
    make = compile('');
  }
  const made: unknown = isCallable(make) ? make(hear) : undefined;
  if (!isCallable(made)) throw new Error('there is no function for it');
  return made;
}

/** Makes a stand-in print as what it stands for. Derived classes inherit what is put here, and print as themselves. */
function printAs(made: Callable, original: object): void {
  const toString = function toString(this: unknown): string {
    const self = this === made ? original : this;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called through Reflect.apply only
    return Reflect.apply(Function.prototype.toString, self, []);
  };
  const print = function (this: unknown, depth: number, options: object): string {
    if (this === made) return inspect(original, { ...options, depth });
    return inspect(this, { ...options, depth, customInspect: false });
  };
  const hidden = { writable: true, configurable: true, enumerable: false };
  const printers: Record<string | symbol, unknown> = { toString, [inspect.custom]: print };
  for (const key of Reflect.ownKeys(printers)) {
    if (Object.hasOwn(original, key)) continue;
    Object.defineProperty(made, key, { ...hidden, value: printers[key] });
  }
}

/**
 * A stand-in for `original` that hands every construction to `onConstruct`, also those through subclasses and
 * `Reflect.construct`. Statics are the original's, the prototype is the very same, and `instance.constructor` is the
 * stand-in, so the program sees one class; also when it prints it.
 */
export function standIn(
  original: AnyClass,
  context: AdapterContext,
  onConstruct: (construction: Construction) => object,
): AnyClass {
  if (!isCallable(original)) throw new Error('its export is not a class');
  const made = functionNamed(original.name, (self, args, newTarget) => {
    // V8's own error says that a class cannot be called.
    if (newTarget === undefined) return Reflect.apply(original, self, args);
    const derived = newTarget === made ? undefined : (newTarget as AnyClass);
    return onConstruct({
      args,
      source: context.callerPosition(made),
      subclass: derived?.name,
      create: () => Reflect.construct(original, args, derived ?? original) as object,
    });
  });
  disguise(made, original);
  Object.setPrototypeOf(made, Reflect.getPrototypeOf(original));
  printAs(made, original);
  Object.defineProperty(made, 'prototype', { value: original.prototype, writable: false });
  Object.defineProperty(original.prototype, 'constructor', { value: made });
  return asClass(made);
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
