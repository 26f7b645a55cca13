/** Trials as commands: asks for what it was not told, shows how far they are, and tells what came of them. */
import * as vscode from 'vscode';
import type { WrittenMove } from '../../core/panel/live.js';
import type { LiveMessage } from '../../core/panel/messages.js';
import { unreachable } from '../../../agent/wire/result.js';
import type { TrialRecord } from '../../core/trials/record.js';
import type { TuneResult } from '../../core/trials/tuning.js';
import type { SessionId, SessionInfo } from '../../engine/protocol.js';
import { resultText } from '../../engine/trials/tuneText.js';
import type { CommandId } from '../commandTable.js';
import type { Log } from '../log.js';
import type { SessionList } from '../sessions/sessionList.js';
import { requireTrust } from '../trust.js';
import type { IgnoredSuggestions } from './ignored.js';
import { progressShare, progressText } from './progress.js';
import { tunedText, verdictText, type TrialRuns, type TryRequest } from './trialRuns.js';
import { movesIn, revertIn, tryChoices, wishIn } from './tuneAnswers.js';
import { askWish } from './tuneQuestions.js';

/** What the commands work with. */
export interface TrialContext {
  readonly runs: TrialRuns;
  readonly ignored: IgnoredSuggestions;
  readonly sessions: SessionList;
  readonly log: Log;
  /** Folder that the session's program was started in; undefined: not known. */
  readonly folderOf: (session: SessionId) => string | undefined;
  readonly write: WriteToSource;
}

/** Values of knobs for the source of a session's program. */
export interface WriteRequest {
  readonly session: SessionId;
  readonly moves: readonly WrittenMove[];
}

/** Writes them. Rejects with a sentence when that cannot be. */
export type WriteToSource = (request: WriteRequest) => Promise<void>;

const TICK_MS = 1000;
/** Why nothing is tried out. */
const NOT_TRIED = 'Changes are tried out only in a trusted workspace.';

/** The commands' part that has to do with trials. */
export class TrialCommands {
  readonly #context: TrialContext;

  constructor(context: TrialContext) {
    this.#context = context;
  }

  /** Tries what the argument says (`{ moves, why }`), else what the user chooses of what is suggested. */
  async tryLive({ session }: SessionInfo, argument: unknown): Promise<void> {
    requireTrust(NOT_TRIED);
    const told = movesIn(argument);
    if (!told.ok) throw new Error(told.error);
    const request = told.value ?? (await this.#chooseMoves(session));
    if (request === undefined) return;
    const { runs, log } = this.#context;
    const record = await this.#withProgress(session, 'Sluice: trying it live', async () =>
      runs.tryLive(session, request),
    );
    if (record === null) {
      vscode.window.setStatusBarMessage('Sluice: stopped; the knobs are as they were', 5000);
      return;
    }
    const text = verdictText(record);
    log.info(text);
    void this.#tell(session, text, record.verdict === 'kept' ? movesOf(record) : []);
  }

  /** Searches for what the argument says (`{ wish }`), else for what the user wishes. */
  async tune({ session }: SessionInfo, argument: unknown): Promise<void> {
    requireTrust(NOT_TRIED);
    const told = wishIn(argument);
    if (!told.ok) throw new Error(told.error);
    const wish = told.value ?? (await askWish());
    if (wish === undefined) return;
    const { runs, log, folderOf } = this.#context;
    const result = await this.#withProgress(session, 'Sluice: tuning', async () =>
      runs.tune(session, wish),
    );
    if (result === null) return;
    log.info(resultText(result, folderOf(session)));
    void this.#tell(session, tunedText(result), changesOf(result));
  }

  async stop({ session }: SessionInfo): Promise<void> {
    await this.#context.runs.stop(session);
  }

  /** Gives back what the argument says (`{ knob, to }`), else all knobs as they were at the start. */
  async revert({ session }: SessionInfo, argument: unknown): Promise<void> {
    const told = revertIn(argument);
    if (!told.ok) throw new Error(told.error);
    const { knob, to } = told.value;
    const returned = await this.#context.runs.revert(session, knob, to);
    const text = returned.map(({ name, value }) => `${name} = ${value ?? 'unlimited'}`).join(', ');
    vscode.window.setStatusBarMessage(
      text === '' ? 'Sluice: the knobs are as they were' : `Sluice: back to ${text}`,
      5000,
    );
  }

  /** Does what a panel asks for. Trials report by themselves; the rest rejects with a sentence. */
  async act(session: SessionId, message: LiveMessage): Promise<void> {
    const { runs, ignored } = this.#context;
    switch (message.kind) {
      case 'setKnob':
        return runs.setKnob(session, message.knob, message.value);
      case 'revertKnobs':
        return run('sluice.revertKnobs', { session, knob: message.knob, to: message.to });
      case 'tryLive':
        return run('sluice.tryLive', { session, moves: message.moves, why: message.why });
      case 'tune':
        return run('sluice.tune', { session, wish: message.wish });
      case 'stopTrials':
        return run('sluice.stopTrials', { session });
      case 'writeToSource':
        return this.#context.write({ session, moves: message.moves });
      case 'ignore':
        return ignored.set(message.key, message.ignored);
      default:
        return unreachable(message);
    }
  }

  async #chooseMoves(session: SessionId): Promise<TryRequest | undefined> {
    const { sessions, ignored } = this.#context;
    const state = await sessions.report(session);
    if (state.kind === 'failed') throw new Error(state.message);
    const choices = tryChoices(state.report, ignored.all());
    if (choices.length === 0) {
      throw new Error(
        'Nothing is suggested for this program now. Knobs can be set by hand, and "Tune…" searches by itself.',
      );
    }
    const items = choices.map((choice) => ({
      label: choice.label,
      description: choice.description,
      detail: choice.refusal ?? choice.why,
      choice,
    }));
    const picked = await vscode.window.showQuickPick(items, {
      title: 'Try Live',
      placeHolder: 'What shall be tried on the running program?',
      matchOnDescription: true,
    });
    if (picked === undefined) return undefined;
    if (picked.choice.refusal !== null) throw new Error(picked.choice.refusal);
    return picked.choice;
  }

  /** Runs a trial or a search under a notification that can cancel it. */
  async #withProgress<T>(session: SessionId, title: string, work: () => Promise<T>): Promise<T> {
    const { runs, log } = this.#context;
    const options = {
      location: vscode.ProgressLocation.Notification,
      title,
      cancellable: true,
    };
    return vscode.window.withProgress(options, async (progress, cancelled) => {
      let shown = 0;
      const show = (): void => {
        const { running } = runs.state(session);
        if (running === null) return;
        const percent = Math.max(shown, 100 * (progressShare(running) ?? 0));
        progress.report({ message: progressText(running), increment: percent - shown });
        shown = percent;
      };
      const tick = setInterval(show, TICK_MS);
      cancelled.onCancellationRequested(() => {
        runs.stop(session).catch((error: unknown) => {
          log.warn(`stopping trials: ${String(error)}`);
        });
      });
      try {
        return await work();
      } finally {
        clearInterval(tick);
      }
    });
  }

  async #tell(session: SessionId, text: string, moves: readonly WrittenMove[]): Promise<void> {
    const write = 'Write to Source';
    const buttons = moves.length === 0 ? [] : [write];
    const chosen = await vscode.window.showInformationMessage(`Sluice: ${text}`, ...buttons);
    if (chosen !== write) return;
    try {
      await this.#context.write({ session, moves });
    } catch (error) {
      void vscode.window.showErrorMessage(
        `Sluice: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

async function run(command: CommandId, argument: object): Promise<void> {
  await vscode.commands.executeCommand(command, argument);
}

const movesOf = ({ knobs }: TrialRecord): readonly WrittenMove[] =>
  knobs.flatMap(({ id, after }) =>
    after === null ? [] : [{ knob: id, to: after, expression: null }],
  );

const changesOf = ({ knobs }: TuneResult): readonly WrittenMove[] =>
  knobs.flatMap(({ id, before, after }) =>
    after === null || after === before ? [] : [{ knob: id, to: after, expression: null }],
  );
