/**
 * The one port that agents dial. Loopback only, and everything that is not an agent with a token is turned away before it
 * costs anything:
 *
 *     Origin header present      403  browsers send one with every WebSocket, agents never do
 *     Host not this machine      403  a DNS name rebound to 127.0.0.1 still says its own name here
 *     path other than /agent     404
 *     no upgrade                 426
 *     subprotocol missing        400
 *     token missing or unknown   401  compared in constant time with the token of every session
 *     too many connections       503
 *
 * The server knows sessions only as doors: a token and a place to put the accepted socket.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { AGENT_PATH, SUBPROTOCOL } from '../../agent/wire/format.js';

/** Agents send frames of at most 256 KiB; more than this is no agent. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;
/** Sockets of one session at a time: one per process. */
export const MAX_CONNECTIONS_PER_SESSION = 512;
const MAX_SOCKETS = 2048;
const HANDSHAKE_MS = 5000;

/** Where the server puts an agent that showed the right token. */
export interface AgentDoor {
  readonly token: string;
  /** Sockets that are open now. */
  readonly connections: number;
  /** Takes ownership of the socket. */
  accept(socket: WebSocket): void;
}

interface Refusal {
  readonly status: number;
  readonly text: string;
}

/** A fresh secret for one session: 32 random bytes, base64url. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Listens when the first session needs it; owned by the engine. */
export class SessionServer {
  readonly #doors = new Set<AgentDoor>();
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #reported = new Set<string>();
  readonly #onRefused: (message: string) => void;
  #listening: Promise<string> | null = null;

  /** `onRefused` hears of each kind of refusal once, so that a port scan cannot flood the user. */
  constructor(onRefused: (message: string) => void) {
    this.#onRefused = onRefused;
    this.#http = createServer({ connectionsCheckingInterval: 1000 }, (request, response) => {
      const refusal = this.#refusal(request, false) ?? { status: 426, text: 'WebSocket only' };
      this.#report(refusal);
      response.writeHead(refusal.status, { ...headersFor(refusal), connection: 'close' });
      response.end(`${refusal.text}\n`);
    });
    this.#http.headersTimeout = HANDSHAKE_MS;
    this.#http.requestTimeout = HANDSHAKE_MS;
    this.#http.maxConnections = MAX_SOCKETS;
    this.#http.on('upgrade', (request, socket, head) => {
      this.#upgrade(request, socket, head);
    });
  }

  /** Starts listening once. Resolves with the URL agents dial; rejects when there is no loopback to listen on. */
  async listen(): Promise<string> {
    this.#listening ??= new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen({ host: '127.0.0.1', port: 0 }, () => {
        const { port } = this.#http.address() as AddressInfo;
        resolve(`ws://127.0.0.1:${port}${AGENT_PATH}`);
      });
    });
    return this.#listening;
  }

  /** Of doors with one token the last one is taken. */
  add(door: AgentDoor): void {
    this.#doors.add(door);
  }

  /** Agents with this door's token are turned away from now on. Sockets already accepted are the door's. */
  remove(door: AgentDoor): void {
    this.#doors.delete(door);
  }

  /** Stops listening and drops sockets that have not been accepted. */
  async dispose(): Promise<void> {
    this.#doors.clear();
    this.#sockets.close();
    if (this.#listening === null) return;
    await this.#listening.catch(() => null);
    await new Promise<void>((resolve) => {
      this.#http.close(() => {
        resolve();
      });
      this.#http.closeAllConnections();
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until ws takes over, nobody else listens; a reset during the handshake concerns nobody.
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    const refusal = this.#refusal(request, true);
    const door = refusal === null ? this.#doorFor(request) : null;
    if (refusal !== null || door === null || door.connections >= MAX_CONNECTIONS_PER_SESSION) {
      this.#turnAway(socket, refusal ?? (door === null ? unauthorized : full));
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (accepted) => {
      socket.off('error', ignore);
      door.accept(accepted);
    });
  }

  #refusal(request: IncomingMessage, isUpgrade: boolean): Refusal | null {
    const { origin, host } = request.headers;
    if (origin !== undefined) return { status: 403, text: 'Browsers are not allowed' };
    if (!isLocalHost(host)) return { status: 403, text: 'Host is not this machine' };
    if (request.url !== AGENT_PATH) return { status: 404, text: 'Not found' };
    if (!isUpgrade) return null;
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',');
    if (!offered.some((p) => p.trim() === SUBPROTOCOL)) {
      return { status: 400, text: `Subprotocol ${SUBPROTOCOL} expected` };
    }
    return null;
  }

  /** Looks at every door whatever it finds, so that the time taken tells nothing. */
  #doorFor(request: IncomingMessage): AgentDoor | null {
    const given = digest(/^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
    let found: AgentDoor | null = null;
    for (const door of this.#doors) {
      if (timingSafeEqual(given, digest(door.token))) found = door;
    }
    return found;
  }

  #turnAway(socket: Duplex, refusal: Refusal): void {
    this.#report(refusal);
    const head = Object.entries({
      ...headersFor(refusal),
      Connection: 'close',
      'Content-Type': 'text/plain',
      'Content-Length': String(Buffer.byteLength(refusal.text)),
    });
    socket.once('finish', () => socket.destroy());
    socket.end(
      [
        `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
        ...head.map(([name, value]) => `${name}: ${value}`),
        '',
        refusal.text,
      ].join('\r\n'),
    );
  }

  #report(refusal: Refusal): void {
    if (this.#reported.has(refusal.text)) return;
    this.#reported.add(refusal.text);
    this.#onRefused(
      `turned a connection away: ${refusal.text} (${refusal.status}); further ones like it are not reported`,
    );
  }
}

const unauthorized: Refusal = { status: 401, text: 'Token missing or unknown' };
const full: Refusal = { status: 503, text: 'Too many connections in this session' };

function headersFor(refusal: Refusal): Record<string, string> {
  return refusal.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
}

function isLocalHost(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost)(:\d+)?$/i.test(host);
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
