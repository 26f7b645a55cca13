/** What the commands do. Each one asks for what it was not told: which session, which knob, which file. */
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { checkRevealedRow, type RevealedRow } from '../core/panel/messages.js';
import type { KnobReport, Report } from '../core/report/report.js';
import type { SessionId, SessionInfo } from '../engine/protocol.js';
import { attachToProcess } from './attachCommand.js';
import type { CommandHandlers } from './commandTable.js';
import type { EARLIER_COMMANDS } from './earlier/earlierTable.js';
import type { CallEngine } from './engineLink.js';
import { CpuProfileCommands } from './cpuProfileCommands.js';
import { exportSession } from './exportCommand.js';
import type { Log } from './log.js';
import type { SessionCommand } from './panel/panelChannel.js';
import type { Panels } from './panel/panels.js';
import { activeFile } from './run/entryCommands.js';
import { NOT_PROFILED, requireTrust } from './trust.js';
import { launchOfPython } from './run/pythonLaunch.js';
import { pythonFor } from './run/pythonFor.js';
import type { ENTRY_COMMANDS } from './run/entryTable.js';
import {
  launchOfCommand,
  launchOfFile,
  probeNode,
  resolveFrom,
  type Launch,
} from './run/launch.js';
import type { Profiler } from './run/profiler.js';
import { reportMarkdown } from './sessions/markdown.js';
import { isLive, type SessionList } from './sessions/sessionList.js';
import type { SourceCommands } from './source/registerSource.js';
import { asTreeNode } from './sessions/sessionsView.js';
import type { TrialCommands } from './trials/trialCommands.js';
import type { TrialRuns } from './trials/trialRuns.js';
import { editorFor, endingOf, TRACE_ENDINGS } from './traceFiles.js';

/** What the commands work with. */
export interface CommandContext {
  readonly call: CallEngine;
  readonly sessions: SessionList;
  readonly panels: Panels;
  readonly profiler: Profiler;
  readonly runs: TrialRuns;
  readonly trials: TrialCommands;
  readonly log: Log;
  /** Per workspace: remembers the last command line. */
  readonly memory: vscode.Memento;
  /** The settings; empty: what is on PATH. */
  readonly runtimes: () => Runtimes;
  /** What the commands about the source do. */
  readonly source: SourceCommands;
}

const LAST_COMMAND = 'sluice.lastCommand';
/** Each await of the program takes some 100 ns longer in this time on Node 20 and 22. */
const LEARN_MS = 10_000;

/** Handlers for what is not in one of the smaller tables. */
export type OwnHandlers = Omit<
  CommandHandlers,
  keyof typeof ENTRY_COMMANDS | keyof typeof EARLIER_COMMANDS
>;

/** Handlers for the table without the smaller ones. */
export function createCommands(context: CommandContext): OwnHandlers {
  const onSession = (
    wanted: (info: SessionInfo) => boolean,
    act: (info: SessionInfo, argument: unknown) => Promise<void> | void,
  ): ((argument: unknown) => Promise<void>) => {
    return async (argument) => {
      const info = await chooseSession(context, argument, wanted);
      if (info !== undefined) await act(info, argument);
    };
  };
  const any = (): boolean => true;
  const { trials } = context;
  const cpuProfiles = new CpuProfileCommands(context.call);
  return {
    'sluice.profileActiveFile': () => profileActiveFile(context),
    'sluice.profileCommand': () => profileCommand(context),
    'sluice.attach': async () => {
      requireTrust(NOT_PROFILED);
      await attachToProcess(context);
    },
    'sluice.openCapture': openCapture,
    'sluice.showPanel': onSession(any, (info, argument) => {
      const row = rowIn(argument);
      context.panels.show(info.session, info.title, row === undefined ? {} : { row });
    }),
    'sluice.stopSession': onSession(isLive, (info) => context.profiler.stop(info.session)),
    'sluice.recordCpuProfile': onSession(isLive, (info) => cpuProfiles.record(info.session)),
    'sluice.stopCpuProfile': onSession(isLive, (info) => cpuProfiles.stop(info.session)),
    'sluice.learnTopology': onSession(isLive, (info) => learnTopology(context, info)),
    'sluice.setKnob': onSession(isLive, (info, argument) => setKnob(context, info, argument)),
    ...context.source,
    'sluice.tryLive': onSession(isLive, (info, argument) => trials.tryLive(info, argument)),
    'sluice.tune': onSession(isLive, (info, argument) => trials.tune(info, argument)),
    'sluice.stopTrials': onSession(isLive, (info) => trials.stop(info)),
    'sluice.revertKnobs': onSession(isLive, (info, argument) => trials.revert(info, argument)),
    'sluice.revealCapture': onSession(any, revealCapture),
    'sluice.saveCapture': onSession(any, saveCapture),
    'sluice.export': onSession(any, (info) => exportSession(context.call, info)),
    'sluice.copyReportJson': onSession(any, async (info) => {
      await copyReport(context, info, (report) => `${JSON.stringify(report, null, 2)}\n`);
    }),
    'sluice.copyReportMarkdown': onSession(any, async (info) => {
      await copyReport(context, info, (report) => reportMarkdown(info.title, report));
    }),
    'sluice.removeSession': onSession(any, async (info) => {
      context.panels.close(info.session);
      await context.call('closeSession', { session: info.session });
    }),
    'sluice.showLog': () => {
      context.log.show();
      return Promise.resolve();
    },
  };
}

/** The session that the argument names, else that of the panel in front, else the only one, else the user's choice. */
async function chooseSession(
  { sessions, panels }: CommandContext,
  argument: unknown,
  wanted: (info: SessionInfo) => boolean,
): Promise<SessionInfo | undefined> {
  const named = sessionIn(argument);
  const all = sessions.all();
  if (named !== undefined) {
    const found = all.find((info) => info.session === named);
    if (found === undefined) throw new Error('This session has been closed.');
    return found;
  }
  const candidates = all.filter(wanted);
  const inFront = candidates.find((info) => info.session === panels.active);
  if (inFront !== undefined || candidates.length < 2) {
    if (candidates.length === 0)
      throw new Error(
        'There is no session for that now. Profile a program or open a capture first.',
      );
    return inFront ?? candidates[0];
  }
  const picked = await vscode.window.showQuickPick(
    candidates.map((info) => ({ label: info.title, description: info.capturePath, info })),
    { placeHolder: 'Which session?' },
  );
  return picked?.info;
}

/** The row of the panel that a row of the sessions view, or a lens in the source, stands for. */
function rowIn(argument: unknown): RevealedRow | undefined {
  const row: unknown =
    typeof argument === 'object' && argument !== null ? Reflect.get(argument, 'row') : undefined;
  const checked = checkRevealedRow(row, 'row');
  return checked.ok ? checked.value : undefined;
}

/** A session by its id, a row of the sessions view, or an object with a `session`. */
function sessionIn(argument: unknown): unknown {
  const isObject = typeof argument === 'object' && argument !== null && 'session' in argument;
  return isObject ? argument.session : argument;
}

async function profile({ profiler, panels }: CommandContext, launch: Launch): Promise<void> {
  const session = await profiler.start(launch);
  panels.show(session, launch.title);
}

/** Follows items through async context for a while; what that shows comes with the next reports. */
async function learnTopology({ call }: CommandContext, { session }: SessionInfo): Promise<void> {
  await call('learnTopology', { session, durationMs: LEARN_MS });
  const seconds = LEARN_MS / 1000;
  void vscode.window.showInformationMessage(
    `Sluice follows items from stage to stage for ${seconds} seconds; what it learns appears in the panel.`,
  );
}

async function profileActiveFile(context: CommandContext): Promise<void> {
  requireTrust(NOT_PROFILED);
  const document = await activeFile('the JavaScript, TypeScript or Python file');
  await profile(context, await launchOfPath(document.uri, context.runtimes()));
}

/** Where the programs that run files are, by the settings; empty: not set. */
export interface Runtimes {
  readonly nodePath: string;
  readonly pythonPath: string;
}

/** How a file is run. Rejects with a sentence when it cannot be. */
export async function launchOfPath(uri: vscode.Uri, runtimes: Runtimes): Promise<Launch> {
  const file = uri.fsPath;
  const cwd = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? path.dirname(file);
  if (path.extname(file).toLowerCase() === '.py') {
    return launchOfPython(file, cwd, await pythonFor(uri, cwd, runtimes.pythonPath));
  }
  const node = await probeNode(runtimes.nodePath === '' ? 'node' : runtimes.nodePath);
  if (!node.ok) throw new Error(node.error);
  const launch = launchOfFile({ file, cwd, node: node.value, tsx: resolveFrom(file, 'tsx') });
  if (!launch.ok) throw new Error(launch.error);
  return launch.value;
}

async function profileCommand(context: CommandContext): Promise<void> {
  requireTrust(NOT_PROFILED);
  const line = await vscode.window.showInputBox({
    title: 'Profile Command',
    prompt: 'Runs in the shell, in the workspace folder. Every Node.js process in it is profiled.',
    placeHolder: 'node build.mjs',
    value: context.memory.get<string>(LAST_COMMAND, ''),
    ignoreFocusOut: true,
  });
  if (line === undefined || line.trim() === '') return;
  const cwd = await chooseFolder();
  if (cwd === undefined) return;
  await context.memory.update(LAST_COMMAND, line);
  await profile(context, launchOfCommand(line.trim(), cwd));
}

async function chooseFolder(): Promise<string | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((f) => f.uri.scheme === 'file');
  if (folders.length === 0) {
    throw new Error('No folder on disk is open. Open the folder in which the command shall run.');
  }
  const folder = folders.length === 1 ? folders[0] : await vscode.window.showWorkspaceFolderPick();
  return folder?.uri.fsPath;
}

async function openCapture(argument: unknown): Promise<void> {
  const given = argument instanceof vscode.Uri ? [argument] : undefined;
  const chosen =
    given ??
    (await vscode.window.showOpenDialog({
      title: 'Open Capture',
      canSelectMany: true,
      filters: { 'Captures and traces': [...TRACE_ENDINGS], 'All files': ['*'] },
    }));
  for (const uri of chosen ?? []) {
    await vscode.commands.executeCommand('vscode.openWith', uri, editorFor(uri.path));
  }
}

/** A file manager is only where the window and the files are on one machine. */
async function revealCapture(info: SessionInfo): Promise<void> {
  const hasFileManager =
    vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  if (hasFileManager) {
    await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(info.capturePath));
    return;
  }
  const copy = 'Copy Path';
  const chosen = await vscode.window.showInformationMessage(info.capturePath, copy);
  if (chosen === copy) await vscode.env.clipboard.writeText(info.capturePath);
}

async function saveCapture(info: SessionInfo): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = path.basename(info.capturePath);
  const target = await vscode.window.showSaveDialog({
    title: 'Save Capture As',
    ...(folder?.scheme === 'file' ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: { Captures: [endingOf(name)] },
  });
  if (target === undefined) return;
  if (target.scheme !== 'file')
    throw new Error(`A capture is saved to a disk, not to ${target.scheme}:.`);
  await copyFile(info.capturePath, target.fsPath);
}

async function copyReport(
  { sessions }: CommandContext,
  info: SessionInfo,
  render: (report: Report) => string,
): Promise<void> {
  const state = await sessions.report(info.session);
  if (state.kind === 'failed') throw new Error(state.message);
  await vscode.env.clipboard.writeText(render(state.report));
  vscode.window.setStatusBarMessage('Sluice: report copied', 4000);
}

async function setKnob(
  context: CommandContext,
  info: SessionInfo,
  argument: unknown,
): Promise<void> {
  const state = await context.sessions.report(info.session);
  if (state.kind === 'failed') throw new Error(state.message);
  const live = state.report.pipelines.flatMap((p) => p.knobs).filter((knob) => knob.live);
  const node = asTreeNode(argument);
  const wanted = node?.kind === 'leaf' ? node.knob : undefined;
  const knob = wanted === undefined ? await chooseKnob(live) : live.find((k) => k.id === wanted);
  if (knob === undefined) {
    if (live.length === 0)
      throw new Error('This program has no knob that can be set while it runs.');
    return;
  }
  const value = await askValue(knob);
  if (value === undefined) return;
  await context.runs.setKnob(info.session, knob.id, value);
}

async function chooseKnob(knobs: readonly KnobReport[]): Promise<KnobReport | undefined> {
  if (knobs.length < 2) return knobs[0];
  const picked = await vscode.window.showQuickPick(
    knobs.map((knob) => ({ label: knob.name, description: valueText(knob), knob })),
    { placeHolder: 'Which knob?' },
  );
  return picked?.knob;
}

const valueText = (knob: KnobReport): string =>
  knob.value === null ? 'unlimited' : String(knob.value);

async function askValue(knob: KnobReport): Promise<number | undefined> {
  const range = `${knob.min} to ${knob.max ?? 'unlimited'}`;
  const text = await vscode.window.showInputBox({
    title: `Set ${knob.name}`,
    prompt: `A number, ${range}; now ${valueText(knob)}. ${knob.remark ?? ''}`,
    value: knob.value === null ? '' : String(knob.value),
    validateInput: (typed) => {
      const value = typed.trim() === '' ? Number.NaN : Number(typed);
      return value >= knob.min && value <= (knob.max ?? Number.MAX_SAFE_INTEGER)
        ? undefined
        : `A number, ${range}.`;
    },
  });
  return text === undefined ? undefined : Number(text);
}

/** Registers the whole table; a failure is shown to the user and stands in the log. */
export function registerCommands(handlers: CommandHandlers, log: Log): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(handlers).map(([id, handler]) =>
      vscode.commands.registerCommand(id, async (argument: unknown) => {
        try {
          await handler(argument);
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          log.warn(`${id}: ${message}`);
          void vscode.window.showErrorMessage(`Sluice: ${message}`);
        }
      }),
    ),
  );
}

/** For the panel's buttons: the same commands, on its session. */
export async function runSessionCommand(
  command: SessionCommand,
  session: SessionId,
): Promise<void> {
  const ids = {
    stop: 'sluice.stopSession',
    saveCapture: 'sluice.saveCapture',
    copyReport: 'sluice.copyReportMarkdown',
    recordCpuProfile: 'sluice.recordCpuProfile',
    stopCpuProfile: 'sluice.stopCpuProfile',
  } as const;
  await vscode.commands.executeCommand(ids[command], session);
}
