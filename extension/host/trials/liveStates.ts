/** Puts together what panels show of a running program beside the snapshot; others of the host add what they know. */
import type { LiveState, PromiseReport, SourceValue } from '../../core/panel/live.js';
import type { EngineEvent, SessionId } from '../../engine/protocol.js';
import { DisposableStore, Listeners, type Disposable } from '../disposables.js';
import type { IgnoredSuggestions } from './ignored.js';
import type { TrialRuns } from './trialRuns.js';

interface Extras {
  readonly sourceValues?: Readonly<Record<string, SourceValue>>;
  readonly promises?: readonly PromiseReport[];
}

/** One state for each session, whole at any time. */
export class LiveStates implements Disposable {
  readonly #runs: TrialRuns;
  readonly #ignored: IgnoredSuggestions;
  readonly #extras = new Map<SessionId, Extras>();
  /** null: every session. */
  readonly #changes = new Listeners<SessionId | null>();
  readonly #store = new DisposableStore();

  constructor(runs: TrialRuns, ignored: IgnoredSuggestions) {
    this.#runs = runs;
    this.#ignored = ignored;
    this.#store.add(runs.onDidChange(this.#changes.emit.bind(this.#changes)));
    this.#store.add(
      ignored.onDidChange(() => {
        this.#changes.emit(null);
      }),
    );
  }

  /** The state of this session has changed; null: those of all. */
  readonly onDidChange = this.#changes.on;

  of(session: SessionId): LiveState {
    return {
      ...this.#runs.state(session),
      ignored: this.#ignored.all(),
      ...this.#extras.get(session),
    };
  }

  /** What the source says of the session's knobs, by knob id. */
  setSourceValues(session: SessionId, sourceValues: Readonly<Record<string, SourceValue>>): void {
    this.#extend(session, { sourceValues });
  }

  /** What came of predictions that were written to the source before this run. */
  setPromises(session: SessionId, promises: readonly PromiseReport[]): void {
    this.#extend(session, { promises });
  }

  /** Takes in news from the engine. */
  apply(event: EngineEvent): void {
    if (event.kind === 'closed') this.#extras.delete(event.session);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #extend(session: SessionId, more: Extras): void {
    const before = this.#extras.get(session);
    const after = { ...before, ...more };
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    this.#extras.set(session, after);
    this.#changes.emit(session);
  }
}
