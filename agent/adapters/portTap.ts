/**
 * Follows the messages of one MessagePort without adding a listener: the arrival of each message, and what is posted.
 *
 * Node hands a message to all listeners of a port, however they were registered, in one method with a registered symbol;
 * that is where a message begins and its synchronous part ends. All ways to register (`on`, `once`, `onmessage`, ...) go
 * through `addEventListener`; there each listener gets a stand-in that looks at what it returns, and the same listener the
 * same stand-in, so that registering twice and removing work as before. A promise that a listener returns has a handler for
 * its rejection in any case, Node's own, so waiting for it changes nothing.
 */
import type { MessagePort } from 'node:worker_threads';
import { isPlainPromise } from '../src/plainPromise.js';
import { patchMethod } from './construct.js';
import type { Handling } from './messageHandlers.js';

type Listener = (this: unknown, ...args: unknown[]) => unknown;
type Dispatch = (this: unknown, value: unknown, type: unknown, event: unknown) => unknown;
type Register = (this: unknown, type: unknown, listener: unknown, ...rest: unknown[]) => unknown;
type Post = (this: unknown, message: unknown, ...rest: unknown[]) => unknown;

const DISPATCH = Symbol.for('nodejs.internal.kHybridDispatch');

/** Who wants to know. None of these may throw. */
export interface PortWatch {
  /** A message is about to be handled; returns what to tell when it is done, or undefined. */
  readonly taken: (message: unknown) => Handling | undefined;
  /** A message is about to be posted. */
  readonly posting: (message: unknown) => void;
  /** It could not be: it cannot be cloned. */
  readonly notPosted: () => void;
}

/** Stand-ins of listeners, so that the one who registered can remove them. */
class Listeners {
  readonly #standIns = new WeakMap<Listener, Listener>();
  current: Handling | undefined;

  standInFor(listener: Listener): Listener {
    const known = this.#standIns.get(listener);
    if (known !== undefined) return known;
    const watch = (result: unknown): void => {
      if (isPlainPromise(result)) this.current?.waitFor(result);
    };
    const failed = (): void => {
      this.current?.failed();
    };
    const made: Listener = function (...args) {
      let result: unknown;
      try {
        result = Reflect.apply(listener, this, args);
      } catch (error) {
        failed();
        throw error;
      }
      watch(result);
      return result;
    };
    this.#standIns.set(listener, made);
    return made;
  }

  known(listener: unknown): unknown {
    return typeof listener === 'function'
      ? (this.#standIns.get(listener as Listener) ?? listener)
      : listener;
  }
}

/** Watches a port from now on. Throws when it does not look like one. */
export function tapPort(port: MessagePort, watch: PortWatch): void {
  const listeners = new Listeners();
  patchMethod<Dispatch>(
    port,
    DISPATCH,
    (original) =>
      function (this: unknown, value, type, event) {
        const handling = type === 'message' ? watch.taken(value) : undefined;
        if (handling === undefined) return Reflect.apply(original, this, [value, type, event]);
        const outer = listeners.current;
        listeners.current = handling;
        try {
          return Reflect.apply(original, this, [value, type, event]);
        } finally {
          listeners.current = outer;
          handling.closed();
        }
      },
  );
  patchMethod<Register>(
    port,
    'addEventListener',
    (original) =>
      function (this: unknown, type, listener, ...rest) {
        const isOurs = type === 'message' && typeof listener === 'function';
        const registered = isOurs ? listeners.standInFor(listener as Listener) : listener;
        return Reflect.apply(original, this, [type, registered, ...rest]);
      },
  );
  patchMethod<Register>(
    port,
    'removeEventListener',
    (original) =>
      function (this: unknown, type, listener, ...rest) {
        const registered = type === 'message' ? listeners.known(listener) : listener;
        return Reflect.apply(original, this, [type, registered, ...rest]);
      },
  );
  patchPost(port, watch);
}

function patchPost(port: MessagePort, watch: PortWatch): void {
  patchMethod<Post>(
    port,
    'postMessage',
    (original) =>
      function (this: unknown, message, ...rest) {
        watch.posting(message);
        try {
          return Reflect.apply(original, this, [message, ...rest]);
        } catch (error) {
          watch.notPosted();
          throw error;
        }
      },
  );
}
