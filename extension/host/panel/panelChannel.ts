/**
 * One webview's conversation with the engine, whatever shows the webview (a panel, a custom editor). Knows nothing of
 * VS Code, so the rules below are tested with a pipe and a clock.
 *
 * The panel says `ready`, and gets a whole snapshot; from then on it gets another when the session has changed, at most
 * every 500 ms, and never so often that making snapshots takes more than a sixth of the engine's time; at once when the
 * session has come to another state, for then it is complete or over and somebody waits to see it. A hidden panel gets
 * nothing, since VS Code may drop what is posted to it; when it shows again it gets a whole snapshot, so what it missed
 * does not matter. Pictures (`view`) and lookups (`hit`) are answered as they come: the panel asks for another picture only
 * when the last one came or took too long, and then the engine gives that one up, so there is no backlog to bound here.
 */
import type { LiveState } from '../../core/panel/live.js';
import {
  checkFromWebview,
  isLiveMessage,
  type FromWebview,
  type LiveMessage,
  type RevealedRow,
  type ToWebview,
} from '../../core/panel/messages.js';
import type { Query } from '../../core/panel/query.js';
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import { unreachable } from '../../../agent/wire/result.js';
import type { SessionId } from '../../engine/protocol.js';
import type { Disposable } from '../disposables.js';
import type { CallEngine } from '../engineLink.js';
import { Throttle, type Clock } from '../throttle.js';

/** What the panel may ask of its session besides pictures. */
export type SessionCommand = Extract<FromWebview, { kind: 'command' }>['command'];

/** A picture of the view: SVG as it is, PNG in base64. */
export type PanelImage = Omit<Extract<FromWebview, { kind: 'saveImage' }>, 'kind'>;
/** A range that is to be exported. */
export type PanelRange = Omit<Extract<FromWebview, { kind: 'exportRange' }>, 'kind'>;

/** What a panel needs for the knobs of a running program. */
export interface PanelLive {
  readonly state: () => LiveState;
  /** Rejects with a sentence for the panel. */
  readonly act: (message: LiveMessage) => Promise<void>;
}

/** What the channel needs from around it. */
export interface PanelSurroundings {
  readonly session: SessionId;
  readonly call: CallEngine;
  /** Delivers to the webview. */
  readonly post: (message: ToWebview) => void;
  readonly isVisible: () => boolean;
  readonly openSource: (source: SourcePosition) => Promise<void>;
  readonly runCommand: (command: SessionCommand, session: SessionId) => Promise<void>;
  /** Trials, knobs by hand, and what goes with them. */
  readonly live: PanelLive;
  readonly copy: (text: string) => Promise<void>;
  /** Saves where the user says; resolves with the path, or null when the user would rather not. */
  readonly saveImage: (image: PanelImage) => Promise<string | null>;
  /** Asks for the format and the file, and tells the user what became of it. */
  readonly exportRange: (range: PanelRange) => Promise<void>;
  /** For the log: what went wrong inside the webview or on the way. */
  readonly report: (problem: string) => void;
  readonly clock?: Clock;
}

const SNAPSHOT_INTERVAL_MS = 500;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

type RequestOf<K extends 'view' | 'hit'> = Extract<FromWebview, { kind: K }>['request'];

let lastViewer = 0;

/** Made when the webview is; ended with it. */
export class PanelChannel implements Disposable {
  readonly #around: PanelSurroundings;
  readonly #snapshots: Throttle;
  readonly #viewer = ++lastViewer;
  #isReady = false;
  /** Goes out behind the next snapshot: a panel without one knows no rows. */
  #wanted: RevealedRow | undefined;
  #isDisposed = false;

  constructor(around: PanelSurroundings) {
    this.#around = around;
    this.#snapshots = new Throttle(() => this.#pushSnapshot(), SNAPSHOT_INTERVAL_MS, around.clock);
  }

  /** The session has changed; `isTurn`: it has come to another state (a file has been read), which somebody waits for. */
  changed(isTurn = false): void {
    if (!this.#isReady || !this.#around.isVisible()) return;
    if (isTurn) this.#snapshots.requestAtOnce();
    else this.#snapshots.request();
  }

  /** Trials of the session, or what goes with them, have changed. */
  liveChanged(): void {
    if (!this.#isReady || !this.#around.isVisible()) return;
    this.#post({ kind: 'live', live: this.#around.live.state() });
  }

  /** The webview was hidden or shown. What it missed comes with the next snapshot. */
  visibilityChanged(): void {
    this.changed();
    this.liveChanged();
  }

  /** Shows a row of the timeline, once the panel is there to show it. */
  reveal(row: RevealedRow): void {
    this.#wanted = row;
    this.changed(true);
  }

  /** A line in the panel's message area. */
  notice(level: 'info' | 'error', text: string): void {
    this.#post({ kind: 'notice', level, text });
  }

  /** Takes a message of the webview, which is checked first: a webview is outside. */
  async receive(raw: unknown): Promise<void> {
    const checked = checkFromWebview(raw, 'message');
    if (!checked.ok) {
      this.#around.report(`The panel sent something unexpected: ${checked.error}`);
      return;
    }
    try {
      await this.#handle(checked.value);
    } catch (error) {
      this.notice('error', messageOf(error));
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#snapshots.dispose();
  }

  async #handle(message: FromWebview): Promise<void> {
    if (isLiveMessage(message)) {
      await this.#around.live.act(message);
      return;
    }
    const { session } = this.#around;
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        this.changed();
        this.liveChanged();
        return;
      case 'view':
        await this.#answerView(message.request);
        return;
      case 'hit':
        await this.#answerHit(message.request);
        return;
      case 'query':
        await this.#answerQuery(message.query);
        return;
      case 'openSource':
        await this.#around.openSource(message.source);
        return;
      case 'command':
        await this.#around.runCommand(message.command, session);
        return;
      case 'copy':
        await this.#around.copy(message.text);
        this.notice('info', 'Copied.');
        return;
      case 'saveImage':
        this.#saved(await this.#around.saveImage(message));
        return;
      case 'exportRange':
        await this.#around.exportRange({ fromNs: message.fromNs, toNs: message.toNs });
        return;
      case 'failure':
        this.#around.report(`The panel failed: ${message.message}`);
        return;
      default:
        unreachable(message);
    }
  }

  async #pushSnapshot(): Promise<void> {
    const { session, call } = this.#around;
    try {
      this.#post({ kind: 'snapshot', snapshot: await call('snapshot', { session, advise: true }) });
      const row = this.#wanted;
      this.#wanted = undefined;
      if (row !== undefined) this.#post({ kind: 'reveal', row });
    } catch (error) {
      this.#fail(error);
    }
  }

  async #answerView(request: RequestOf<'view'>): Promise<void> {
    const { session, call } = this.#around;
    try {
      const reply = await call('view', { session, viewer: this.#viewer, request });
      // null: a newer request is on its way.
      if (reply !== null) this.#post({ kind: 'view', reply });
    } catch (error) {
      this.#fail(error);
    }
  }

  async #answerHit(request: RequestOf<'hit'>): Promise<void> {
    const { session, call } = this.#around;
    try {
      this.#post({ kind: 'hit', reply: await call('hit', { session, request }) });
    } catch (error) {
      this.#fail(error);
    }
  }

  async #answerQuery(query: Query): Promise<void> {
    const { session, call } = this.#around;
    try {
      const reply = await call('query', { session, viewer: this.#viewer, query });
      if (reply !== null) this.#post({ kind: 'answer', reply });
    } catch (error) {
      this.#fail(error);
    }
  }

  #saved(path: string | null): void {
    if (path !== null) this.notice('info', `Saved as ${path}.`);
  }

  #fail(error: unknown): void {
    this.#around.report(messageOf(error));
    this.notice('error', messageOf(error));
  }

  #post(message: ToWebview): void {
    if (!this.#isDisposed) this.#around.post(message);
  }
}
