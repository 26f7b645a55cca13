/** Applies adapters to modules as they are loaded, whichever module system loads them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { knows, type Adapter, type AdapterContext } from '../adapter.js';

/** The exports of a module: a namespace, or in CommonJS the class itself. */
export type ModuleExports = object;

/** The version in the package.json of a package folder; undefined when there is none to read. */
function versionIn(packageFolder: string | undefined): string | undefined {
  if (packageFolder === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(
      readFileSync(path.join(packageFolder, 'package.json'), 'utf8'),
    );
    const version: unknown =
      typeof json === 'object' && json !== null ? Reflect.get(json, 'version') : undefined;
    return typeof version === 'string' ? version : undefined;
  } catch {
    // The caller treats a version that cannot be read as one that is not known, and says so.
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

/** Instruments each export once, and hands the same stand-in to every importer in this thread. */
export class Libraries {
  readonly #adapters: ReadonlyMap<string, Adapter>;
  readonly #context: AdapterContext;
  readonly #standIns = new WeakMap<object, object>();

  constructor(adapters: readonly Adapter[], context: AdapterContext) {
    this.#adapters = new Map(
      adapters.flatMap((adapter) =>
        [adapter.library, ...(adapter.entryPoints ?? [])].map((name) => [name, adapter] as const),
      ),
    );
    this.#context = context;
  }

  /** Packages and entry points to hook. */
  get names(): string[] {
    return [...this.#adapters.keys()];
  }

  /** An ES module was evaluated: replaces its exports in `namespace`, which is import-in-the-middle's writable view. */
  imported(namespace: ModuleExports, name: string, packageFolder: string | undefined): void {
    const adapter = this.#known(name, packageFolder);
    if (adapter === undefined) return;
    for (const exportName of adapter.exportNames) {
      const value: unknown = Reflect.get(namespace, exportName);
      if (!isObject(value)) continue;
      const standIn = this.#standInFor(adapter, value, exportName);
      if (standIn !== value) Reflect.set(namespace, exportName, standIn);
    }
  }

  /** A CommonJS module was loaded: returns what `require` should return. */
  required(exports: unknown, name: string, packageFolder: string | undefined): unknown {
    const adapter = this.#known(name, packageFolder);
    if (adapter === undefined) return exports;
    if (typeof exports === 'function') {
      return adapter.exportNames.includes('default')
        ? this.#standInFor(adapter, exports, 'default')
        : exports;
    }
    if (!isObject(exports)) return exports;
    // The namespace of an ES module that was required is sealed, and a bundler's exports are getters: importers get a view
    // in front of them.
    return new Proxy(exports, {
      get: (target, key, receiver) => {
        const value: unknown = Reflect.get(target, key, receiver);
        const isOurs = typeof key === 'string' && adapter.exportNames.includes(key);
        return isOurs && isObject(value) ? this.#standInFor(adapter, value, key) : value;
      },
    });
  }

  #known(name: string, packageFolder: string | undefined): Adapter | undefined {
    const adapter = this.#adapters.get(name);
    if (adapter === undefined) return undefined;
    const version = versionIn(packageFolder);
    if (knows(adapter, version)) return adapter;
    this.#context.recorder.note(
      `library-version:${name}`,
      `${name} ${version ?? 'of unknown version'} is not profiled: Sluice knows versions ${adapter.majors.from} to ` +
        `${adapter.majors.before - 1}. Its work can be declared with the Sluice API instead.`,
    );
    return undefined;
  }

  #standInFor(adapter: Adapter, original: object, exportName: string): object {
    const known = this.#standIns.get(original);
    if (known !== undefined) return known;
    const made = this.#instrument(adapter, original, exportName);
    this.#standIns.set(original, made);
    // A stand-in that comes by again (CommonJS re-exported through an ES module) is its own stand-in.
    this.#standIns.set(made, made);
    return made;
  }

  #instrument(adapter: Adapter, original: object, exportName: string): object {
    try {
      return adapter.instrument(original, this.#context, exportName);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#context.recorder.note(
        `library-shape:${adapter.library}`,
        `${adapter.library} is not profiled: ${reason}. Its work can be declared with the Sluice API instead.`,
      );
      return original;
    }
  }
}
