/** The ways in which programs and captures come in, and all commands. */
import * as vscode from 'vscode';
import type { SessionId } from '../engine/protocol.js';
import {
  createCommands,
  launchOfPath,
  registerCommands,
  type CommandContext,
  type Runtimes,
} from './commands.js';
import { changeNote, UNKNOWN } from './captureNotes.js';
import type { Log } from './log.js';
import { DisposableStore, type Disposable } from './disposables.js';
import { createEarlierCommands } from './earlier/earlierCommands.js';
import { EarlierView, workspaceKey } from './earlier/earlierView.js';
import { openExample } from './example/openExample.js';
import { registerDebugProfiling } from './run/debugProvider.js';
import { DebugRecorder } from './run/debugRecorder.js';
import { createEntryCommands } from './run/entryCommands.js';
import { RecordingMarks } from './run/recordingMarks.js';
import { registerScriptLenses } from './run/npmLens.js';
import { registerTasks } from './run/taskProvider.js';
import { ProfiledTerminals } from './run/terminalProfile.js';
import { sessionLabel } from './sessions/tree.js';
import { readSettings, type Settings } from './settings.js';

/** What they work with. */
export interface EntryParts extends Omit<CommandContext, 'memory' | 'runtimes'> {
  readonly extension: vscode.ExtensionContext;
}

/** Registers them until disposed. */
export function registerEntries(parts: EntryParts): Disposable {
  const { extension, log, sessions, panels, profiler } = parts;
  const store = new DisposableStore();
  const settings = (): Settings => readSettings(extension.globalStorageUri);
  const runtimes = (): Runtimes => settings();
  const memory = extension.workspaceState;
  const report = (problem: string): void => {
    log.warn(problem);
  };
  const notice = (problem: string): void => {
    report(problem);
    void vscode.window.showWarningMessage(`Sluice: ${problem}`);
  };
  const showAside = (session: SessionId, title: string): void => {
    panels.show(session, title, { isAside: true });
  };
  const onWork = (session: SessionId): void => {
    const info = sessions.find(session);
    if (info === undefined) return;
    showAside(session, sessionLabel(info));
    // Only now is it known what runs there.
    void noteCapture(log, info.capturePath, sessionLabel(info));
  };
  store.add(new RecordingMarks(sessions, report));
  const terminals = store.add(
    new ProfiledTerminals({ profiler, sessions, onWork, report: notice }, log),
  );
  const nowMs = (): number => performance.now();
  const debugging = new DebugRecorder({ profiler, sessions, show: showAside, report, nowMs });
  store.add(registerDebugProfiling(debugging, log));
  store.add(registerScriptLenses());
  store.add(registerTasks({ profiler, show: showAside }));
  const folder = (): string => settings().capturesFolder;
  const earlier = store.add(new EarlierView({ sessions, folder, memory, report }));
  const entries = createEntryCommands({
    profiler,
    panels,
    terminals,
    openExample: async (wish) => openExample(extension, wish),
    launchOf: async (file) => launchOfPath(file, runtimes()),
  });
  const commands = {
    ...createCommands({ ...parts, memory, runtimes }),
    ...entries,
    ...createEarlierCommands(earlier, sessions),
  };
  store.add(registerCommands(commands, log));
  return store;
}

/** A note that cannot be written is no reason not to record. */
export async function noteCapture(log: Log, capturePath: string, title: string): Promise<void> {
  try {
    const workspace = workspaceKey();
    await changeNote(capturePath, (note) => ({ ...UNKNOWN, ...note, title, workspace }));
  } catch (error) {
    log.warn(`${capturePath} has no note: ${String(error)}`);
  }
}
