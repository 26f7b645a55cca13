/** programs/attachable.mjs, started and talked to; its sockets lie in a folder of the test's own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import {
  listOf,
  integerIn,
  object,
  parseJson,
  text,
  type Checked,
} from '../../agent/wire/validate.js';
import type { BuiltSluice } from './builtSluice.js';

const count = integerIn(0, Number.MAX_SAFE_INTEGER);
const checkState = object({
  counts: object({ step: count, summed: count }),
  threads: count,
  resources: listOf(text()),
  arrayBuffers: count,
  listeners: listOf(count),
});
/** What the program says of itself. */
export type ProgramState = Checked<typeof checkState>;

/** Where a test's programs and commands look for sockets and temporary files. */
export async function ownPlaces(sluice: BuiltSluice): Promise<{ readonly env: NodeJS.ProcessEnv }> {
  const runtime = path.join(sluice.folder, 'r');
  const tmp = path.join(sluice.folder, 't');
  await mkdir(runtime, { recursive: true, mode: 0o700 });
  await mkdir(tmp, { recursive: true, mode: 0o700 });
  return { env: { XDG_RUNTIME_DIR: runtime, TMPDIR: tmp } };
}

/** A program that runs. */
export class AttachProgram {
  readonly child: ChildProcess;
  readonly #answers: string[] = [];
  #waiting: (() => void) | undefined;
  #hasEnded = false;
  stderr = '';
  /** The last line. */
  last = '';

  constructor(sluice: BuiltSluice, env: NodeJS.ProcessEnv, args: readonly string[] = []) {
    this.child = spawn(
      process.execPath,
      [
        '--expose-gc',
        '--require',
        path.join(sluice.folder, 'dist/agent/register.cjs'),
        'programs/attachable.mjs',
        ...args,
      ],
      { cwd: sluice.folder, env: { ...process.env, NODE_OPTIONS: '', ...env } },
    );
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new Error('no pipes');
    this.child.once('close', () => {
      this.#hasEnded = true;
      this.#waiting?.();
    });
    stderr.on('data', (data: Buffer) => (this.stderr += data.toString()));
    createInterface({ input: stdout }).on('line', (line) => {
      this.last = line;
      this.#answers.push(line);
      this.#waiting?.();
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Resolves when it works. */
  async started(): Promise<void> {
    await this.#answer();
  }

  async say(command: string): Promise<string> {
    this.tell(command);
    return this.#answer();
  }

  /** Says something whose answer comes later, or never. */
  tell(command: string): void {
    this.child.stdin?.write(`${command}\n`);
  }

  async state(): Promise<ProgramState> {
    const state = parseJson(await this.say('state'), checkState, 'state');
    if (!state.ok) throw new Error(state.error);
    return state.value;
  }

  /** Ends it; resolves with its exit code. */
  async end(): Promise<number | null> {
    const ended = once(this.child, 'close');
    this.tell('end');
    const [code] = (await ended) as [number | null];
    return code;
  }

  async #answer(): Promise<string> {
    while (this.#answers.length === 0) {
      if (this.#hasEnded) throw new Error(`the program ended: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#answers.shift() ?? '';
  }
}
