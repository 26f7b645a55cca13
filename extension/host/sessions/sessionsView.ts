/** The sessions view in the activity bar. */
import * as vscode from 'vscode';
import type { SessionId } from '../../engine/protocol.js';
import type { Disposable } from '../disposables.js';
import { DisposableStore } from '../disposables.js';
import { registerRowCommand, rowCommandOf } from '../rowCommand.js';
import { Throttle } from '../throttle.js';
import { urisIn } from '../traceFiles.js';
import { isLive, type SessionList } from './sessionList.js';
import { adviceSection } from './adviceSection.js';
import { trialSection, type TrialSource } from './trialSection.js';
import {
  closedFace,
  messageNode,
  reportNodes,
  sessionFace,
  type Face,
  type Section,
  type TreeNode,
} from './tree.js';

const FLAME = new vscode.ThemeColor('charts.red');
const RECORD = new vscode.ThemeColor('charts.green');

const REFRESH_INTERVAL_MS = 1000;

class SessionTree implements vscode.TreeDataProvider<TreeNode>, Disposable {
  readonly #sessions: SessionList;
  readonly #sections: readonly Section[];
  readonly #changed = new vscode.EventEmitter<TreeNode[] | undefined>();
  /** The rows that VS Code knows; made anew, without those of closed sessions, when it asks for all. */
  #rows: ReadonlyMap<SessionId, TreeNode> = new Map();
  /** What is to be looked at again. */
  #news: 'all' | Set<SessionId> = new Set();
  /** VS Code reads a tree row by row, and stumbles over a refresh in the midst of that: they keep a distance. */
  readonly #refreshes = new Throttle(() => {
    this.#fire();
    return Promise.resolve();
  }, REFRESH_INTERVAL_MS);

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(sessions: SessionList, sections: readonly Section[]) {
    this.#sessions = sessions;
    this.#sections = sections;
  }

  /** Sessions came, went or moved. */
  refreshAll(): void {
    this.#news = 'all';
    this.#refreshes.request();
  }

  /** These sessions have news. */
  refresh(sessions: readonly SessionId[]): void {
    if (this.#news !== 'all') for (const session of sessions) this.#news.add(session);
    this.#refreshes.request();
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const face = this.#faceOf(node);
    const item = new vscode.TreeItem(face.label, collapsibleState(node, this.#sessions));
    item.id = face.id;
    item.description = face.description;
    item.tooltip = face.tooltip;
    item.contextValue = face.context;
    item.iconPath = new vscode.ThemeIcon(face.icon, colorOf(face.icon));
    item.accessibilityInformation = { label: `${face.label}, ${face.description}` };
    if (node.kind === 'session' || node.kind === 'leaf') {
      item.command = { command: rowCommandOf('sluice.showPanel'), title: 'Show Panel' };
    }
    return item;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node === undefined) return this.#allRows();
    if (node.kind === 'branch') return [...node.children];
    if (node.kind === 'leaf') return [];
    const state = await this.#sessions.report(node.session);
    return state.kind === 'known'
      ? [...reportNodes(node.session, state.report, this.#sections)]
      : [messageNode(node.session, 'failed', state.message)];
  }

  dispose(): void {
    this.#refreshes.dispose();
    this.#changed.dispose();
  }

  #fire(): void {
    const news = this.#news;
    this.#news = new Set();
    if (news === 'all') {
      this.#changed.fire(undefined);
      return;
    }
    const rows = [...news].map((session) => this.#rows.get(session)).filter((r) => r !== undefined);
    if (rows.length > 0) this.#changed.fire(rows);
  }

  #allRows(): TreeNode[] {
    const present = this.#sessions.all().map(({ session }): [SessionId, TreeNode] => {
      return [session, this.#rows.get(session) ?? { kind: 'session', session }];
    });
    this.#rows = new Map(present);
    return [...this.#rows.values()];
  }

  #faceOf(node: TreeNode): Face {
    if (node.kind !== 'session') return node.face;
    const info = this.#sessions.find(node.session);
    return info === undefined ? closedFace(node.session) : sessionFace(info);
  }
}

function colorOf(icon: string): vscode.ThemeColor | undefined {
  if (icon === 'flame') return FLAME;
  return icon === 'record' ? RECORD : undefined;
}

function collapsibleState(node: TreeNode, sessions: SessionList): vscode.TreeItemCollapsibleState {
  if (node.kind === 'leaf') return vscode.TreeItemCollapsibleState.None;
  if (node.kind === 'branch') return vscode.TreeItemCollapsibleState.Expanded;
  const info = sessions.find(node.session);
  return info !== undefined && isLive(info)
    ? vscode.TreeItemCollapsibleState.Expanded
    : vscode.TreeItemCollapsibleState.Collapsed;
}

/** Opens files that are dropped on the view. */
class FileDrop implements vscode.TreeDragAndDropController<TreeNode> {
  readonly dropMimeTypes = ['text/uri-list', 'files'];
  readonly dragMimeTypes = [];
  readonly #open: (uri: vscode.Uri) => void;

  constructor(open: (uri: vscode.Uri) => void) {
    this.#open = open;
  }

  async handleDrop(_target: TreeNode | undefined, dropped: vscode.DataTransfer): Promise<void> {
    const list = await dropped.get('text/uri-list')?.asString();
    const named = urisIn(list ?? '').map((uri) => vscode.Uri.parse(uri));
    // From outside of VS Code, files may come without a list of their addresses.
    const files = [...dropped].flatMap(([, item]) => item.asFile()?.uri ?? []);
    for (const uri of named.length > 0 ? named : files) this.#open(uri);
  }
}

/** What the view is made of besides the sessions. */
export interface SessionsViewContext {
  readonly trials: TrialSource;
  /** Is called for files that are dropped on the view. */
  readonly open: (uri: vscode.Uri) => void;
}

/** Shows the sessions; the context keys that menus use follow them. */
export function registerSessionsView(
  sessions: SessionList,
  { trials, open }: SessionsViewContext,
): Disposable {
  const store = new DisposableStore();
  const tree = store.add(new SessionTree(sessions, [adviceSection, trialSection(trials)]));
  store.add(
    trials.onChange((session) => {
      tree.refresh([session]);
    }),
  );
  const view = store.add(
    vscode.window.createTreeView('sluice.sessions', {
      treeDataProvider: tree,
      showCollapseAll: true,
      dragAndDropController: new FileDrop(open),
    }),
  );
  store.add(registerRowCommand(view, 'sluice.showPanel'));
  const update = (): void => {
    const live = sessions.all().filter(isLive).length;
    view.badge =
      live === 0 ? undefined : { value: live, tooltip: `${live} live profiling session(s)` };
    void vscode.commands.executeCommand(
      'setContext',
      'sluice.hasSessions',
      sessions.all().length > 0,
    );
    void vscode.commands.executeCommand('setContext', 'sluice.hasLiveSessions', live > 0);
    tree.refreshAll();
  };
  store.add(sessions.onMembership(update));
  store.add(
    sessions.onChange((changed) => {
      tree.refresh(changed);
    }),
  );
  return store;
}

/** A tree row, when that is what a menu passed to a command. */
export function asTreeNode(argument: unknown): TreeNode | undefined {
  // VS Code hands back the very objects of `getChildren`, or JSON of whoever else calls the command: look before use.
  const isNode =
    typeof argument === 'object' &&
    argument !== null &&
    'kind' in argument &&
    'session' in argument;
  return isNode ? (argument as TreeNode) : undefined;
}
