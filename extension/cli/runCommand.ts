/** `sluice run`: the command with the agent in it, and the report when it has ended. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { SessionState } from '../core/panel/snapshot.js';
import type { Report } from '../core/report/report.js';
import { formatCount, formatDurationNs, formatRate } from '../core/format.js';
import type { EngineClient } from '../engine/engineClient.js';
import { inProcessEngine } from '../engine/inProcessEngine.js';
import { launchEnvironment } from '../engine/launch.js';
import type { EngineEvent, SessionId, SessionInfo } from '../engine/protocol.js';
import { reasonOf } from '../engine/reason.js';
import type { RunArguments } from './arguments.js';
import { finalReport } from './finalReport.js';
import { newCapturePath } from './captureFolder.js';
import { setPaths } from './captureSet.js';
import { Child, type Exit } from './child.js';
import { type CliContext, ExitCode, printError, printJson, printReport } from './output.js';
import { Progress } from './progress.js';

/** Processes that outlive the command have this long to end before they are let go. */
const SETTLE_MS = 3000;
/** A process that has ended may still stand in the queue of connections for a moment. */
const LATE_JOIN_MS = 300;
const POLL_MS = 50;
/** Messages of the engine that are shown at the end; more only say the same. */
const MAX_PROBLEMS = 10;

/** Runs the command and reports. Resolves with how this process is to end. */
export async function runCommand(args: RunArguments, context: CliContext): Promise<Exit> {
  const registerPath = path.join(context.distFolder, 'agent', 'register.cjs');
  if (!existsSync(registerPath)) {
    return refuse(context, `the agent is missing (${registerPath}): install Sluice again`);
  }
  if (args.repeat > 1) return runSet(args, context, registerPath);
  const capture =
    args.out === null
      ? await newCapturePath(args.command, new Date())
      : ({ ok: true, value: path.resolve(args.out) } as const);
  if (!capture.ok) return refuse(context, capture.error);
  return record(args, context, { capturePath: capture.value, registerPath });
}

/** Several runs, one after the other, each with a capture of its own. The first that does not end with 0 is the last. */
async function runSet(
  args: RunArguments,
  context: CliContext,
  registerPath: string,
): Promise<Exit> {
  const paths = await setPaths(args.out ?? '', args.command, args.repeat);
  if (!paths.ok) return refuse(context, paths.error);
  for (const [i, capturePath] of paths.value.entries()) {
    context.stderr.write(`run ${i + 1} of ${args.repeat}\n`);
    const quiet = { ...args, output: 'none' } as const;
    const exit = await record(quiet, context, { capturePath, registerPath });
    if (exit.kind === 'signal' || exit.code !== 0) return exit;
  }
  return { kind: 'code', code: ExitCode.done };
}

interface Files {
  readonly capturePath: string;
  readonly registerPath: string;
}

async function record(
  args: RunArguments,
  context: CliContext,
  { capturePath, registerPath }: Files,
): Promise<Exit> {
  const engine = inProcessEngine();
  try {
    return await new Recording(engine, args, context).run(capturePath, registerPath);
  } catch (error) {
    return refuse(context, reasonOf(error));
  } finally {
    await engine.dispose();
  }
}

function refuse(context: CliContext, message: string): Exit {
  printError(context, message);
  return { kind: 'code', code: ExitCode.wrongUse };
}

/** One run, from the session to the report. */
class Recording {
  readonly #engine: EngineClient;
  readonly #args: RunArguments;
  readonly #context: CliContext;
  readonly #problems = new Set<string>();
  #info: SessionInfo | null = null;

  constructor(engine: EngineClient, args: RunArguments, context: CliContext) {
    this.#engine = engine;
    this.#args = args;
    this.#context = context;
    engine.onEvent((event) => {
      this.#hear(event);
    });
  }

  async run(capturePath: string, registerPath: string): Promise<Exit> {
    const { command, durationMs, cpuProfileMs } = this.#args;
    const { session, url, token } = await this.#engine.call('createSession', {
      title: command.join(' ').slice(0, 200),
      capturePath,
    });
    const env = launchEnvironment(this.#context.env, {
      url,
      token,
      registerPath,
      ...(cpuProfileMs === null ? {} : { cpuProfileMs }),
    });
    const child = await Child.start(command, env);
    if (!child.ok) {
      await this.#engine.call('closeSession', { session });
      await rm(capturePath, { force: true }); // holds nothing
      printError(this.#context, child.error.message);
      return { kind: 'code', code: child.error.code };
    }
    if (durationMs !== null) child.value.stopAfter(durationMs);
    const exit = await this.#withProgress(async () => {
      const ended = await child.value.exited;
      await this.#settle(session);
      return ended;
    });
    await this.#finish(session, capturePath);
    const isAsked = exit.kind === 'signal' && exit.signal === child.value.stoppedBy;
    return isAsked ? { kind: 'code', code: ExitCode.done } : exit;
  }

  #hear(event: EngineEvent): void {
    if (event.kind === 'changed') this.#info = event.info;
    else if (event.kind === 'problem' && this.#problems.size < MAX_PROBLEMS) {
      this.#problems.add(event.message);
    }
  }

  async #withProgress<T>(work: () => Promise<T>): Promise<T> {
    const { stderr, stdout } = this.#context;
    const startMs = performance.now();
    const text = (): string => statusText(performance.now() - startMs, this.#info?.executions ?? 0);
    const progress = new Progress(stderr, text, stdout.isTTY);
    try {
      return await work();
    } finally {
      progress.dispose();
    }
  }

  /** Waits until everybody who joined has left, a bounded time. */
  async #settle(session: SessionId): Promise<void> {
    const startMs = performance.now();
    // Events may be a moment old; this answer is not.
    let state = await this.#state(session);
    while (state !== 'ended') {
      const limitMs = state === 'waiting' ? LATE_JOIN_MS : SETTLE_MS;
      if (performance.now() - startMs >= limitMs) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      state = this.#info?.state ?? state;
    }
  }

  async #state(session: SessionId): Promise<SessionState> {
    return (await this.#engine.call('snapshot', { session })).state;
  }

  async #finish(session: SessionId, capturePath: string): Promise<void> {
    const isLeftRunning = (await this.#state(session)) === 'live';
    try {
      await this.#engine.call('endSession', { session });
    } catch (error) {
      this.#problems.add(reasonOf(error));
    }
    const report = await finalReport(this.#engine, session, this.#args.output);
    this.#print(report, capturePath);
    if (isLeftRunning)
      this.#problems.add('processes that the command started still run; they were let go');
    for (const problem of this.#problems) printError(this.#context, problem);
  }

  #print(report: Report, capturePath: string): void {
    const { stdout, stderr, env } = this.#context;
    if (this.#args.output === 'json') printJson(report, stdout);
    if (report.capture.processes.length === 0) {
      printError(this.#context, nobodyJoined(this.#args.command[0]));
    } else if (this.#args.output === 'text') {
      stderr.write('\n');
      printReport(report, stderr, env);
    }
    if (this.#args.output !== 'json') stderr.write(`capture: ${capturePath}\n`);
  }
}

/** What to say when the agent was never loaded. */
export function nobodyJoined(program: string): string {
  return (
    `the command never loaded the agent (${program}): it is neither Node.js 20 nor Python 3.9 or later, or it starts them without ` +
    'NODE_OPTIONS and PYTHONPATH; run the program itself, as in sluice run -- node app.js or sluice run -- python app.py'
  );
}

function statusText(elapsedMs: number, executions: number): string {
  const rate = elapsedMs > 0 ? (executions / elapsedMs) * 1000 : 0;
  return `sluice: ${formatDurationNs(elapsedMs * 1e6)}, ${formatCount(executions)} executions, ${formatRate(rate)}`;
}
