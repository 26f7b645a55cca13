/** Recording a CPU profile from the editor: asks for how long, shows that it runs, and lets it be stopped. */
import * as vscode from 'vscode';
import type { SessionId } from '../engine/protocol.js';
import type { CallEngine } from './engineLink.js';

const DEFAULT_SECONDS = 5;
const MAX_SECONDS = 3600;
/** V8's own default; a sample costs the program some microseconds. */
const INTERVAL_US = 1000;

/** The commands' part that has a state: what is being recorded. */
export class CpuProfileCommands {
  readonly #call: CallEngine;
  /** Ends the progress message of a session. */
  readonly #running = new Map<SessionId, () => void>();

  constructor(call: CallEngine) {
    this.#call = call;
  }

  /** Resolves when the profile has begun; a message with a button to stop it stays until its end. */
  async record(session: SessionId): Promise<void> {
    const seconds = await askSeconds();
    if (seconds === undefined) return;
    const durationMs = Math.ceil(seconds * 1000);
    await this.#call('startCpuProfile', { session, durationMs, intervalUs: INTERVAL_US });
    void this.#showProgress(session, durationMs);
  }

  /** Ends the profile; resolves when the samples have come. */
  async stop(session: SessionId): Promise<void> {
    this.#running.get(session)?.();
    await this.#call('stopCpuProfile', { session });
  }

  async #showProgress(session: SessionId, durationMs: number): Promise<void> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'Sluice: recording a CPU profile',
      cancellable: true,
    };
    await vscode.window.withProgress(options, async (progress, cancelled) => {
      const wasCancelled = await new Promise<boolean>((resolve) => {
        const tick = setInterval(() => {
          progress.report({ increment: 100_000 / durationMs });
        }, 1000);
        const end = (isCancelled: boolean): void => {
          clearInterval(tick);
          clearTimeout(over);
          resolve(isCancelled);
        };
        const over = setTimeout(end, durationMs, false);
        this.#running.set(session, () => {
          end(false);
        });
        cancelled.onCancellationRequested(() => {
          end(true);
        });
      });
      this.#running.delete(session);
      if (wasCancelled) await this.#call('stopCpuProfile', { session });
    });
  }
}

async function askSeconds(): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    title: 'Record CPU Profile',
    prompt:
      'How many seconds? Every thread is interrupted a thousand times a second for some microseconds.',
    value: String(DEFAULT_SECONDS),
    validateInput: (typed) => {
      const seconds = typed.trim() === '' ? Number.NaN : Number(typed);
      return seconds >= 0.1 && seconds <= MAX_SECONDS
        ? undefined
        : `A number of seconds, 0.1 to ${MAX_SECONDS}.`;
    },
  });
  return text === undefined ? undefined : Number(text);
}
