/**
 * Calls of Node's own modules that go to libuv's thread pool: `crypto`, `zlib`, `fs`, `dns.lookup`. The stage appears when
 * the pool matters to the program (`threadPool.ts` says when), not with the first file that is read.
 *
 * With a callback, the callback is wrapped. Where a promise is returned, the program gets the one that follows it by
 * `then`: to react to the program's own promise would make rejections handled that were not.
 */
import crypto from 'node:crypto';
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';
import { callSites } from '../src/sourcePosition.js';
import type { AdapterContext, BuiltinAdapter } from './adapter.js';
import { disguise, isCallable, type Callable } from './construct.js';
import { followed } from './followed.js';
import { MAX_THREADS, ThreadPoolStage } from './threadPool.js';

const VIA = 'libuv';
const NAME = 'libuv pool';
const REMARK =
  'Not live: an environment variable, read when the pool is first used. Threads beyond the cores help files and name ' +
  'lookups, not crypto and zlib. sharp runs its images here, each with sharp.concurrency() threads of its own: the product ' +
  'of both should not exceed the cores.';
const HOW =
  `${NAME}: when a job waits and when it runs is concluded from the call, the callback and the order in which the pool ` +
  'takes jobs. Calls that take several turns in the pool (fs.readFile, zlib.gzip) count as one; jobs of other threads, of ' +
  'file handles, of zlib streams and of native modules are not seen.';

/** Functions whose last argument is a callback, each one job or a few in the pool. */
const cryptoCallbacks = [
  'pbkdf2',
  'scrypt',
  'hkdf',
  'randomBytes',
  'randomFill',
  'generateKeyPair',
  'generateKey',
  'generatePrime',
  'checkPrime',
];
const zlibCallbacks = [
  'deflate',
  'inflate',
  'gzip',
  'gunzip',
  'deflateRaw',
  'inflateRaw',
  'unzip',
  'brotliCompress',
  'brotliDecompress',
];
/** Not those that are made of others of these (`writeFile` opens, writes and closes), or they would count twice. */
const fsCallbacks = [
  'access',
  'open',
  'close',
  'read',
  'write',
  'readv',
  'writev',
  'readFile',
  'stat',
  'lstat',
  'fstat',
  'readdir',
  'mkdir',
  'mkdtemp',
  'rmdir',
  'rename',
  'unlink',
  'copyFile',
  'link',
  'symlink',
  'readlink',
  'chmod',
  'chown',
  'utimes',
  'fsync',
  'fdatasync',
  'ftruncate',
  'statfs',
];
const fsPromises = [
  'access',
  'open',
  'readFile',
  'writeFile',
  'appendFile',
  'stat',
  'lstat',
  'readdir',
  'mkdir',
  'mkdtemp',
  'rmdir',
  'rename',
  'unlink',
  'copyFile',
  'link',
  'symlink',
  'readlink',
  'realpath',
  'truncate',
  'chmod',
  'chown',
  'utimes',
  'statfs',
];
const subtleMethods = [
  'digest',
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'deriveBits',
  'deriveKey',
  'generateKey',
];

/** Replaces functions of one module; those that this version of Node does not have are left out. */
class Patches {
  readonly #recorder: AdapterContext['recorder'];
  readonly #pool: ThreadPoolStage;

  constructor({ recorder }: AdapterContext) {
    this.#recorder = recorder;
    this.#pool = new ThreadPoolStage(recorder, {
      name: NAME,
      kind: 'io',
      via: VIA,
      isShownLate: true,
      onDeclared: (stage, value) => {
        const knob = { name: 'UV_THREADPOOL_SIZE', kind: 'parallelism', stage, value } as const;
        recorder.knob({ ...knob, min: 1, max: MAX_THREADS, remark: REMARK, via: VIA });
        recorder.note('libuv-pool', HOW);
      },
    });
  }

  /** Functions that take a callback last. Without one they work at once, in the calling thread. */
  callbacks(module: object, names: readonly string[], isLookup = false): void {
    const recorder = this.#recorder;
    const pool = this.#pool;
    replace(module, names, (original) => {
      const watched = function (this: unknown, ...args: unknown[]): unknown {
        const last = args.length - 1;
        const callback = args[last];
        if (!recorder.active || !isCallable(callback)) return Reflect.apply(original, this, args);
        const job = pool.submit(isLookup);
        args[last] = function (this: unknown, ...results: unknown[]): unknown {
          pool.done(job, results[0] !== null && results[0] !== undefined);
          return Reflect.apply(callback, this, results);
        };
        let hasReturned = false;
        try {
          const result: unknown = Reflect.apply(original, this, args);
          hasReturned = true;
          return result;
        } finally {
          if (!hasReturned) pool.withdraw(job);
        }
      };
      return watched;
    });
  }

  /** Functions that return a promise. */
  promises(module: object, names: readonly string[], isLookup = false): void {
    const recorder = this.#recorder;
    const pool = this.#pool;
    replace(module, names, (original) => {
      const watched = function (this: unknown, ...args: unknown[]): unknown {
        if (!recorder.active || isModuleLoad(args, watched)) {
          return Reflect.apply(original, this, args);
        }
        const job = pool.submit(isLookup);
        let hasReturned = false;
        try {
          const result = followed(Reflect.apply(original, this, args), (isFailed) => {
            pool.done(job, isFailed);
          });
          hasReturned = true;
          return result;
        } finally {
          if (!hasReturned) pool.withdraw(job);
        }
      };
      return watched;
    });
  }
}

/** Node's loader of ES modules reads files through `fs.promises`, too; that is no work of the program's. */
function isModuleLoad(args: readonly unknown[], belowFn: Callable): boolean {
  // It passes nothing but a URL, which few others do: only then the caller is worth a look.
  if (args.length !== 1 || !(args[0] instanceof URL)) return false;
  const caller = callSites(belowFn, 1)[0]?.getFileName() ?? '';
  return caller.startsWith('node:internal/modules/');
}

function replace(
  module: object,
  names: readonly string[],
  make: (original: Callable) => Callable,
): void {
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(module, name);
    const original: unknown = property?.value;
    if (property === undefined || !isCallable(original)) continue;
    const value = disguise(make(original), original);
    Object.defineProperty(module, name, { ...property, value });
  }
}

function install(context: AdapterContext): void {
  const patches = new Patches(context);
  patches.callbacks(crypto, cryptoCallbacks);
  patches.callbacks(zlib, zlibCallbacks);
  patches.callbacks(fs, fsCallbacks);
  patches.callbacks(dns, ['lookup'], true);
  patches.promises(fs.promises, fsPromises);
  patches.promises(dns.promises, ['lookup'], true);
  const subtle = Reflect.getPrototypeOf(crypto.webcrypto.subtle);
  if (subtle !== null) patches.promises(subtle, subtleMethods);
  syncBuiltinESMExports();
}

/** libuv's thread pool, of Node 20 and later. */
export const libuvAdapter: BuiltinAdapter = { builtin: VIA, install };
