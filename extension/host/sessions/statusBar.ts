/** One line in the status bar while something is being profiled. */
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.js';
import { isLive, type SessionList } from './sessionList.js';
import { statusText } from './statusText.js';

/** Shows the newest live session; a click opens its panel. */
export function registerStatusBar(sessions: SessionList): Disposable {
  const store = new DisposableStore();
  const item = store.add(
    vscode.window.createStatusBarItem('sluice.status', vscode.StatusBarAlignment.Left, 10),
  );
  item.name = 'Sluice';
  const update = async (): Promise<void> => {
    const info = sessions.all().find(isLive);
    if (info === undefined) {
      item.hide();
      return;
    }
    const state = await sessions.report(info.session);
    const text = state.kind === 'known' ? statusText(state.report) : 'recording';
    // The session may have ended while its report was made.
    const now = sessions.find(info.session);
    if (now === undefined || !isLive(now)) {
      item.hide();
      return;
    }
    item.text = `$(graph) ${text}`;
    item.tooltip = `Sluice profiles ${info.title}. Click to see it.`;
    item.command = { command: 'sluice.showPanel', title: 'Show Panel', arguments: [info.session] };
    item.show();
  };
  store.add(sessions.onMembership(() => void update()));
  store.add(sessions.onChange(() => void update()));
  return store;
}
