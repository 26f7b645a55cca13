/** A hand-driven agent for tests of the engine: a WebSocket that says what the test wants it to say. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '../../../agent/wire/format.js';
import type { FromAgent, ToAgent } from '../../../agent/wire/messages.js';

export interface DialOptions {
  readonly token: string;
  readonly protocol?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a dial ended: open, or the status that turned it away. */
export type Dialled =
  | { readonly kind: 'open'; readonly agent: TestAgent }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'error'; readonly message: string };

/** Dials the server as an agent would. */
export async function dial(url: string, options: DialOptions): Promise<Dialled> {
  const socket = new WebSocket(
    url,
    options.protocol === null ? [] : [options.protocol ?? SUBPROTOCOL],
    {
      headers: { authorization: `Bearer ${options.token}`, ...options.headers },
      perMessageDeflate: false,
    },
  );
  return new Promise((resolve) => {
    socket.on('open', () => {
      resolve({ kind: 'open', agent: new TestAgent(socket) });
    });
    socket.on('unexpected-response', (request, response) => {
      resolve({ kind: 'status', status: response.statusCode ?? 0 });
      request.destroy();
    });
    socket.on('error', (error) => {
      resolve({ kind: 'error', message: error.message });
    });
  });
}

/** Dials and fails the test when that does not work. */
export async function connect(url: string, token: string): Promise<TestAgent> {
  const dialled = await dial(url, { token });
  if (dialled.kind !== 'open') throw new Error(`not connected: ${JSON.stringify(dialled)}`);
  return dialled.agent;
}

/** An open connection. Everything received is kept in `received`. */
export class TestAgent {
  readonly received: ToAgent[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  /** `leave`: answer a detach and close, as a well-behaved agent does. */
  onDetach: 'leave' | 'ignore' = 'leave';
  readonly #waiting: (() => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        resolve(code);
        this.#wake();
      });
    });
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as ToAgent;
      this.received.push(message);
      if (message.kind === 'detach' && this.onDetach === 'leave') {
        this.say({ kind: 'reply', id: message.id });
        socket.close();
      }
      this.#wake();
    });
  }

  say(message: FromAgent): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Introduces a process and waits to be welcomed. */
  async hello(pid = 4242, anchorMonotonicNs = 1000): Promise<void> {
    this.say(helloOf(pid, anchorMonotonicNs));
    await this.next('welcome');
  }

  /** The first message of this kind, now or later; fails when the connection closes before it came. */
  async next<K extends ToAgent['kind']>(kind: K): Promise<Extract<ToAgent, { kind: K }>> {
    for (;;) {
      const found = this.received.find((m) => m.kind === kind);
      if (found !== undefined) return found as Extract<ToAgent, { kind: K }>;
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed before ${kind} came`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Closes and waits for the other side to take part. */
  async close(): Promise<void> {
    this.socket.close();
    if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, 'close');
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A hello of this version for a made-up process. */
export function helloOf(pid: number, anchorMonotonicNs = 1000): FromAgent {
  return {
    kind: 'hello',
    protocol: PROTOCOL_VERSION,
    agent: { name: 'test', version: '0.0.0', can: ['lease'] },
    process: {
      pid,
      ppid: 1,
      title: 'made-up',
      runtime: 'node 20',
      cwd: '/',
      anchorUnixMs: 1,
      anchorMonotonicNs,
    },
  };
}

/** Waits until `condition` holds; generous, because other jobs share the machine. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const startMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startMs > 20_000) throw new Error(`still not so after 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
