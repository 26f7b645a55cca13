/**
 * An engine in this thread: the terminal's. A file of its own, so that the editor's extension host, which has the engine in a
 * worker, does not load all of it.
 */
import { Engine } from './engine.js';
import { EngineClient, type EngineLink, type LinkReceiver } from './engineClient.js';
import type { EngineRequest } from './protocol.js';

class InProcessLink implements EngineLink {
  #engine: Engine | null = null;
  #receiver: LinkReceiver | null = null;

  start(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    this.#engine = new Engine((event) => {
      receiver.event(event);
    });
  }

  send(request: EngineRequest): void {
    // `handle` never rejects.
    void this.#engine?.handle(request).then((reply) => this.#receiver?.reply(reply));
  }

  async dispose(): Promise<void> {
    await this.#engine?.dispose();
  }
}

/** An engine in this thread: the terminal's. */
export function inProcessEngine(): EngineClient {
  return new EngineClient(new InProcessLink());
}
