/**
 * A program under profile: spawned with pipes, so that no native pty is needed and its end is always seen. Nothing of
 * VS Code in here; `terminal.ts` puts it on the screen.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import type { Disposable } from '../disposables.js';
import { Listeners } from '../disposables.js';
import type { Launch } from './launch.js';

/** How a program ended. `notStarted` carries the system's reason. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'notStarted'; readonly reason: string };

/** After SIGTERM a program has this long before SIGKILL. */
const TERMINATION_GRACE_MS = 5000;

/** Signals whole process groups: a shell's command, not only the shell. Windows has no such groups. */
const HAS_PROCESS_GROUPS = process.platform !== 'win32';

/** Runs one program from construction on. */
export class ProgramRun implements Disposable {
  readonly #child: ChildProcess;
  readonly #output = new Listeners<string>();
  readonly #ends = new Listeners<ProgramEnd>();
  #end: ProgramEnd | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(launch: Launch, env: NodeJS.ProcessEnv) {
    this.#child = spawn(launch.command, launch.args, {
      cwd: launch.cwd,
      env,
      shell: launch.shell,
      stdio: 'pipe',
      detached: HAS_PROCESS_GROUPS,
      windowsHide: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const decoder = new StringDecoder('utf8');
      stream?.on('data', (bytes: Buffer) => {
        this.#output.emit(decoder.write(bytes));
      });
    }
    // A program may close its input or end while we write: its end says all there is to say.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined)
        this.#finish({ kind: 'notStarted', reason: error.message });
    });
    // `close`, not `exit`: the last output has been read by then. But a grandchild that keeps the pipes open must not hide
    // the end of the program for ever.
    this.#child.on('close', (code, signal) => {
      this.#finish(endOf(code, signal));
    });
    this.#child.on('exit', (code, signal) => {
      setTimeout(() => {
        this.#finish(endOf(code, signal));
      }, 1000).unref();
    });
  }

  /** Decoded text of both outputs, in the order in which it came. */
  readonly onOutput = this.#output.on;

  /** Called once; at once when the program has ended already. */
  onEnd(listener: (end: ProgramEnd) => void): Disposable {
    if (this.#end !== undefined) {
      listener(this.#end);
      return { dispose: () => undefined };
    }
    return this.#ends.on(listener);
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  /** Sends text to the program's input. */
  write(text: string): void {
    if (this.#child.stdin?.writable === true) this.#child.stdin.write(text);
  }

  /** The program reads end of file after what was written. */
  endInput(): void {
    this.#child.stdin?.end();
  }

  /** What Ctrl-C does in a terminal. */
  interrupt(): void {
    this.#signal('SIGINT');
  }

  /** Asks the program to end, and after five seconds ends it. */
  terminate(): void {
    if (!this.isRunning || this.#killTimer !== undefined) return;
    this.#signal('SIGTERM');
    this.#killTimer = setTimeout(() => {
      this.#signal('SIGKILL');
    }, TERMINATION_GRACE_MS);
    this.#killTimer.unref();
  }

  dispose(): void {
    this.terminate();
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (!this.isRunning || pid === undefined) return;
    try {
      if (HAS_PROCESS_GROUPS) process.kill(-pid, signal);
      else this.#child.kill(signal);
    } catch (error) {
      // ESRCH: it ended a moment ago, and `close` is on its way.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #finish(end: ProgramEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    clearTimeout(this.#killTimer);
    this.#ends.emit(end);
  }
}

function endOf(code: number | null, signal: NodeJS.Signals | null): ProgramEnd {
  return signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signalled', signal };
}

/** The end as a line for the terminal. */
export function describeEnd(end: ProgramEnd): string {
  switch (end.kind) {
    case 'exited':
      return `The program ended with exit code ${end.code}.`;
    case 'signalled':
      return `The program was ended by ${end.signal}.`;
    case 'notStarted':
      return `The program did not start: ${end.reason}.`;
  }
}
