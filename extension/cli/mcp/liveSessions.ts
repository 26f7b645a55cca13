/** Live sessions of the server: programs that it runs, and programs that it was let into. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import {
  type Attachable,
  attachPlace,
  findAttachable,
  requestAttach,
} from '../../engine/attach.js';
import type { EngineClient } from '../../engine/engineClient.js';
import { launchEnvironment } from '../../engine/launch.js';
import type { SessionId, SessionInfo } from '../../engine/protocol.js';
import { captureFileName, newCapturePath } from '../captureFolder.js';
import { Program } from './program.js';

/** A session of a program that runs, or has run. */
export interface LiveSession {
  /** `live-1` */
  readonly id: string;
  readonly title: string;
  readonly session: SessionId;
  readonly capturePath: string;
  /** null: it was attached to, and goes on after the session. */
  readonly program: Program | null;
}

/** How the server sees its world. */
export interface LiveWorld {
  readonly engine: EngineClient;
  readonly env: NodeJS.ProcessEnv;
  readonly distFolder: string;
  /** null: the folder for captures that the command line uses. */
  readonly capturesFolder: string | null;
}

/** A session that waits for its program. */
interface Begun extends Pick<LiveSession, 'id' | 'session' | 'capturePath'> {
  readonly url: string;
  readonly token: string;
}

/** Sessions at a time. */
const MAX_LIVE = 8;
/** What a program said last comes within this time; and whoever joins at all, within this. */
const SETTLE_MS = 3000;
const NOBODY_MS = 300;
/** A program that was asked has this long to dial in. */
const JOIN_MS = 10_000;
/** Between two signals: on request, and when the server ends (its client will not wait for long). */
const STOP_STEP_MS = 5000;
const END_STEP_MS = 600;

/** Owns them. */
export class LiveSessions {
  readonly #world: LiveWorld;
  readonly #infos = new Map<SessionId, SessionInfo>();
  readonly #listeners = new Set<() => void>();
  #sessions: readonly LiveSession[] = [];
  #count = 0;

  constructor(world: LiveWorld) {
    this.#world = world;
    world.engine.onEvent((event) => {
      if (event.kind === 'changed') this.#infos.set(event.info.session, event.info);
      else if (event.kind === 'closed') this.#infos.delete(event.session);
      for (const listener of this.#listeners) listener();
    });
  }

  /** The newest first. */
  all(): readonly LiveSession[] {
    return this.#sessions.toReversed();
  }

  /** What the engine said of it last. */
  infoOf({ session }: LiveSession): SessionInfo | undefined {
    return this.#infos.get(session);
  }

  /** Nothing more comes of it. */
  isOver(live: LiveSession): boolean {
    return (live.program?.end ?? null) !== null || this.infoOf(live)?.state === 'ended';
  }

  /** Waits, not for long, until all that a program said before its end has come. */
  async settled({ session }: LiveSession): Promise<void> {
    const isState = (state: SessionInfo['state']): boolean =>
      (this.#infos.get(session)?.state ?? 'waiting') === state;
    // Nobody came: somebody may still stand in the queue of connections for a moment.
    await this.#until(() => !isState('waiting'), NOBODY_MS);
    if (!isState('waiting')) await this.#until(() => isState('ended'), SETTLE_MS);
  }

  /** Runs a command with the agent in it. */
  async run(command: readonly [string, ...string[]], cwd: string): Promise<Result<LiveSession>> {
    const registerPath = path.join(this.#world.distFolder, 'agent', 'register.cjs');
    if (!existsSync(registerPath)) {
      return fail(`the agent is missing (${registerPath}): install Sluice again`);
    }
    const begun = await this.#begin(command);
    if (!begun.ok) return begun;
    const { id, session, url, token, capturePath } = begun.value;
    const env = launchEnvironment(this.#world.env, { url, token, registerPath });
    const program = await Program.start({ command, cwd, env });
    if (!program.ok) {
      await this.#discard(session, capturePath);
      return program;
    }
    const title = command.join(' ').slice(0, 200);
    return ok(this.#add({ id, title, session, capturePath, program: program.value }));
  }

  /** A program that runs already and has the agent in it. */
  async find(pid: number): Promise<Result<Attachable>> {
    return findAttachable(pid, attachPlace(this.#world.env));
  }

  /** Has it record for us. */
  async attach({ pid, title }: Attachable, signal: AbortSignal): Promise<Result<LiveSession>> {
    const place = attachPlace(this.#world.env);
    const begun = await this.#begin([title]);
    if (!begun.ok) return begun;
    const { id, session, url, token, capturePath } = begun.value;
    const by = `sluice mcp (pid ${process.pid})`;
    const asked = await requestAttach({ pid, url, token, by }, place);
    const hasJoined = (): boolean => (this.#infos.get(session)?.processes.length ?? 0) > 0;
    if (asked.ok && (await this.#until(hasJoined, JOIN_MS, signal)))
      return ok(this.#add({ id, title, session, capturePath, program: null }));
    await this.#discard(session, capturePath);
    if (!asked.ok) return asked;
    return fail(`${title} (pid ${pid}) did not connect within ${JOIN_MS / 1000} s`);
  }

  /** Stops the program if it is ours, lets it go if not, and closes the capture. */
  async stop(live: LiveSession, stepMs = STOP_STEP_MS): Promise<void> {
    await live.program?.stop(stepMs);
    this.#sessions = this.#sessions.filter((s) => s !== live);
    await this.#world.engine.call('closeSession', { session: live.session });
  }

  /** Stops all of them. */
  async dispose(): Promise<void> {
    await Promise.allSettled(this.#sessions.map(async (live) => this.stop(live, END_STEP_MS)));
  }

  async #begin(command: readonly string[]): Promise<Result<Begun>> {
    if (this.#sessions.length >= MAX_LIVE) {
      const over = this.#sessions.find((live) => this.isOver(live));
      if (over !== undefined) await this.stop(over);
    }
    if (this.#sessions.length >= MAX_LIVE) {
      return fail(`there are ${MAX_LIVE} live sessions: stop one with stop_session first`);
    }
    const { engine, capturesFolder } = this.#world;
    this.#count += 1;
    // Another session may be begun before this one is added.
    const id = `live-${this.#count}`;
    const number = `m${this.#count}`;
    const file =
      capturesFolder === null
        ? await newCapturePath([...command], new Date(), undefined, number)
        : ok(path.join(capturesFolder, captureFileName(command, new Date(), number)));
    if (!file.ok) return file;
    const title = command.join(' ').slice(0, 200);
    const opened = await engine.call('createSession', { title, capturePath: file.value });
    return ok({ ...opened, id, capturePath: file.value });
  }

  #add(live: LiveSession): LiveSession {
    this.#sessions = [...this.#sessions, live];
    return live;
  }

  /** Nobody came: the capture holds nothing. */
  async #discard(session: SessionId, capturePath: string): Promise<void> {
    await this.#world.engine.call('closeSession', { session });
    await rm(capturePath, { force: true });
  }

  /** True when it holds, false when the time is over or nobody wants it any more. Looked at whenever something happens. */
  async #until(holds: () => boolean, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (holds()) return true;
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        signal?.removeEventListener('abort', settle);
        resolve(holds());
      };
      const look = (): void => {
        if (holds()) settle();
      };
      const timer = setTimeout(settle, timeoutMs);
      this.#listeners.add(look);
      signal?.addEventListener('abort', settle, { once: true });
      if (signal?.aborted === true) settle();
    });
  }
}
