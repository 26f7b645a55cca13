/**
 * How a dormant agent is found and asked to dial in.
 *
 * Every program with the agent in it listens on a socket in a folder that only its user can enter, `<pid>.sock`; on Windows
 * on a named pipe. It never listens on a port. Whoever connects asks first, one JSON line a message:
 *
 *     client   ask                        who are you, what do you do now?
 *     agent    hello                      pid, title, what it does
 *     client   attach (url, token)        dial this engine
 *     agent    done | refused (reason)
 *
 * or only the first two. There is no message that makes the agent run anything; all it can be told is an address on this
 * machine to which it sends its records. Detaching is the engine's business, on the connection that the agent then makes.
 */
import { fail, ok, type Result } from './result.js';
import {
  integerIn,
  nullable,
  numberIn,
  oneOf,
  text,
  unionByKind,
  type Checked,
} from './validate.js';

/** Version of this protocol, in the first message of either side. */
export const ATTACH_PROTOCOL = 1;
/** Longest line either side takes. */
export const MAX_ATTACH_LINE_BYTES = 32 * 1024;

const u32 = integerIn(0, 0xffff_ffff);

/** What an agent does: nothing, keeping the last seconds for whoever comes, or recording for an engine. */
export const checkAgentState = oneOf('dormant', 'flight', 'recording');

/** Client to agent. */
export const checkToAttach = unionByKind({
  ask: { protocol: integerIn(0, 0xffff) },
  /** `by` names the client for others who ask: `sluice attach (pid 4711)`. */
  attach: { url: text(200), token: text(200), by: text(200) },
});
export type ToAttach = Checked<typeof checkToAttach>;

/** Agent to client. */
export const checkFromAttach = unionByKind({
  hello: {
    protocol: integerIn(0, 0xffff),
    version: text(64),
    pid: u32,
    ppid: u32,
    title: text(512),
    runtime: text(64),
    cwd: text(4096),
    /** When the process started, Unix milliseconds. */
    sinceUnixMs: numberIn(0, 8.64e15),
    state: checkAgentState,
    /** Who it records for; null when nobody, or not known. */
    by: nullable(text(200)),
    /** How far the flight recorder reaches back; null without one. */
    flightMs: nullable(numberIn(0, 1e9)),
    /** The file that the flight recorder wrote last, or why it could not. */
    flightFile: nullable(text(4096)),
    flightProblem: nullable(text(1024)),
  },
  done: {},
  refused: { reason: text(1024) },
});
export type FromAttach = Checked<typeof checkFromAttach>;

/** What an agent says of itself. */
export type AttachHello = Extract<FromAttach, { kind: 'hello' }>;

/** What the names depend on; the caller knows the machine. */
export interface AttachPlace {
  /** `process.platform`. */
  readonly platform: string;
  /** `os.tmpdir()`. */
  readonly tmpFolder: string;
  /** `XDG_RUNTIME_DIR`; undefined or empty: there is none. */
  readonly runtimeFolder: string | undefined;
  /** `process.getuid()`; undefined on Windows. */
  readonly uid: number | undefined;
  /** Name of the user, for Windows. */
  readonly user: string;
}

/** Longest path that a socket may have (macOS takes 103 bytes, Linux 107). */
const MAX_SOCKET_PATH = 103;
const PIPES = '\\\\.\\pipe\\';
const SOCKET_NAME = /^(\d{1,10})\.sock$/;

/** Folders where sockets of this user's programs may lie; an agent takes the first one that it can use. */
export function attachFolders(place: AttachPlace): string[] {
  if (place.platform === 'win32') return [PIPES];
  const { runtimeFolder, tmpFolder, uid = 0 } = place;
  const own = `${tmpFolder.replace(/\/+$/, '')}/sluice-${uid}`;
  return runtimeFolder?.startsWith('/') === true
    ? [`${runtimeFolder.replace(/\/+$/, '')}/sluice`, own]
    : [own];
}

/** Where the agent of a process listens; fails when the system takes no path that long. */
export function attachPath(folder: string, pid: number, place: AttachPlace): Result<string> {
  if (place.platform === 'win32') return ok(`${PIPES}${pipePrefix(place)}${pid}`);
  const path = `${folder}/${pid}.sock`;
  return path.length <= MAX_SOCKET_PATH ? ok(path) : fail(`the path is too long: ${path}`);
}

/** The process whose agent listens under this name in an attach folder; undefined: not the name of a socket of ours. */
export function pidOfAttachName(name: string, place: AttachPlace): number | undefined {
  if (place.platform !== 'win32') {
    const digits = SOCKET_NAME.exec(name)?.[1];
    return digits === undefined ? undefined : Number(digits);
  }
  const prefix = pipePrefix(place);
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d{1,10}$/.test(rest) ? Number(rest) : undefined;
}

function pipePrefix({ user }: AttachPlace): string {
  return `sluice-${user.replace(/[^\w.-]/g, '_')}-`;
}

/** Is this the address of an engine on this machine? An agent dials no other. */
export function isLocalEngine(url: string): boolean {
  return /^ws:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}(\/[\w/-]*)?$/.test(url);
}

/** Cuts a stream of bytes into lines, at most `MAX_ATTACH_LINE_BYTES` long. */
export class AttachLines {
  #rest = '';

  /** Takes decoded text and returns the lines that it completes; null when a line gets too long: hang up. */
  push(piece: string): string[] | null {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    const isTooLong = (line: string): boolean => line.length > MAX_ATTACH_LINE_BYTES;
    return isTooLong(this.#rest) || lines.some(isTooLong) ? null : lines;
  }
}
