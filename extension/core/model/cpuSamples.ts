/**
 * CPU samples of a session: per thread the moments and stacks in columns, over all profiles that came; functions of all
 * threads in one table. A stack is a node of a tree, so a sample is one number, and stacks of several profiles are the same
 * node when they are the same calls.
 */
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { CallFrame, ParsedProfile } from './cpuProfile.js';
import { F64Column, U32Column } from './columns.js';
import type { Process } from './entities.js';

/**
 * `code`: the program's or a library's. `node`: Node's own JavaScript. `idle`: the thread waited. `program`: native code
 * that V8 cannot name. `gc`: garbage collection. `sluice`: the agent.
 */
export type FunctionKind = 'code' | 'node' | 'idle' | 'program' | 'gc' | 'sluice';

/** A function that was seen in a stack. */
export interface CpuFunction {
  readonly name: string;
  readonly kind: FunctionKind;
  /** null: it has no file, as native code and `eval`. */
  readonly source: SourcePosition | null;
  /** As V8 wrote it, for exports. */
  readonly frame: CallFrame;
}

const MAX_FUNCTIONS = 100_000;
const MAX_NODES = 500_000;
const MAX_SAMPLES = 10_000_000;
/** Two factors of a key that fits a double exactly. */
const KEY = 2 ** 20;

const metaKinds: Readonly<Record<string, FunctionKind | undefined>> = {
  '(idle)': 'idle',
  '(program)': 'program',
  '(garbage collector)': 'gc',
  '(sluice)': 'sluice',
};

function kindOf(frame: CallFrame): FunctionKind {
  if (frame.url === '') return metaKinds[frame.functionName] ?? 'code';
  return frame.url.startsWith('node:') ? 'node' : 'code';
}

function sourceOf({ url, lineNumber, columnNumber }: CallFrame): SourcePosition | null {
  if (url === '' || url.startsWith('node:') || lineNumber < 0) return null;
  return { file: url.slice(0, 4096), line: lineNumber + 1, column: Math.max(columnNumber, 0) + 1 };
}

/** All functions of a session; ids count from 0. */
export class FunctionTable {
  readonly functions: CpuFunction[] = [];
  readonly #ids = new Map<string, number>();

  /** The function's id; undefined when there are too many. */
  id(frame: CallFrame): number | undefined {
    const { functionName, url, lineNumber, columnNumber } = frame;
    const key = `${functionName}\0${url}\0${lineNumber}\0${columnNumber}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.functions.length >= MAX_FUNCTIONS) return undefined;
    const id = this.functions.length;
    const name = functionName === '' ? '(anonymous)' : functionName;
    const whole = { functionName, url, lineNumber, columnNumber };
    this.functions.push({ name, kind: kindOf(frame), source: sourceOf(frame), frame: whole });
    this.#ids.set(key, id);
    return id;
  }
}

/** Samples of one thread, sorted by time. Sample i holds from `atNs` to `untilNs`. */
export class ThreadSamples {
  readonly process: Process;
  /** The thread's name, as lanes declare it. */
  readonly thread: string;
  readonly atNs = new F64Column();
  readonly untilNs = new F64Column();
  readonly node = new U32Column();
  /** Of each stack: the stack that called it (of the root: itself), its function, and its level in a picture. */
  readonly parent = new U32Column();
  readonly function = new U32Column();
  readonly level = new U32Column();
  readonly #nodes = new Map<number, number>();

  constructor(process: Process, thread: string) {
    this.process = process;
    this.thread = thread;
    this.parent.push(0);
    this.function.push(0);
    this.level.push(0);
  }

  get length(): number {
    return this.atNs.length;
  }

  /** The stack `parent` calling a function; undefined when there are too many. */
  child(parent: number, functionId: number, isHidden: boolean): number | undefined {
    const key = parent * KEY + functionId;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    if (this.parent.length >= MAX_NODES) return undefined;
    const id = this.parent.length;
    const above = this.level.at(parent);
    this.parent.push(parent);
    this.function.push(functionId);
    this.level.push(isHidden && above === 0 ? 0 : above + 1);
    this.#nodes.set(key, id);
    return id;
  }
}

/** Owns the samples of all threads. */
export class CpuSamples {
  readonly table = new FunctionTable();
  readonly threads: ThreadSamples[] = [];
  readonly #note: (text: string) => void;
  #count = 0;

  /** `note` is told what was left out. */
  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  /** Samples kept so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds a profile of a thread. `timeOf` turns the trace's nanoseconds into the session's. Samples before the thread's last
   * one are left out: profiles of a thread follow on each other.
   */
  add(
    owner: { readonly process: Process; readonly thread: string },
    profile: ParsedProfile,
    timeOf: (monotonicNs: number) => number,
  ): void {
    const samples = this.#samplesOf(owner.process, owner.thread);
    const nodes = this.#place(samples, profile);
    const last = samples.length - 1;
    const fromNs = last < 0 ? -Infinity : samples.atNs.at(last);
    for (const [i, { node, atNs }] of profile.samples.entries()) {
      const startNs = timeOf(atNs);
      const id = nodes[node];
      if (id === undefined || startNs < fromNs) continue;
      if (this.#count >= MAX_SAMPLES) {
        this.#note(
          `More than ${MAX_SAMPLES} CPU samples: later ones are only in the capture file.`,
        );
        return;
      }
      this.#count++;
      samples.atNs.push(startNs);
      samples.untilNs.push(timeOf(profile.samples[i + 1]?.atNs ?? profile.endNs));
      samples.node.push(id);
    }
  }

  #samplesOf(process: Process, thread: string): ThreadSamples {
    const known = this.threads.find((t) => t.process === process && t.thread === thread);
    if (known !== undefined) return known;
    const made = new ThreadSamples(process, thread);
    this.threads.push(made);
    return made;
  }

  /** The thread's node for each node of the profile; undefined where a table is full. */
  #place(samples: ThreadSamples, profile: ParsedProfile): readonly (number | undefined)[] {
    const placed: (number | undefined)[] = [0];
    for (let i = 1; i < profile.nodes.length; i++) {
      const node = profile.nodes[i];
      const parent = placed[node?.parent ?? 0];
      const id = node === undefined ? undefined : this.table.id(node.frame);
      if (parent === undefined || id === undefined) {
        this.#note('There are more functions or stacks in the CPU profiles than are kept.');
        placed.push(undefined);
        continue;
      }
      // What Node does before it comes to the program's code is the same everywhere and tells nothing.
      placed.push(samples.child(parent, id, this.table.functions[id]?.kind === 'node'));
    }
    return placed;
  }
}
