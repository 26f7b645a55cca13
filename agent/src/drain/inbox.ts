/** What threads post to the drain thread, taken when it suits. */
import { BroadcastChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { upChannel, type ToDrain } from '../uplink.js';

/** Owns the channel. */
export class Inbox {
  readonly #channel: BroadcastChannel;
  #arrived: ToDrain[] = [];

  /** Listens from now on; what is posted earlier is lost. */
  constructor(nonce: string) {
    this.#channel = new BroadcastChannel(upChannel(nonce));
    // The event loop hands messages over whenever it turns, so there must be a listener; `take` fetches those in between.
    this.#channel.onmessage = (event: unknown) => {
      // Only this process's agent knows the name of the channel.
      this.#arrived.push((event as { readonly data: ToDrain }).data);
    };
  }

  /** Everything that was posted before the call, in order. */
  take(): ToDrain[] {
    for (;;) {
      // Documented to take a BroadcastChannel too; the types of Node 20 do not know.
      const port = this.#channel as unknown as MessagePort;
      const received = receiveMessageOnPort(port) as { readonly message: ToDrain } | undefined;
      if (received === undefined) break;
      this.#arrived.push(received.message);
    }
    const messages = this.#arrived;
    this.#arrived = [];
    return messages;
  }

  /** Listens no more. */
  close(): void {
    this.#channel.close();
  }
}
