/**
 * One agent's WebSocket, after the server has let it in: the hello, control messages in both directions, whole binary
 * frames. It knows the protocol and nothing about sessions; what arrives goes to its listener.
 */
import { WebSocket, type RawData } from 'ws';
import { PROTOCOL_VERSION } from '../../agent/wire/format.js';
import { checkFromAgent, type FromAgent, type ToAgent } from '../../agent/wire/messages.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { integerIn, object, oneOf, parseJson } from '../../agent/wire/validate.js';
import { checkFrame } from './frame.js';
import { errorCode, reasonOf } from './reason.js';

export type Hello = Extract<FromAgent, { kind: 'hello' }>;

/** A request to an agent, without the id that the connection gives it. */
export type AgentRequest = WithoutId<
  Extract<
    ToAgent,
    {
      kind:
        | 'setKnob'
        | 'leaseKnob'
        | 'holdKnobs'
        | 'releaseKnobs'
        | 'startCpuProfile'
        | 'stopCpuProfile'
        | 'learnTopology'
        | 'detach';
    }
  >
>;
type WithoutId<M> = M extends unknown ? Omit<M, 'id'> : never;

/** What an agent's connection reports. After `closed` nothing more comes. */
export interface AgentListener {
  /** The agent introduced itself. Answer with the name of the session, or with the reason for a refusal. */
  hello(hello: Hello): Result<string>;
  /** Whole records, framing checked; the receiver may keep the bytes. Answer with what is wrong inside. */
  frame(frame: Uint8Array): Result<null>;
  /** Something the user should see: an error of the agent's, a broken message. */
  problem(message: string): void;
  closed(): void;
}

/** Times of a connection in milliseconds; tests shorten them. */
export interface ConnectionTimes {
  /** From the handshake to the hello. */
  readonly helloMs: number;
  /** Between pings; a connection that is silent for two of them is dropped. */
  readonly pingMs: number;
  /** From a request to its reply. Longer than the agent's own limit, so that its reason arrives. */
  readonly replyMs: number;
}

export const defaultTimes: ConnectionTimes = { helloMs: 5000, pingMs: 30_000, replyMs: 8000 };

const POLICY_VIOLATION = 1008;
/** A closing handshake that the other side ignores is cut off after this time. */
const CLOSE_GRACE_MS = 1000;

// Only the version: a newer agent's hello may look different otherwise.
const checkVersion = object({ kind: oneOf('hello'), protocol: integerIn(0, 0xffff) });

/** Owns the socket and its timers. */
export class AgentConnection {
  readonly #socket: WebSocket;
  readonly #listener: AgentListener;
  readonly #times: ConnectionTimes;
  readonly #pending = new Map<number, (outcome: Result<null>) => void>();
  readonly #ping: NodeJS.Timeout;
  /** Resolves when the socket is closed and everything it brought has been handed over. */
  readonly closed: Promise<void>;
  #helloTimer: NodeJS.Timeout;
  #closeTimer: NodeJS.Timeout | null = null;
  #state: 'new' | 'open' | 'closing' | 'closed' = 'new';
  #silentPings = 0;
  #nextId = 1;
  #abilities: readonly string[] = [];

  constructor(socket: WebSocket, listener: AgentListener, times: ConnectionTimes = defaultTimes) {
    this.#socket = socket;
    this.#listener = listener;
    this.#times = times;
    this.#helloTimer = setTimeout(() => {
      this.refuse(`no hello within ${times.helloMs} ms`);
    }, times.helloMs);
    this.#ping = setInterval(() => {
      this.#keepAlive();
    }, times.pingMs);
    socket.on('message', (data, isBinary) => {
      this.#receive(data, isBinary);
    });
    socket.on('pong', () => {
      this.#silentPings = 0;
    });
    socket.on('error', (error) => {
      // A reset or a broken pipe is the death of a process, which its session notices by the close. What breaks the
      // protocol is somebody's bug.
      if (errorCode(error)?.startsWith('WS_ERR') !== true) return;
      listener.problem(`an agent's connection failed: ${reasonOf(error)}`);
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#onClose();
        resolve();
      });
    });
  }

  /** Can the agent do what came after the first version of the protocol (`Ability`)? */
  can(ability: string): boolean {
    return this.#abilities.includes(ability);
  }

  /** Sends a request and waits for the agent's answer; fails when it refuses, vanishes or stays silent. */
  async request(request: AgentRequest): Promise<Result<null>> {
    if (this.#state !== 'open') return fail('the process is not connected');
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settle(id, fail(`the process did not answer within ${this.#times.replyMs} ms`));
      }, this.#times.replyMs);
      this.#pending.set(id, (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
      this.#send({ ...request, id });
    });
  }

  /** Turns away an agent that broke the protocol, and tells the user. */
  refuse(reason: string): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#listener.problem(`refused an agent: ${reason}`);
    this.dismiss(reason);
  }

  /** Tells the agent why it must close and not come back, and closes. */
  dismiss(reason: string): void {
    this.#send({ kind: 'refused', reason });
    this.close();
  }

  /** Closes in order, and by force when the other side does not take part. */
  close(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'closing';
    this.#socket.resume();
    this.#socket.close(POLICY_VIOLATION);
    this.#closeTimer = setTimeout(() => {
      this.#socket.terminate();
    }, CLOSE_GRACE_MS);
  }

  /** Stops or goes on reading. The kernel's buffers then fill, and the agent counts what it cannot send. */
  setPaused(isPaused: boolean): void {
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#silentPings = 0;
    const bytes = asBytes(data);
    const outcome = isBinary ? this.#binary(bytes) : this.#text(bytes.toString('utf8'));
    if (!outcome.ok) this.refuse(outcome.error);
  }

  #binary(bytes: Buffer): Result<null> {
    if (this.#state === 'new') return fail('records came before the hello');
    const framed = checkFrame(bytes);
    return framed.ok ? this.#listener.frame(bytes) : framed;
  }

  #text(json: string): Result<null> {
    if (this.#state === 'new') {
      const version = checkProtocol(json);
      if (!version.ok) return version;
    }
    const message = parseJson(json, checkFromAgent, 'message');
    if (!message.ok) return message;
    return this.#control(message.value);
  }

  #control(message: FromAgent): Result<null> {
    if (message.kind === 'hello') return this.#hello(message);
    if (this.#state === 'new') return fail(`expected a hello first, got ${message.kind}`);
    if (message.kind === 'reply') this.#settle(message.id, ok(null));
    else if (message.id === null) this.#listener.problem(message.message);
    else this.#settle(message.id, fail(message.message));
    return ok(null);
  }

  #hello(hello: Hello): Result<null> {
    if (this.#state !== 'new') return fail('a second hello on one connection');
    const session = this.#listener.hello(hello);
    if (!session.ok) return session;
    clearTimeout(this.#helloTimer);
    this.#abilities = hello.agent.can ?? [];
    this.#state = 'open';
    this.#send({ kind: 'welcome', protocol: PROTOCOL_VERSION, session: session.value });
    return ok(null);
  }

  #settle(id: number, outcome: Result<null>): void {
    const resolve = this.#pending.get(id);
    this.#pending.delete(id);
    resolve?.(outcome);
  }

  #send(message: ToAgent): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    // A failed send is followed by 'close', which settles whoever waits.
    this.#socket.send(JSON.stringify(message));
  }

  #keepAlive(): void {
    // While we do not read we cannot see the answer.
    if (this.#socket.isPaused || this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#silentPings++ >= 2) this.#socket.terminate();
    else this.#socket.ping();
  }

  #onClose(): void {
    this.#state = 'closed';
    clearTimeout(this.#helloTimer);
    clearInterval(this.#ping);
    if (this.#closeTimer !== null) clearTimeout(this.#closeTimer);
    for (const id of [...this.#pending.keys()]) {
      this.#settle(id, fail('the process closed the connection before it answered'));
    }
    this.#listener.closed();
  }
}

function checkProtocol(json: string): Result<null> {
  const version = parseJson(json, checkVersion, 'first message');
  if (!version.ok) return version;
  if (version.value.protocol === PROTOCOL_VERSION) return ok(null);
  return fail(
    `the agent speaks protocol ${version.value.protocol}, this Sluice speaks ${PROTOCOL_VERSION}: use the same version of both`,
  );
}

function asBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
