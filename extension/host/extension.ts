/** Where VS Code enters: makes the parts and joins them. Nothing starts before it is used. */
import path from 'node:path';
import * as vscode from 'vscode';
import { workerEngine } from '../engine/engineClient.js';
import { registerTools } from './assistants/registerTools.js';
import { runSessionCommand } from './commands.js';
import { DisposableStore } from './disposables.js';
import { EngineLink } from './engineLink.js';
import { noteCapture, registerEntries } from './entries.js';
import { Log } from './log.js';
import { registerCaptureEditor } from './panel/captureEditor.js';
import { Panels } from './panel/panels.js';
import type { WebviewContext } from './panel/sessionWebview.js';
import type { Launch } from './run/launch.js';
import { Profiler } from './run/profiler.js';
import { showInTerminal } from './run/terminal.js';
import { FrontSession } from './sessions/frontSession.js';
import { SessionList } from './sessions/sessionList.js';
import { registerSessionsView } from './sessions/sessionsView.js';
import { registerStatusBar } from './sessions/statusBar.js';
import { captureSettings, readSettings } from './settings.js';
import { registerSource } from './source/registerSource.js';
import type { Started } from './trials/journals.js';
import { makeTrials } from './trials/makeTrials.js';
import { trialSource } from './trials/trialRows.js';

/** VS Code waits for `deactivate`, not for `subscriptions`: captures are closed in there. */
let endEngine: (() => Promise<void>) | undefined;

/** Called once by VS Code, when a command, a view, a panel or a capture of ours is first needed. */
export function activate(extension: vscode.ExtensionContext): void {
  const store = new DisposableStore();
  extension.subscriptions.push(store);
  const log = store.add(new Log());
  const dist = (file: string): string => path.join(extension.extensionPath, 'dist', file);
  const memory = extension.workspaceState;

  const pagesFolder = path.join(extension.globalStorageUri.fsPath, 'pages');
  const engine = new EngineLink(() => workerEngine(dist('engine.cjs'), { pagesFolder }));
  endEngine = () => engine.dispose();
  store.add({ dispose: () => void engine.dispose() });
  const { call } = engine;

  const sessions = store.add(new SessionList(call));
  const front = store.add(new FrontSession(sessions));
  const profiler = store.add(makeProfiler({ extension, engine, sessions, log }));
  const { runs, live, trials, ignored } = makeTrials(store, {
    ...{ engine, sessions, log, memory },
    startedOf: (session) => startedAs(profiler.launchOf(session)),
    write: async (request) => {
      await vscode.commands.executeCommand('sluice.writeToSource', request);
    },
  });
  const webviews: WebviewContext = {
    ...{ call, sessions, front, log, live },
    extensionUri: extension.extensionUri,
    runCommand: runSessionCommand,
    actLive: (session, message) => trials.act(session, message),
  };
  const panels = store.add(new Panels(webviews));
  store.add(registerCaptureEditor(webviews));
  const open = (uri: vscode.Uri): void => {
    void vscode.commands.executeCommand('sluice.openCapture', uri);
  };
  store.add(registerSessionsView(sessions, { trials: trialSource(runs), open }));
  store.add(registerStatusBar(sessions, () => panels.active));
  store.add(followEngine(engine, sessions, log));
  const source = store.add(
    registerSource({ call, sessions, front, log, memory, live, runs, ignored, dist: dist('') }),
  );
  store.add(
    registerEntries({
      ...{ extension, call, log, sessions, panels, profiler, runs, trials },
      source: source.commands,
    }),
  );
  store.add(
    registerTools({
      call,
      sessions: () => sessions.all(),
      inFront: () => panels.active,
      previewEdit: source.previewEdit,
    }),
  );
}

interface ProfilerParts {
  readonly extension: vscode.ExtensionContext;
  readonly engine: EngineLink;
  readonly sessions: SessionList;
  readonly log: Log;
}

function makeProfiler({ extension, engine, sessions, log }: ProfilerParts): Profiler {
  return new Profiler({
    call: engine.call,
    sessions,
    registerPath: path.join(extension.extensionPath, 'dist/agent/register.cjs'),
    captures: () => captureSettings(readSettings(extension.globalStorageUri)),
    note: async (capturePath, title) => noteCapture(log, capturePath, title),
    show: showInTerminal,
    report: (problem) => {
      log.info(problem);
    },
  });
}

/** Called by VS Code before it ends; resolves when every capture is closed. */
export async function deactivate(): Promise<void> {
  await endEngine?.();
}

/** What was started, as a journal of trials names it. */
function startedAs(launch: Launch | undefined): Started | undefined {
  if (launch === undefined) return undefined;
  return { command: [launch.command, ...launch.args], cwd: launch.cwd };
}

function followEngine(engine: EngineLink, sessions: SessionList, log: Log): DisposableStore {
  const store = new DisposableStore();
  store.add(
    engine.onEvent((event) => {
      sessions.apply(event);
      if (event.kind !== 'problem') return;
      log.warn(event.message);
      void vscode.window.showWarningMessage(`Sluice: ${event.message}`);
    }),
  );
  store.add(
    engine.onLost((reason) => {
      sessions.clear();
      log.error(reason);
      void vscode.window.showErrorMessage(
        `Sluice: ${reason}. Captures are kept on disk; profile again to start anew.`,
      );
    }),
  );
  return store;
}
