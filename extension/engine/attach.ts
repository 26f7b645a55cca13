/**
 * Finds programs that have the agent in them, and makes one of them dial an engine. The other end is the agent's
 * `attachServer.ts`, the protocol is in `agent/wire/attach.ts`.
 *
 * The sockets lie in a folder that only this user can write to; one that others could have prepared is not looked at. What
 * lies in it is believed no more than anything from another process: only sockets with our names are asked, all of them at
 * once and for a bounded time, and an answer counts only when it is well-formed and names the process that the socket does.
 */
import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import {
  ATTACH_PROTOCOL,
  attachFolders,
  AttachLines,
  attachPath,
  type AttachHello,
  type AttachPlace,
  checkFromAttach,
  type FromAttach,
  pidOfAttachName,
  type ToAttach,
} from '../../agent/wire/attach.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { parseJson } from '../../agent/wire/validate.js';
import { isAlive } from './liveness.js';
import { errorCode, reasonOf } from './reason.js';

/** A program that can be attached to. */
export type Attachable = AttachHello;

/** What a list of programs is. */
export interface AttachList {
  readonly programs: readonly Attachable[];
  /** Programs that are there and did not answer: their main thread is busy or stopped. */
  readonly silent: readonly number[];
}

/** A program that does not answer within this time has a blocked main thread. */
const ANSWER_MS = 2000;
/** Sockets that are asked; more than this are not ours. */
const MAX_SOCKETS = 2000;
/** Sockets that are asked at the same time. */
const AT_ONCE = 32;

/** This process's view of where sockets lie. */
export function attachPlace(env: NodeJS.ProcessEnv): AttachPlace {
  return {
    platform: process.platform,
    tmpFolder: os.tmpdir(),
    runtimeFolder: env['XDG_RUNTIME_DIR'],
    uid: process.getuid?.(),
    user: process.platform === 'win32' ? os.userInfo().username : '',
  };
}

interface Found {
  readonly pid: number;
  readonly socket: string;
}

/** The programs of this user that have the agent in them, oldest first. Takes away sockets that nobody listens on. */
export async function listAttachable(
  place: AttachPlace,
  answerMs = ANSWER_MS,
): Promise<AttachList> {
  const found = await sockets(place);
  const programs: Attachable[] = [];
  const silent: number[] = [];
  const next = async (): Promise<void> => {
    for (let one = found.pop(); one !== undefined; one = found.pop()) {
      const asked = await ask(one, place, answerMs);
      if (asked.kind === 'hello') programs.push(asked.hello);
      else if (asked.kind === 'silent') silent.push(one.pid);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  programs.sort((a, b) => a.sinceUnixMs - b.sinceUnixMs || a.pid - b.pid);
  return { programs, silent: silent.sort((a, b) => a - b) };
}

/** Who shall be dialled, and who says so. */
export interface AttachRequest {
  readonly pid: number;
  /** From `createSession`. */
  readonly url: string;
  readonly token: string;
  /** For others who want to attach: `sluice attach (pid 4711)`. */
  readonly by: string;
}

/** Asks one program what it is. Fails with a sentence that says what to do. */
export async function findAttachable(
  pid: number,
  place: AttachPlace,
  answerMs = ANSWER_MS,
): Promise<Result<Attachable>> {
  const one = (await sockets(place)).find((f) => f.pid === pid);
  if (one === undefined) return fail(await whyNotFound(pid, place));
  const asked = await ask(one, place, answerMs);
  switch (asked.kind) {
    case 'hello':
      return ok(asked.hello);
    case 'silent':
      return fail(
        `process ${pid} did not answer within ${answerMs / 1000} s: its main thread is busy or stopped; try again`,
      );
    case 'broken':
      return fail(`process ${pid} cannot be attached to: ${asked.reason}`);
    case 'gone':
      return fail(await whyNotFound(pid, place));
  }
}

/** Makes a program dial the engine. Fails with a sentence when it does not want to, or does not answer. */
export async function requestAttach(
  { pid, url, token, by }: AttachRequest,
  place: AttachPlace,
  answerMs = ANSWER_MS,
): Promise<Result<Attachable>> {
  const program = await findAttachable(pid, place, answerMs);
  if (!program.ok) return program;
  const { state, title } = program.value;
  if (state === 'recording') {
    const who = program.value.by ?? 'somebody else';
    return fail(`${title} (pid ${pid}) is being recorded already, by ${who}: stop that first`);
  }
  const one = (await sockets(place)).find((f) => f.pid === pid);
  if (one === undefined) return fail(await whyNotFound(pid, place));
  const answer = await talk(one.socket, { kind: 'attach', url, token, by }, answerMs * 5);
  if (!answer.ok) return fail(`${title} (pid ${pid}) did not take it: ${answer.error}`);
  if (answer.value.kind === 'refused') {
    return fail(`${title} (pid ${pid}) refused: ${answer.value.reason}`);
  }
  return program;
}

async function whyNotFound(pid: number, { uid }: AttachPlace): Promise<string> {
  if (!isAlive(pid)) return `there is no process ${pid}`;
  const owner = await ownerOf(pid);
  if (uid !== undefined && owner !== undefined && owner !== uid) {
    return `process ${pid} belongs to another user (uid ${owner}): run this as that user`;
  }
  return (
    `process ${pid} has no Sluice agent, or has only just started: start it with ` +
    'node --require sluice/register, or let it import sluice; sluice ps lists the programs that have one'
  );
}

/** Owner of a process where the system tells; undefined elsewhere. */
async function ownerOf(pid: number): Promise<number | undefined> {
  try {
    return (await stat(`/proc/${pid}`)).uid;
  } catch {
    return undefined;
  }
}

/** Every socket that may be an agent's, once per process. */
async function sockets(place: AttachPlace): Promise<Found[]> {
  const found = new Map<number, Found>();
  for (const folder of attachFolders(place)) {
    if (!(await isPrivate(folder, place))) continue;
    for (const name of await readdir(folder).catch(() => [])) {
      const pid = pidOfAttachName(name, place);
      if (pid === undefined || found.has(pid) || found.size >= MAX_SOCKETS) continue;
      const socket = attachPath(folder, pid, place);
      if (socket.ok && (await isSocket(socket.value, place))) {
        found.set(pid, { pid, socket: socket.value });
      }
    }
  }
  return [...found.values()];
}

async function isPrivate(folder: string, { platform, uid }: AttachPlace): Promise<boolean> {
  if (platform === 'win32') return true;
  try {
    const info = await lstat(folder);
    return info.isDirectory() && info.uid === uid && (info.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

/** No link, no pipe, no file: only a socket of this user's own. */
async function isSocket(socket: string, { platform, uid }: AttachPlace): Promise<boolean> {
  if (platform === 'win32') return true;
  try {
    const info = await lstat(socket);
    return info.isSocket() && info.uid === uid;
  } catch {
    return false;
  }
}

type Asked =
  | { readonly kind: 'hello'; readonly hello: AttachHello }
  | { readonly kind: 'silent' | 'gone' }
  | { readonly kind: 'broken'; readonly reason: string };

async function ask({ pid, socket }: Found, place: AttachPlace, answerMs: number): Promise<Asked> {
  const answer = await talk(socket, { kind: 'ask', protocol: ATTACH_PROTOCOL }, answerMs);
  if (answer.ok) {
    const { value } = answer;
    if (value.kind !== 'hello' || value.pid !== pid) {
      return { kind: 'broken', reason: 'what listens there is not its agent' };
    }
    if (value.protocol === ATTACH_PROTOCOL) return { kind: 'hello', hello: value };
    const versions = `it speaks attach protocol ${value.protocol}, this Sluice speaks ${ATTACH_PROTOCOL}`;
    return { kind: 'broken', reason: `${versions}: use the same version of both` };
  }
  if (answer.error !== REFUSED) {
    return isAlive(pid) && answer.error === SILENT
      ? { kind: 'silent' }
      : { kind: 'broken', reason: answer.error };
  }
  // Nobody listens: its process was killed. Another one may have its number by now, and would have a socket of its own.
  if (place.platform !== 'win32' && !isAlive(pid))
    await rm(socket, { force: true }).catch(() => null);
  return { kind: 'gone' };
}

const SILENT = 'no answer';
const REFUSED = 'nobody listens';

/** Sends one message and waits for one answer. */
async function talk(
  address: string,
  message: ToAttach,
  answerMs: number,
): Promise<Result<FromAttach>> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ path: address });
    const lines = new AttachLines();
    const end = (result: Result<FromAttach>): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => {
      end(fail(SILENT));
    }, answerMs);
    socket.setEncoding('utf8');
    socket.on('connect', () => {
      socket.write(`${JSON.stringify(message)}\n`);
    });
    socket.on('data', (piece: string) => {
      const complete = lines.push(piece);
      const [line] = complete ?? [];
      if (complete === null) end(fail('what it says is too long'));
      else if (line !== undefined) end(parseJson(line, checkFromAttach, 'answer'));
    });
    socket.on('error', (error) => {
      const isGone = ['ECONNREFUSED', 'ENOENT'].includes(errorCode(error) ?? '');
      end(fail(isGone ? REFUSED : reasonOf(error)));
    });
    socket.on('close', () => {
      end(fail('it hung up'));
    });
  });
}
