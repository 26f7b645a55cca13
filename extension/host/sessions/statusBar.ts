/** One line in the status bar while something is being profiled. */
import * as vscode from 'vscode';
import type { SessionId, SessionInfo } from '../../engine/protocol.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import { isLive, type ReportState, type SessionList } from './sessionList.js';
import { statusDetails, statusText } from './statusText.js';
import { sessionLabel } from './tree.js';

/**
 * Shows the live session whose panel is in front, else the newest in which something runs; a click opens its panel. `active` is
 * asked for each time.
 */
export function registerStatusBar(
  sessions: SessionList,
  active: () => SessionId | undefined,
): Disposable {
  const store = new DisposableStore();
  const item = store.add(
    vscode.window.createStatusBarItem('sluice.status', vscode.StatusBarAlignment.Left, 10),
  );
  item.name = 'Sluice';
  const update = async (): Promise<void> => {
    const info = sessionToShow(sessions.all(), active());
    if (info === undefined) {
      item.hide();
      return;
    }
    const state = await sessions.report(info.session);
    // The session may have ended while its report was made.
    const now = sessions.find(info.session);
    if (now === undefined || !isLive(now)) {
      item.hide();
      return;
    }
    item.text = `$(graph) ${state.kind === 'known' ? statusText(state.report) : 'recording'}`;
    item.tooltip = tooltipOf(now, state);
    item.command = { command: 'sluice.showPanel', title: 'Show Panel', arguments: [info.session] };
    item.show();
  };
  store.add(sessions.onMembership(() => void update()));
  store.add(sessions.onChange(() => void update()));
  return store;
}

/** A terminal that only waits for the user is no news. */
function sessionToShow(
  all: readonly SessionInfo[],
  active: SessionId | undefined,
): SessionInfo | undefined {
  const running = all.filter(({ state }) => state === 'live');
  return running.find(({ session }) => session === active) ?? running[0];
}

function tooltipOf(info: SessionInfo, state: ReportState): vscode.MarkdownString {
  const lines = state.kind === 'known' ? statusDetails(state.report) : [state.message];
  // Names come out of programs, and must not become markup.
  const tooltip = new vscode.MarkdownString('', true);
  tooltip.appendMarkdown('**Sluice profiles ').appendText(sessionLabel(info)).appendMarkdown('**');
  for (const line of lines) tooltip.appendMarkdown('\n\n').appendText(line);
  return tooltip.appendMarkdown('\n\nClick to see it.');
}
