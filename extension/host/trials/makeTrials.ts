/** Joins the parts of this folder, and ties them to the engine. */
import * as vscode from 'vscode';
import type { SessionId } from '../../engine/protocol.js';
import type { DisposableStore } from '../disposables.js';
import type { EngineLink } from '../engineLink.js';
import type { Log } from '../log.js';
import type { SessionList } from '../sessions/sessionList.js';
import { IgnoredSuggestions } from './ignored.js';
import { Journals, type Started } from './journals.js';
import { LiveStates } from './liveStates.js';
import { TrialCommands, type WriteToSource } from './trialCommands.js';
import { TrialRuns } from './trialRuns.js';

/** What the parts need from the rest of the host. */
export interface TrialParts {
  readonly engine: EngineLink;
  readonly sessions: SessionList;
  readonly log: Log;
  /** Per workspace. */
  readonly memory: vscode.Memento;
  readonly startedOf: (session: SessionId) => Started | undefined;
  readonly write: WriteToSource;
}

/** What the rest of the host uses. */
export interface Trials {
  readonly runs: TrialRuns;
  readonly live: LiveStates;
  readonly trials: TrialCommands;
  readonly ignored: IgnoredSuggestions;
}

/** Makes the parts; the store ends them. */
export function makeTrials(store: DisposableStore, parts: TrialParts): Trials {
  const { engine, sessions, log, memory, startedOf, write } = parts;
  const journals = new Journals({
    startedOf,
    folders: workspaceFolders,
    isTrusted: () => vscode.workspace.isTrusted,
    report: (problem) => {
      log.warn(problem);
    },
  });
  const runs = new TrialRuns({
    call: engine.call,
    journal: (session, record, report) => {
      journals.add(session, record, report);
    },
  });
  const ignored = new IgnoredSuggestions(memory);
  const live = store.add(new LiveStates(runs, ignored));
  store.add(
    engine.onEvent((event) => {
      runs.apply(event);
      live.apply(event);
      if (event.kind === 'closed') journals.forget(event.session);
    }),
  );
  store.add(
    engine.onLost(() => {
      runs.clear();
    }),
  );
  const folderOf = (session: SessionId): string | undefined => startedOf(session)?.cwd;
  return {
    runs,
    live,
    ignored,
    trials: new TrialCommands({ runs, ignored, sessions, log, folderOf, write }),
  };
}

function workspaceFolders(): readonly string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
}
