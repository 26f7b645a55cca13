/** The view "Earlier": captures of this workspace, below its sessions. */
import * as vscode from 'vscode';
import { listCaptures, type CaptureFile } from '../captures.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import type { SessionList } from '../sessions/sessionList.js';
import { registerRowCommand, rowCommandOf } from '../rowCommand.js';
import { Throttle } from '../throttle.js';
import { earlierCaptures, earlierRow, ORDERS, type Order } from './earlierRows.js';

/** Where captures are, and what is remembered of how they are shown. */
export interface EarlierContext {
  readonly sessions: SessionList;
  readonly folder: () => string;
  /** Per workspace. */
  readonly memory: vscode.Memento;
  /** For the log. */
  readonly report: (problem: string) => void;
}

const ORDER_KEY = 'sluice.earlierOrder';
/** Folders are read at most so often. */
const REFRESH_MS = 500;
/** "5 min ago" grows old. */
const AGEING_MS = 60_000;

/** URI of the folder by which captures of a workspace are told apart; null: no folder is open. */
export const workspaceKey = (): string | null =>
  vscode.workspace.workspaceFolders?.[0]?.uri.toString() ?? null;

/** Owns the view. */
export class EarlierView implements vscode.TreeDataProvider<CaptureFile>, Disposable {
  readonly #context: EarlierContext;
  readonly #store = new DisposableStore();
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #reading: Throttle;
  #files: readonly CaptureFile[] = [];

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(context: EarlierContext) {
    this.#context = context;
    this.#reading = this.#store.add(new Throttle(() => this.#read(), REFRESH_MS));
    this.#store.add(this.#changed);
    const view = this.#store.add(
      vscode.window.createTreeView('sluice.earlier', { treeDataProvider: this }),
    );
    this.#store.add(registerRowCommand(view, 'sluice.openEarlier'));
    const refresh = (): void => {
      this.refresh();
    };
    this.#store.add(context.sessions.onMembership(refresh));
    this.#store.add(view.onDidChangeVisibility(refresh));
    this.#store.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('sluice.captures')) refresh();
      }),
    );
    const timer = setInterval(() => {
      if (view.visible) refresh();
    }, AGEING_MS);
    this.#store.add({
      dispose: () => {
        clearInterval(timer);
      },
    });
    refresh();
  }

  /** The captures that the view shows, in its order. */
  get files(): readonly CaptureFile[] {
    return this.#files;
  }

  get order(): Order {
    const kept: unknown = this.#context.memory.get(ORDER_KEY);
    return kept === 'name' || kept === 'size' ? kept : 'date';
  }

  /** Shows them in another order, from now on in this workspace. */
  async setOrder(order: Order): Promise<void> {
    await this.#context.memory.update(ORDER_KEY, order);
    this.refresh();
  }

  /** Looks at the folder again. */
  refresh(): void {
    this.#reading.request();
  }

  getTreeItem(file: CaptureFile): vscode.TreeItem {
    const row = earlierRow(file, Date.now());
    const item = new vscode.TreeItem(row.label);
    item.id = row.capturePath;
    item.description = row.description;
    item.tooltip = row.tooltip;
    item.iconPath = new vscode.ThemeIcon(row.icon);
    item.contextValue = row.context;
    item.command = { command: rowCommandOf('sluice.openEarlier'), title: 'Open' };
    item.accessibilityInformation = { label: `${row.label}, ${row.description}` };
    return item;
  }

  getChildren(file?: CaptureFile): CaptureFile[] {
    return file === undefined ? [...this.#files] : [];
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #read(): Promise<void> {
    try {
      const inSessions = this.#context.sessions
        .all()
        .filter(({ state }) => state !== 'capture' && state !== 'reading')
        .map(({ capturePath }) => capturePath);
      this.#files = earlierCaptures(await listCaptures(this.#context.folder()), {
        workspace: workspaceKey(),
        inSessions: new Set(inSessions),
        order: this.order,
      });
    } catch (error) {
      this.#files = [];
      this.#context.report(`Earlier captures cannot be listed: ${String(error)}`);
    }
    await vscode.commands.executeCommand('setContext', 'sluice.hasEarlier', this.#files.length > 0);
    this.#changed.fire(undefined);
  }
}

const ALL_ORDERS: readonly Order[] = ['date', 'name', 'size'];

/** Asks for the order; undefined: it stays. */
export async function askOrder(present: Order): Promise<Order | undefined> {
  const picked = await vscode.window.showQuickPick(
    ALL_ORDERS.map((order) => ({
      label: ORDERS[order],
      description: order === present ? 'now' : '',
      order,
    })),
    { placeHolder: 'Sort captures' },
  );
  return picked?.order;
}
