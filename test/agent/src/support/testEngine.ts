/** A small engine for tests: takes what agents send, keeps it, and misbehaves on request. */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import { AGENT_PATH, SUBPROTOCOL } from '../../../../agent/wire/format.js';
import { checkFromAgent, type FromAgent, type ToAgent } from '../../../../agent/wire/messages.js';
import { parseJson } from '../../../../agent/wire/validate.js';
import { Capture } from './capture.js';
import type { Watch } from './builtAgent.js';

export type Manner = 'welcome' | 'refuse' | 'http' | 'silent';

/** Times out generously: the machine may be busy. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`did not happen within a minute: ${what}`);
    await sleep(10);
  }
}

export class TestEngine {
  readonly messages: FromAgent[] = [];
  readonly problems: string[] = [];
  /** One per connection. */
  readonly captures: Capture[] = [];
  readonly #server: WebSocketServer;
  readonly token = 'test token';
  manner: Manner;
  /** Keep the events of later connections, or only their number? */
  keepsEvents = true;

  private constructor(server: WebSocketServer, manner: Manner) {
    this.#server = server;
    this.manner = manner;
    server.on('connection', (socket, request) => {
      if (request.headers.origin !== undefined) this.problems.push('sent an Origin');
      this.#serve(socket);
    });
    server.on('error', (error) => this.problems.push(error.message));
  }

  static async listen(manner: Manner = 'welcome', port = 0): Promise<TestEngine> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port,
      path: AGENT_PATH,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
      verifyClient: ({ req }: { readonly req: IncomingMessage }) =>
        engine.manner !== 'http' && req.headers.authorization === `Bearer ${engine.token}`,
    });
    const engine = new TestEngine(server, manner);
    await new Promise((resolve) => server.once('listening', resolve));
    return engine;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get watch(): Watch {
    return { url: `ws://127.0.0.1:${this.port}${AGENT_PATH}`, token: this.token };
  }

  /** The capture of the first connection. */
  get capture(): Capture {
    const [first] = this.captures;
    if (first === undefined) throw new Error('no agent has connected');
    return first;
  }

  send(message: ToAgent): void {
    for (const socket of this.#server.clients) socket.send(JSON.stringify(message));
  }

  /** Stops reading from agents. */
  stall(): void {
    for (const socket of this.#server.clients) socket.pause();
  }

  resume(): void {
    for (const socket of this.#server.clients) socket.resume();
  }

  /** Is gone from one moment to the next. */
  vanish(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  #serve(socket: WebSocket): void {
    const capture = new Capture({ keepsEvents: this.keepsEvents });
    this.captures.push(capture);
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) capture.push(data);
      else this.#receive(socket, data.toString());
    });
  }

  #receive(socket: WebSocket, text: string): void {
    const message = parseJson(text, checkFromAgent, 'message');
    if (!message.ok) {
      this.problems.push(message.error);
      return;
    }
    this.messages.push(message.value);
    if (message.value.kind !== 'hello') return;
    const answer: ToAgent =
      this.manner === 'refuse'
        ? { kind: 'refused', reason: 'a test says no' }
        : { kind: 'welcome', protocol: 1, session: 's' };
    if (this.manner !== 'silent') socket.send(JSON.stringify(answer));
  }
}
