/**
 * Where a dormant agent can be found: a socket in a private folder (`agent/wire/attach.ts` has the protocol).
 *
 * It costs a program nothing that ends within a moment: the socket is made a little later, and `node:net` loaded only then.
 * Nothing here keeps the process alive, and what cannot be done is left undone: a program without the socket just cannot be
 * found.
 */
import { lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { createServer, Server, Socket } from 'node:net';
import os from 'node:os';
import {
  attachFolders,
  AttachLines,
  attachPath,
  checkToAttach,
  isLocalEngine,
  type AttachHello,
  type AttachPlace,
  type FromAttach,
  type ToAttach,
} from '../wire/attach.js';
import { parseJson } from '../wire/validate.js';

/** Programs that end sooner than this never pay for the socket. */
const DELAY_MS = 100;
const MAX_CONNECTIONS = 8;
/** A client that says nothing for so long is hung up on. */
const IDLE_MS = 10_000;

/** The engine to dial, and who asks for it. */
export type AttachOrder = Extract<ToAttach, { kind: 'attach' }>;

/** What is found behind the socket. */
export interface Attachable {
  /** What the process says of itself now. */
  describe(): AttachHello;
  /** Begins to record for this engine. Answers with null, or with the reason why not. */
  attach(order: AttachOrder): Promise<string | null>;
}

/** What is used of `node:net`, which is loaded late. */
interface Net {
  readonly createServer: typeof createServer;
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return ''; // a user id without a name, as in containers
  }
}

/** This process's view of where sockets lie. */
export function attachPlace(env: NodeJS.ProcessEnv = process.env): AttachPlace {
  return {
    platform: process.platform,
    tmpFolder: os.tmpdir(),
    runtimeFolder: env['XDG_RUNTIME_DIR'],
    uid: process.getuid?.(),
    user: process.platform === 'win32' ? userName() : '',
  };
}

/**
 * Makes the folder if it is missing. True when it is a folder of this user's that nobody else can enter: a shared /tmp is
 * not to be trusted, and a link would lead elsewhere.
 */
export function isPrivateFolder(folder: string, { platform, uid }: AttachPlace): boolean {
  if (platform === 'win32') return true;
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, or cannot be: the next line tells.
  }
  try {
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

/** The path to listen on; undefined when there is no place for it. */
function findPath(place: AttachPlace): string | undefined {
  for (const folder of attachFolders(place)) {
    const path = attachPath(folder, process.pid, place);
    if (path.ok && isPrivateFolder(folder, place)) return path.value;
  }
  return undefined;
}

/** Owns the socket of this process. */
export class AttachServer {
  readonly #target: Attachable;
  readonly #timer: NodeJS.Timeout;
  #server: Server | undefined;
  #path: string | undefined;

  /** Listens a moment later. */
  constructor(target: Attachable) {
    this.#target = target;
    this.#timer = setTimeout(() => {
      try {
        this.#listen();
      } catch {
        this.close();
      }
    }, DELAY_MS);
    this.#timer.unref();
  }

  /** Takes the socket away. Works in the last moment of a process, too. */
  close(): void {
    clearTimeout(this.#timer);
    const path = this.#path;
    this.#path = undefined;
    try {
      this.#server?.close();
      if (path !== undefined && process.platform !== 'win32') unlinkSync(path);
    } catch {
      // Gone already: closing takes it away where the event loop still turns.
    }
  }

  #listen(): void {
    const place = attachPlace();
    const path = findPath(place);
    if (path === undefined) return;
    // Left behind by a process of the same id that was killed: nobody else writes in this folder.
    if (place.platform !== 'win32') {
      try {
        unlinkSync(path);
      } catch {
        // There was none.
      }
    }
    const net = createRequire(process.execPath)('node:net') as Net;
    const server = net.createServer((socket) => {
      serve(socket, this.#target);
    });
    this.#server = server;
    server.maxConnections = MAX_CONNECTIONS;
    server.on('error', () => undefined);
    // Exclusive: a cluster's worker would ask its primary for the socket, and the program would see that.
    server.listen({ path, exclusive: true }, () => {
      this.#path = path;
    });
    server.unref();
  }
}

function serve(socket: Socket, target: Attachable): void {
  const lines = new AttachLines();
  socket.unref();
  socket.setEncoding('utf8');
  socket.setTimeout(IDLE_MS, () => {
    socket.destroy();
  });
  socket.on('error', () => undefined); // 'close' follows
  socket.on('data', (piece: string) => {
    const complete = lines.push(piece);
    if (complete === null) socket.destroy();
    else for (const line of complete) answer(socket, line, target);
  });
}

function answer(socket: Socket, line: string, target: Attachable): void {
  const message = parseJson(line, checkToAttach, 'message');
  if (!message.ok) {
    hangUp(socket, message.error);
  } else if (message.value.kind === 'ask') {
    // Whatever the client speaks: it reads our version first and decides.
    say(socket, target.describe());
  } else if (!isLocalEngine(message.value.url)) {
    hangUp(socket, 'the engine must be on this machine, as in ws://127.0.0.1:1234/agent');
  } else {
    void attach(socket, message.value, target);
  }
}

async function attach(socket: Socket, order: AttachOrder, target: Attachable): Promise<void> {
  let problem: string | null;
  try {
    problem = await target.attach(order);
  } catch (error) {
    problem = String(error);
  }
  if (problem === null) say(socket, { kind: 'done' });
  else hangUp(socket, problem);
}

function say(socket: Socket, message: FromAttach): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
}

function hangUp(socket: Socket, reason: string): void {
  say(socket, { kind: 'refused', reason: reason.slice(0, 1024) });
  socket.end();
}
