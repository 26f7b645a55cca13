/**
 * A program that the server runs: without input, and with its output kept apart, because the server's own streams are the
 * protocol's. It has a process group of its own, so that a stop reaches what it started, too.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { printable } from '../../core/format.js';
import { errorCode, reasonOf } from '../../engine/reason.js';

/** What to run. */
export interface ProgramOrder {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Output that is kept: its end. */
const MAX_TAIL = 4000;
const HAS_GROUPS = process.platform !== 'win32';
/** Ends of grandchildren are not told. */
const POLL_MS = 20;
const STEPS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGKILL'];

/** A running program. */
export class Program {
  /** How it ended, in words. Never rejects. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #onExit = (): void => {
    this.#signal('SIGKILL');
  };
  #tail = '';
  #end: string | null = null;

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      const decoder = new StringDecoder('utf8');
      stream?.on('data', (bytes: Buffer) => {
        this.#tail = `${this.#tail}${decoder.write(bytes)}`.slice(-MAX_TAIL);
      });
    }
    // Nobody is left to stop it otherwise.
    process.once('exit', this.#onExit);
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        process.off('exit', this.#onExit);
        this.#end = signal === null ? `exit code ${code ?? 0}` : `ended by ${signal}`;
        resolve(this.#end);
      });
    });
  }

  /** Starts it. */
  static async start({ command, cwd, env }: ProgramOrder): Promise<Result<Program>> {
    const [file, ...args] = command;
    try {
      const child = spawn(file, args, {
        cwd,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: HAS_GROUPS,
        windowsHide: true,
      });
      await new Promise((resolve, reject) => {
        child.once('spawn', resolve);
        // Stays: a signal that cannot be sent is an error event, too.
        child.on('error', reject);
      });
      return ok(new Program(child));
    } catch (error) {
      const why =
        errorCode(error) === 'ENOENT' ? 'there is no such command or folder' : reasonOf(error);
      return fail(`cannot run ${printable(file)} in ${printable(cwd)}: ${why}`);
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** How it ended; null: it runs. */
  get end(): string | null {
    return this.#end;
  }

  /** The end of what it wrote, line by line, control characters visible. */
  get output(): readonly string[] {
    const lines = this.#tail.split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.map((line) => printable(line.replace(/\r$/, '')));
  }

  /**
   * Asks it to end, ever more firmly; resolves when it has, and what it started, too. `stepMs`: from one signal to the next.
   * Nothing is sent to a program that ended before: its number may be somebody else's by now.
   */
  async stop(stepMs: number): Promise<void> {
    if (this.#end !== null) return;
    for (const signal of STEPS) {
      this.#signal(signal);
      if (await this.#isGoneWithin(stepMs)) return;
    }
  }

  async #isGoneWithin(ms: number): Promise<boolean> {
    const endMs = performance.now() + ms;
    while (this.#end === null || this.#signal(0)) {
      if (performance.now() > endMs) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return true;
  }

  /** False when nobody is there any more. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    // 0 would be the group of this process.
    if (this.pid === 0) return false;
    try {
      return HAS_GROUPS ? process.kill(-this.pid, signal) : this.#child.kill(signal);
    } catch {
      return false; // it ended a moment ago; `exit` is on its way
    }
  }
}
