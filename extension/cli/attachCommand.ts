/** `sluice attach`: a session with a program that runs already. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { formatCount, formatDurationNs, formatRate } from '../core/format.js';
import type { Report } from '../core/report/report.js';
import { attachPlace, findAttachable, requestAttach } from '../engine/attach.js';
import type { EngineClient } from '../engine/engineClient.js';
import { inProcessEngine } from '../engine/inProcessEngine.js';
import type { EngineEvent, SessionId, SessionInfo } from '../engine/protocol.js';
import { reasonOf } from '../engine/reason.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { AttachArguments } from './arguments.js';
import { finalReport } from './finalReport.js';
import { newCapturePath } from './captureFolder.js';
import { type CliContext, ExitCode, printError, printJson, printReport } from './output.js';
import { Progress } from './progress.js';

/** A program that was asked has this long to dial in. */
const JOIN_MS = 10_000;
/** Messages of the engine that are shown at the end; more only say the same. */
const MAX_PROBLEMS = 10;
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Attaches, waits for the end and prints the report to stdout. Resolves with the exit code. */
export async function attachCommand(args: AttachArguments, context: CliContext): Promise<number> {
  const refuse = (message: string): number => {
    printError(context, message);
    return ExitCode.wrongUse;
  };
  const program = await findAttachable(args.pid, attachPlace(context.env));
  if (!program.ok) return refuse(program.error);
  const { title } = program.value;
  const capture =
    args.out === null ? await newCapturePath([title], new Date()) : ok(path.resolve(args.out));
  if (!capture.ok) return refuse(capture.error);
  const engine = inProcessEngine();
  try {
    return await new Attachment(engine, args, context).run(capture.value, title);
  } catch (error) {
    return refuse(reasonOf(error));
  } finally {
    await engine.dispose();
  }
}

/** One attachment, from the request to the report. */
class Attachment {
  readonly #engine: EngineClient;
  readonly #args: AttachArguments;
  readonly #context: CliContext;
  readonly #problems = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #info: SessionInfo | null = null;

  constructor(engine: EngineClient, args: AttachArguments, context: CliContext) {
    this.#engine = engine;
    this.#args = args;
    this.#context = context;
    engine.onEvent((event) => {
      this.#hear(event);
    });
  }

  async run(capturePath: string, title: string): Promise<number> {
    const { session, url, token } = await this.#engine.call('createSession', {
      title,
      capturePath,
    });
    const joined = await this.#join(url, token);
    if (!joined.ok) {
      await this.#engine.call('closeSession', { session });
      await rm(capturePath, { force: true }); // holds nothing
      printError(this.#context, joined.error);
      return ExitCode.wrongUse;
    }
    await this.#untilEnd();
    await this.#finish(session, capturePath);
    return ExitCode.done;
  }

  #hear(event: EngineEvent): void {
    if (event.kind === 'changed') this.#info = event.info;
    else if (event.kind === 'problem' && this.#problems.size < MAX_PROBLEMS) {
      this.#problems.add(event.message);
    }
    for (const listener of this.#listeners) listener();
  }

  async #join(url: string, token: string): Promise<Result<null>> {
    const { pid } = this.#args;
    const by = `sluice attach (pid ${process.pid})`;
    const asked = await requestAttach({ pid, url, token, by }, attachPlace(this.#context.env));
    if (!asked.ok) return asked;
    const hasJoined = await this.#until(() => (this.#info?.processes.length ?? 0) > 0, JOIN_MS);
    if (hasJoined) return ok(null);
    return fail(`${asked.value.title} (pid ${pid}) did not connect within ${JOIN_MS / 1000} s`);
  }

  /** Until the user, the time or the program ends it. */
  async #untilEnd(): Promise<void> {
    const { stderr } = this.#context;
    let isAsked = false;
    const stop = (): void => {
      isAsked = true;
      for (const listener of this.#listeners) listener();
    };
    // Once: a second Ctrl-C does what it does everywhere.
    for (const signal of endSignals) process.once(signal, stop);
    const startMs = performance.now();
    const text = (): string => statusText(performance.now() - startMs, this.#info);
    const progress = new Progress(stderr, text, false);
    try {
      await this.#until(() => isAsked || this.#info?.state === 'ended', this.#args.durationMs);
    } finally {
      progress.dispose();
      for (const signal of endSignals) process.off(signal, stop);
    }
  }

  /** True when the condition holds, false when the time is over. The condition is looked at whenever something happens. */
  async #until(condition: () => boolean, timeoutMs: number | null): Promise<boolean> {
    if (condition()) return true;
    return new Promise((resolve) => {
      // Keeps this process alive, too: without it an attachment to an idle program would end by itself.
      const timer = setTimeout(
        () => {
          settle(false);
        },
        timeoutMs ?? 2 ** 31 - 1,
      );
      const look = (): void => {
        if (condition()) settle(true);
      };
      const settle = (holds: boolean): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve(holds);
      };
      this.#listeners.add(look);
    });
  }

  async #finish(session: SessionId, capturePath: string): Promise<void> {
    try {
      await this.#engine.call('endSession', { session });
    } catch (error) {
      this.#problems.add(reasonOf(error));
    }
    this.#print(await finalReport(this.#engine, session, this.#args.output), capturePath);
    for (const problem of this.#problems) printError(this.#context, problem);
  }

  #print(report: Report, capturePath: string): void {
    const { stdout, stderr, env } = this.#context;
    if (this.#args.output === 'json') printJson(report, stdout);
    else if (this.#args.output === 'text') printReport(report, stdout, env);
    if (this.#args.output !== 'json') stderr.write(`capture: ${capturePath}\n`);
  }
}

function statusText(elapsedMs: number, info: SessionInfo | null): string {
  const executions = info?.executions ?? 0;
  const rate = elapsedMs > 0 ? (executions / elapsedMs) * 1000 : 0;
  const title = info?.processes[0]?.title ?? '';
  return (
    `sluice: ${title}: ${formatDurationNs(elapsedMs * 1e6)}, ${formatCount(executions)} executions, ` +
    `${formatRate(rate)}; Ctrl-C ends the recording, the program goes on`
  );
}
