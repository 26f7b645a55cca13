/**
 * The signal that makes the flight recorder write its file. A program that handles the signal itself keeps it for itself:
 * some count on being the only one, and end by sending it to themselves again. Ours then steps back, for good.
 */

/** Listens to a signal until the program does. Never keeps the process alive. */
export class FlightSignal {
  readonly #signal: NodeJS.Signals;
  readonly #act: () => void;

  constructor(signal: NodeJS.Signals, act: () => void) {
    this.#signal = signal;
    this.#act = act;
    if (process.listenerCount(signal) > 0) return;
    process.on(signal, this.#act);
    process.on('newListener', this.#onNewListener);
  }

  /** Listens no more. */
  close(): void {
    process.off('newListener', this.#onNewListener);
    process.off(this.#signal, this.#act);
  }

  readonly #onNewListener = (event: string | symbol): void => {
    if (event !== this.#signal) return;
    process.off('newListener', this.#onNewListener);
    // Not at once: Node listens to the system's signal as long as anybody does, and would miss that somebody comes as we go.
    queueMicrotask(() => {
      process.off(this.#signal, this.#act);
    });
  };
}
