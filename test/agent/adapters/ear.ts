/** The engine's side of the protocol, just enough of it to listen to an agent and to turn its knobs. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { AGENT_PATH, PROTOCOL_VERSION, SUBPROTOCOL } from '../../../agent/wire/format.js';
import { checkFromAgent, type FromAgent, type ToAgent } from '../../../agent/wire/messages.js';
import { parseJson } from '../../../agent/wire/validate.js';
import { Capture } from './capture.js';

/** A program that hangs is a failure; the machine may be slow, so this is long. */
export const PATIENCE_MS = 60_000;

/** The engine's side of the protocol, just enough of it. */
export class Ear {
  readonly capture = new Capture();
  readonly #server: WebSocketServer;
  readonly #sockets = new Set<WebSocket>();
  readonly #replies = new Map<number, (message: FromAgent) => void>();
  #failure: Error | undefined;
  #lastId = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      const reader = this.capture.readerOf();
      socket.on('message', (data: RawData, isBinary) => {
        const bytes = Buffer.isBuffer(data) ? data : Buffer.concat([data].flat() as Buffer[]);
        if (!isBinary) this.#heard(socket, bytes.toString());
        else if (!reader.push(bytes))
          this.#failure = new Error(reader.problem?.reason ?? 'no trace');
      });
    });
  }

  /** Listens on a port of its own. */
  static async open(): Promise<Ear> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      path: AGENT_PATH,
      handleProtocols: () => SUBPROTOCOL,
    });
    await new Promise((resolve) => server.once('listening', resolve));
    return new Ear(server);
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `ws://127.0.0.1:${port}${AGENT_PATH}`;
  }

  /** Turns a knob and resolves when the agent has confirmed. Rejects with the agent's reason, or at the program's end. */
  readonly setKnob = async (
    name: string,
    value: number,
    hasEnded = (): boolean => false,
  ): Promise<void> => {
    const id = ++this.#lastId;
    // Every process is asked, and those that do not have the knob refuse.
    const answers: FromAgent[] = [];
    const asked = this.#sockets.size;
    this.#replies.set(id, (answer) => answers.push(answer));
    this.#say({ kind: 'setKnob', id, knob: this.capture.knob(name).id, value });
    const isDone = (): boolean => answers.some(({ kind }) => kind === 'reply');
    await this.until(
      `an answer about ${name}`,
      () => isDone() || answers.length === asked || hasEnded(),
    );
    if (isDone()) return;
    const refusal = answers.find((answer) => answer.kind === 'error');
    throw new Error(refusal?.message ?? `the program ended before ${name} was changed`);
  };

  /** Resolves as soon as the condition holds; fails when it does not in a long time. */
  readonly until = async (what: string, condition: () => boolean): Promise<void> => {
    const giveUpAt = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (this.#failure !== undefined) throw this.#failure;
      if (Date.now() > giveUpAt) throw new Error(`never happened: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  /** Stops listening; throws when what was heard was not well-formed. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
    if (this.#failure !== undefined) throw this.#failure;
  }

  #heard(socket: WebSocket, json: string): void {
    const message = parseJson(json, checkFromAgent, 'message');
    if (!message.ok) {
      this.#failure = new Error(message.error);
    } else if (message.value.kind === 'hello') {
      const welcome: ToAgent = { kind: 'welcome', protocol: PROTOCOL_VERSION, session: 'test' };
      socket.send(JSON.stringify(welcome));
    } else if (message.value.id !== null) {
      this.#replies.get(message.value.id)?.(message.value);
    }
  }

  #say(message: ToAgent): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify(message));
  }
}
