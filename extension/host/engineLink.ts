/** The engine as the host sees it: it starts with the first call, and a new one starts after one that died. */
import type { EngineCall, EngineCalls, EngineEvent } from '../engine/protocol.js';
import { Listeners } from './disposables.js';

/** Asks the engine. Rejects with an `Error` whose message is for the user. `signal` has it give up. */
export type CallEngine = <K extends EngineCall>(
  call: K,
  input: EngineCalls[K]['in'],
  signal?: AbortSignal,
) => Promise<EngineCalls[K]['out']>;

/** A running engine: `EngineClient`, as far as it is used here. */
export interface RunningEngine {
  readonly call: CallEngine;
  /** Hears the reason when it ends without having been disposed. */
  onLost(listener: (reason: string) => void): void;
  onEvent(listener: (event: EngineEvent) => void): () => void;
  dispose(): Promise<void>;
}

/** Owns the running engine. */
export class EngineLink {
  readonly #start: () => RunningEngine;
  readonly #events = new Listeners<EngineEvent>();
  readonly #losses = new Listeners<string>();
  #engine: RunningEngine | undefined;
  #ending: Promise<void> | undefined;

  constructor(start: () => RunningEngine) {
    this.#start = start;
  }

  /** News of any session. */
  readonly onEvent = this.#events.on;
  /** The engine ended by itself, for this reason: all its sessions are gone. The next call starts another. */
  readonly onLost = this.#losses.on;

  readonly call: CallEngine = async (call, input, signal) => {
    if (this.#ending !== undefined) throw new Error('Sluice is shutting down.');
    this.#engine ??= this.#begin();
    return await this.#engine.call(call, input, signal);
  };

  /** Closes all sessions and their captures; resolves when that is done. */
  dispose(): Promise<void> {
    this.#ending ??= this.#engine?.dispose() ?? Promise.resolve();
    return this.#ending;
  }

  #begin(): RunningEngine {
    const engine = this.#start();
    engine.onEvent((event) => {
      this.#events.emit(event);
    });
    engine.onLost((reason) => {
      this.#engine = undefined;
      if (this.#ending === undefined) this.#losses.emit(reason);
    });
    return engine;
  }
}
