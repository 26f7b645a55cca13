/** The command with the agent in it, while something is done with its session. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { Report } from '../core/report/report.js';
import type { EngineClient } from '../engine/engineClient.js';
import { launchEnvironment } from '../engine/launch.js';
import type { SessionId } from '../engine/protocol.js';
import { newCapturePath } from './captureFolder.js';
import { Child, type Exit } from './child.js';
import { finalReport } from './finalReport.js';
import { ExitCode, type CliContext } from './output.js';

/** What came of a run. */
export interface Observed<T> {
  readonly exit: Exit;
  readonly report: Report;
  readonly capturePath: string;
  readonly elapsedMs: number;
  readonly outcome: T;
}

/** The command could not be run; `code` is what to exit with. */
export interface NotRun {
  readonly message: string;
  readonly code: number;
}

/** A command to run. */
export interface RunOrder {
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  /** null: a file in the folder for captures. */
  readonly out: string | null;
  /** null: until it ends by itself. */
  readonly durationMs: number | null;
  /** The report at the end has fresh advice. */
  readonly isAdvised?: boolean;
}

/**
 * What is done with the session meanwhile. It must come to its end when `stopTrials` is called, and begin nothing more when
 * `signal` is aborted: the command has ended, or somebody wants it to.
 */
export type SessionWork<T> = (session: SessionId, child: Child, signal: AbortSignal) => Promise<T>;

/** Processes that outlive the command have this long to end. */
const SETTLE_MS = 3000;
const POLL_MS = 50;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the command to its end. Signals of this process stop what is tried out, at once; they reach the command as in
 * `sluice run`.
 */
export async function observe<T>(
  engine: EngineClient,
  context: CliContext,
  order: RunOrder,
  work: SessionWork<T>,
): Promise<Result<Observed<T>, NotRun>> {
  const registerPath = path.join(context.distFolder, 'agent', 'register.cjs');
  if (!existsSync(registerPath)) {
    return refused(`the agent is missing (${registerPath}): install Sluice again`);
  }
  const capture =
    order.out === null
      ? await newCapturePath(order.command, new Date())
      : ok(path.resolve(order.out));
  if (!capture.ok) return refused(capture.error);
  const title = order.command.join(' ').slice(0, 200);
  const opened = await engine.call('createSession', { title, capturePath: capture.value });
  const { session, url, token } = opened;
  const env = launchEnvironment(order.env, { url, token, registerPath });
  const startMs = performance.now();
  const child = await Child.start(order.command, env);
  if (!child.ok) {
    await engine.call('closeSession', { session });
    await rm(capture.value, { force: true });
    return fail(child.error);
  }
  const over = new AbortController();
  const stopTrials = async (): Promise<void> => {
    over.abort();
    await engine.call('stopTrials', { session, why: 'asked' }).catch(() => undefined);
  };
  const onSignal = (): void => void stopTrials();
  for (const signal of signals) process.on(signal, onSignal);
  child.value.beforePassing(stopTrials);
  try {
    if (order.durationMs !== null) child.value.stopAfter(order.durationMs);
    const working = work(session, child.value, over.signal);
    // Looked at when the command has ended.
    working.catch(() => undefined);
    const exit = await child.value.exited;
    const elapsedMs = performance.now() - startMs;
    await settled(engine, session);
    over.abort();
    await engine.call('stopTrials', { session, why: 'over' });
    const outcome = await working;
    await engine.call('endSession', { session });
    const report = await finalReport(engine, session, order.isAdvised === true ? 'json' : 'none');
    await engine.call('closeSession', { session });
    const isAsked = exit.kind === 'signal' && exit.signal === child.value.stoppedBy;
    const asked: Exit = { kind: 'code', code: ExitCode.done };
    return ok({
      exit: isAsked ? asked : exit,
      report,
      capturePath: capture.value,
      elapsedMs,
      outcome,
    });
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

function refused(message: string): Result<never, NotRun> {
  return fail({ message, code: ExitCode.wrongUse });
}

/** Waits until everybody who joined has left, a bounded time. */
async function settled(engine: EngineClient, session: SessionId): Promise<void> {
  const startMs = performance.now();
  for (;;) {
    const { state } = await engine.call('snapshot', { session });
    const isOver = state === 'ended' || performance.now() - startMs >= SETTLE_MS;
    // Nobody came: somebody may still stand in the queue of connections for a moment.
    if (isOver || (state === 'waiting' && performance.now() - startMs >= 300)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
