/**
 * child_process and cluster: each place that starts children is a stage of kind `io`, each child's life an execution, from
 * spawn to exit.
 *
 * Everything asynchronous goes through `ChildProcess.prototype.spawn`, and ends in `exit`, or in `error` where there never
 * was a process; so these two methods are watched and the functions themselves stay Node's. Messages of `fork` are followed
 * where they are handled. How many are on their way between two processes nobody can see without sending more of them, so
 * that queue has no depth.
 *
 * The environment that the program gives to a child is left as it is. A child whose environment lacks the agent runs without
 * it; a note says where it is started.
 */
import childProcess from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { isMainThread } from 'node:worker_threads';
import type { SourcePosition } from '../wire/manifest.js';
import type { AdapterContext, BuiltinAdapter } from './adapter.js';
import { ChildSite, ChildTap } from './childSite.js';
import { commandName, isNode, shellCommandName } from './commandName.js';
import { patchMethod } from './construct.js';
import { canEmit, emitMessage, Handling } from './messageHandlers.js';
import { baseName } from './naming.js';
import { Places } from './places.js';
import { bringsPreload } from './preloaded.js';
import { watchProcessMessages } from './processMessages.js';
import { currentOwner, type Owner } from './workerOwner.js';

type Spawn = (this: EventEmitter, options: unknown) => unknown;
type Emit = (this: EventEmitter, event: unknown, ...args: unknown[]) => unknown;
type SpawnSync = (...args: unknown[]) => unknown;

/** What Node has made of the arguments of `spawn`. */
interface SpawnOptions {
  readonly file: string;
  /** The first is the program's own name. */
  readonly args: readonly string[];
  /** `NAME=value`. */
  readonly envPairs: readonly string[];
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function normalised(options: unknown): SpawnOptions {
  const fields = Object(options) as Record<string, unknown>;
  return {
    file: String(fields['file']),
    args: texts(fields['args']).slice(1),
    envPairs: texts(fields['envPairs']),
  };
}

function variable(pairs: readonly string[], name: string): string | undefined {
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The children of one thread. */
class Children {
  readonly #context: AdapterContext;
  readonly #places = new Places<ChildSite>();
  readonly #taps = new WeakMap<object, ChildTap>();

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  get active(): boolean {
    return this.#context.recorder.active;
  }

  tapOf(child: object): ChildTap | undefined {
    return this.#taps.get(child);
  }

  /** A child is about to be started by the program. */
  starting(child: object, options: unknown, source: SourcePosition | undefined): void {
    const { file, args, envPairs } = normalised(options);
    const isClustered = variable(envPairs, 'NODE_UNIQUE_ID') !== undefined;
    const site = this.site(commandName(file, args), source, isClustered ? 'cluster' : undefined);
    if (isNode(file)) this.#noteBlind(args, envPairs, source);
    this.#taps.set(child, new ChildTap(site));
  }

  /** A child is about to be started by a library that knows better what it does. */
  adopting(child: object, owner: Owner): void {
    const watch = owner.watchChild?.();
    if (watch !== undefined) this.#taps.set(child, new ChildTap(watch));
  }

  site(name: string, source: SourcePosition | undefined, via = 'child_process'): ChildSite {
    const { recorder } = this.#context;
    return this.#places.at(source, name, (unique) => new ChildSite(recorder, unique, source, via));
  }

  #noteBlind(
    args: readonly string[],
    envPairs: readonly string[],
    source: SourcePosition | undefined,
  ): void {
    const { SLUICE_URL: url } = process.env;
    if (url === undefined || url === '') return;
    const joins =
      variable(envPairs, 'SLUICE_URL') === url &&
      bringsPreload(args, variable(envPairs, 'NODE_OPTIONS'));
    if (joins) return;
    const place =
      source === undefined ? 'an unknown place' : `${baseName(source.file)}:${source.line}`;
    this.#context.recorder.note(
      `child-blind:${place}`,
      `The Node process started at ${place} is given an environment of its own, so it runs without the agent: its life is ` +
        'shown, its inside is not. Pass process.env along ({ env: { ...process.env, ... } }) to see it.',
    );
  }
}

function patchSpawn(prototype: object, children: Children, context: AdapterContext): void {
  patchMethod<Spawn>(prototype, 'spawn', (original) => {
    const patched: Spawn = function (this: EventEmitter, options) {
      if (!children.active) return Reflect.apply(original, this, [options]);
      const owner = currentOwner();
      if (owner === undefined) children.starting(this, options, context.callerPosition(patched));
      else children.adopting(this, owner);
      const tap = children.tapOf(this);
      try {
        const result: unknown = Reflect.apply(original, this, [options]);
        tap?.watchSends(this);
        return result;
      } catch (error) {
        tap?.ended(true);
        throw error;
      }
    };
    return patched;
  });
}

function patchEmit(prototype: object, children: Children, context: AdapterContext): void {
  patchMethod<Emit>(
    prototype,
    'emit',
    (original) =>
      function (this: EventEmitter, event, ...args) {
        const tap = children.tapOf(this);
        if (tap === undefined) return Reflect.apply(original, this, [event, ...args]);
        if (event === 'exit') tap.ended(args[0] !== 0);
        // Without a process there is no exit; other errors (a signal that failed) end nothing.
        else if (event === 'error' && Reflect.get(this, 'pid') === undefined) tap.ended(true);
        else if (event === 'message') {
          tap.received(args[0]);
          const stage = canEmit(this) && children.active ? tap.replyStage() : undefined;
          if (stage !== undefined) {
            return emitMessage(this, args, new Handling(context.recorder, stage));
          }
        }
        return Reflect.apply(original, this, [event, ...args]);
      },
  );
}

/** `nameOf` gets the first two arguments; `hasFailed` the result. */
function patchSync(
  children: Children,
  context: AdapterContext,
  name: 'spawnSync' | 'execFileSync' | 'execSync',
): void {
  patchMethod<SpawnSync>(childProcess, name, (original) => {
    const patched: SpawnSync = function (this: unknown, ...args) {
      if (!children.active) return Reflect.apply(original, this, args);
      const file = String(args[0]);
      const called =
        name === 'execSync' ? shellCommandName(file) : commandName(file, texts(args[1]));
      const tap = new ChildTap(children.site(called, context.callerPosition(patched)));
      let isFailed = true;
      try {
        const result: unknown = Reflect.apply(original, this, args);
        isFailed = name === 'spawnSync' && Reflect.get(Object(result) as object, 'status') !== 0;
        return result;
      } finally {
        tap.ended(isFailed);
      }
    };
    return patched;
  });
}

/** Children of this thread, and the messages of this process's parent. */
export const childProcessAdapter: BuiltinAdapter = {
  builtin: 'node:child_process',
  install: (context) => {
    const prototype: object = childProcess.ChildProcess.prototype;
    const children = new Children(context);
    patchSpawn(prototype, children, context);
    patchEmit(prototype, children, context);
    for (const name of ['spawnSync', 'execFileSync', 'execSync'] as const) {
      patchSync(children, context, name);
    }
    if (isMainThread) watchProcessMessages(context.recorder);
  },
};
