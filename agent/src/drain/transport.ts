/**
 * The WebSocket to the engine: dials, introduces the process, dials again when the connection is lost, and tells how far the
 * other side is behind. It gives up when it is refused; it never gives up otherwise, but waits up to five seconds between
 * tries, which is cheap.
 */
import { WebSocket, type RawData } from 'ws';
import { AGENT_PATH, PROTOCOL_VERSION, SUBPROTOCOL } from '../../wire/format.js';
import { checkToAgent, type FromAgent, type ToAgent } from '../../wire/messages.js';
import { parseJson } from '../../wire/validate.js';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5000;
/** An engine that neither welcomes nor refuses within this time is not one. */
const WELCOME_MS = 10_000;
/** The engine gets this long to answer the closing handshake. */
const CLOSE_MS = 200;
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** `idle` has nobody to dial, `waiting` is between two tries, `closed` has given up. */
export type TransportState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

/** Where an engine listens, and what lets us in. */
export interface EngineAddress {
  readonly url: string;
  readonly token: string;
}

/** What the transport reports. */
export interface TransportListener {
  /** The engine said welcome. Send the tables. */
  opened(): void;
  /** The connection is gone, or could not be made; another try follows unless `state` is `closed`. */
  lost(): void;
  message(message: ToAgent): void;
}

/** Owns the socket and its timers. */
export class Transport {
  readonly #hello: FromAgent;
  readonly #listener: TransportListener;
  #engine: EngineAddress | undefined;
  #socket: WebSocket | undefined;
  #state: TransportState = 'idle';
  #delayMs = FIRST_DELAY_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(hello: FromAgent, listener: TransportListener) {
    this.#hello = hello;
    this.#listener = listener;
  }

  get state(): TransportState {
    return this.#state;
  }

  /** Bytes that were sent and are not with the operating system yet. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Dials an engine, and again when the connection is lost. Nothing while another one is dialled. */
  dial(engine: EngineAddress): void {
    if (this.#state !== 'idle' && this.#state !== 'closed') return;
    this.#engine = engine;
    this.#delayMs = FIRST_DELAY_MS;
    this.#connect(engine);
  }

  #connect(engine: EngineAddress): void {
    this.#state = 'connecting';
    let socket: WebSocket;
    try {
      socket = this.#open(engine);
    } catch {
      // A URL that is none. Nobody can be told: it is the address of the one who would listen.
      this.#close();
      return;
    }
    this.#socket = socket;
    this.#timer = setTimeout(() => {
      socket.terminate();
    }, WELCOME_MS);
    socket.on('open', () => {
      socket.send(JSON.stringify(this.#hello));
    });
    socket.on('message', (data, isBinary) => {
      if (!isBinary && socket === this.#socket) this.#receive(textOf(data));
    });
    // Any HTTP answer but an upgrade is a refusal: the token or the address is wrong, and will be wrong next time.
    socket.on('unexpected-response', () => {
      socket.terminate();
      if (socket === this.#socket) this.#close();
    });
    socket.on('error', () => undefined); // 'close' follows and says all there is to say.
    socket.on('close', () => {
      this.#lost(socket);
    });
  }

  /**
   * Sends whole records; `failed` is called when they did not get to the operating system, `done` in any case, once nobody reads
   * `frame` any more.
   */
  send(frame: Uint8Array, failed: () => void, done?: () => void): void {
    if (this.#socket === undefined || this.#state !== 'open') {
      failed();
      done?.();
      return;
    }
    this.#socket.send(frame, { binary: true }, (error) => {
      if (error instanceof Error) failed();
      done?.();
    });
  }

  /** Sends a control message; one that cannot be sent is dropped, the engine answers for the loss of its agent itself. */
  reply(message: FromAgent): void {
    if (this.#state === 'open') this.#socket?.send(JSON.stringify(message));
  }

  /** Closes, after what was sent is with the operating system. Another engine may be dialled from then on. */
  async close(): Promise<void> {
    const socket = this.#socket;
    const wasOpen = this.#state === 'open';
    clearTimeout(this.#timer);
    this.#state = 'closed';
    // What comes on it from now on concerns nobody, least of all the next engine.
    this.#socket = undefined;
    if (socket === undefined || !wasOpen) {
      socket?.terminate();
      return;
    }
    await new Promise<void>((resolve) => {
      socket.once('close', () => {
        resolve();
      });
      // Queued behind all frames, so the clock of the handshake starts when they are gone.
      socket.ping(undefined, undefined, () => {
        setTimeout(() => {
          socket.terminate();
        }, CLOSE_MS);
      });
      socket.close(1000);
    });
  }

  #open({ url: address, token }: EngineAddress): WebSocket {
    const url = new URL(address);
    if (url.pathname === '/') url.pathname = AGENT_PATH;
    return new WebSocket(url, SUBPROTOCOL, {
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      headers: { authorization: `Bearer ${token}` },
      // A mask of zeros is a legal mask. The random one protects proxies from scripts in browsers, and costs three quarters
      // of the time that a frame takes; here is no browser and no proxy.
      generateMask: (mask) => {
        mask.fill(0);
      },
    });
  }

  #receive(text: string): void {
    const message = parseJson(text, checkToAgent, 'message');
    if (!message.ok) {
      this.reply({ kind: 'error', id: null, message: message.error.slice(0, 4096) });
      return;
    }
    if (message.value.kind === 'welcome') this.#welcome(message.value.protocol);
    else if (message.value.kind === 'refused') this.#refused();
    else this.#listener.message(message.value);
  }

  #welcome(protocol: number): void {
    if (this.#state !== 'connecting') return;
    if (protocol !== PROTOCOL_VERSION) {
      this.#refused();
      return;
    }
    clearTimeout(this.#timer);
    this.#delayMs = FIRST_DELAY_MS;
    this.#state = 'open';
    this.#listener.opened();
  }

  #refused(): void {
    this.#socket?.close(1000);
    this.#close();
  }

  /** Gives up. */
  #close(): void {
    clearTimeout(this.#timer);
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#listener.lost();
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket || this.#state === 'closed') return;
    clearTimeout(this.#timer);
    this.#socket = undefined;
    this.#state = 'waiting';
    this.#timer = setTimeout(() => {
      if (this.#engine !== undefined) this.#connect(this.#engine);
    }, this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
    this.#listener.lost();
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
