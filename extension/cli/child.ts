/** The profiled command: started, signalled, waited for. It is the user's program, so everything it had it keeps. */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { errorCode, reasonOf } from '../engine/reason.js';
import { isForegroundJob } from './terminal.js';

/** How a process ended. */
export type Exit =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals };

/** The command could not be started; `code` is what a shell exits with. */
export interface StartFailure {
  readonly code: 126 | 127;
  readonly message: string;
}

/** Signals that are meant for the command. A terminal sends the first three itself. */
const keyboardSignals = ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const;
const passedSignals = [...keyboardSignals, 'SIGTERM'] as const;

/** How long the command has to react to SIGINT, then to SIGTERM. */
const STOP_STEP_MS = 5000;
/** A signal is passed on after that long at the latest. */
const PASS_AFTER_MS = 500;

/** A running command. Signals that this process gets are passed on until it has ended. */
export class Child {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #timers: NodeJS.Timeout[] = [];
  #stoppedBy: NodeJS.Signals | null = null;
  #beforePassing: (() => Promise<unknown>) | null = null;
  #hasExited = false;

  private constructor(child: ChildProcess) {
    this.#process = child;
    const pass = (signal: NodeJS.Signals): void => {
      this.#pass(signal);
    };
    for (const signal of passedSignals) process.on(signal, pass);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#hasExited = true;
        for (const timer of this.#timers) clearTimeout(timer);
        for (const passed of passedSignals) process.off(passed, pass);
        resolve(signal === null ? { kind: 'code', code: code ?? 0 } : { kind: 'signal', signal });
      });
    });
  }

  /** Starts the command with our own input and output. */
  static async start(
    [program, ...args]: readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
  ): Promise<Result<Child, StartFailure>> {
    try {
      const started = spawn(program, args, { env, stdio: 'inherit' });
      await new Promise((resolve, reject) => {
        started.once('spawn', resolve);
        // Stays: a signal that may not be sent (the command runs as somebody else) is an error event too, and then the
        // command simply goes on.
        started.on('error', reject);
      });
      return ok(new Child(started));
    } catch (error) {
      return fail(startFailure(program, error));
    }
  }

  /** The signal of `stop` that the command got last; null while it was not asked. */
  get stoppedBy(): NodeJS.Signals | null {
    return this.#stoppedBy;
  }

  /** Asks the command to end, ever more firmly. */
  stop(): void {
    const steps: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGKILL'];
    for (const [i, signal] of steps.entries()) {
      this.#after(i * STOP_STEP_MS, () => {
        this.#stoppedBy = signal;
        this.#process.kill(signal);
      });
    }
  }

  /** What is to be over before the command hears of a signal of this process; it does not wait long for that. */
  beforePassing(work: () => Promise<unknown>): void {
    this.#beforePassing = work;
  }

  /** Calls `stop` after `delayMs` unless the command has ended by then. */
  stopAfter(delayMs: number): void {
    this.#after(delayMs, () => {
      this.stop();
    });
  }

  #after(delayMs: number, action: () => void): void {
    if (!this.#hasExited) this.#timers.push(setTimeout(action, delayMs));
  }

  #pass(signal: NodeJS.Signals): void {
    const isFromKeyboard = keyboardSignals.some((s) => s === signal) && isForegroundJob();
    // The terminal has told the command already; a second Ctrl-C often means "now!" to a program.
    if (isFromKeyboard) return;
    const work = this.#beforePassing;
    if (work === null) {
      this.#process.kill(signal);
      return;
    }
    let isPassed = false;
    const pass = (): void => {
      if (!isPassed && !this.#hasExited) this.#process.kill(signal);
      isPassed = true;
    };
    this.#after(PASS_AFTER_MS, pass);
    void work().finally(pass);
  }
}

/** Ends this process as the command ended, so that a shell sees no difference. */
export function exitLike(exit: Exit): void {
  if (exit.kind === 'code') {
    process.exitCode = exit.code;
    return;
  }
  // A shell stops its script when a job dies of these; the number alone does not do that. Others may write a core file.
  process.exitCode = 128 + constants.signals[exit.signal];
  if (exit.signal === 'SIGINT' || exit.signal === 'SIGTERM' || exit.signal === 'SIGHUP') {
    process.kill(process.pid, exit.signal);
  }
}

function startFailure(program: string, error: unknown): StartFailure {
  if (errorCode(error) === 'ENOENT') {
    return {
      code: 127,
      message: `command not found (${program}): check the name, or give a path as in ./${program}`,
    };
  }
  return {
    code: 126,
    message: `cannot start the command (${program}): ${reasonOf(error)}`,
  };
}
