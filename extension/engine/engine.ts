/** Answers the calls of a host: sessions by id, each request exactly one reply. Owns the server and every session. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { CaptureSession } from './captureSession.js';
import { writeExport } from './exportFile.js';
import { LiveSession } from './liveSession.js';
import type {
  EngineCall,
  EngineCalls,
  EngineEvent,
  EngineReply,
  EngineRequest,
  SessionId,
} from './protocol.js';
import { reasonOf } from './reason.js';
import { SessionServer } from './sessionServer.js';

type Answer<K extends EngineCall> = Result<EngineCalls[K]['out']>;
type Handlers = {
  readonly [K in EngineCall]: (input: EngineCalls[K]['in']) => Answer<K> | Promise<Answer<K>>;
};
type Session = LiveSession | CaptureSession;

/** The engine. `handle` never rejects; `emit` hears events, never from inside a call to the engine's constructor. */
export class Engine {
  readonly #emit: (event: EngineEvent) => void;
  readonly #server: SessionServer;
  readonly #sessions = new Map<SessionId, Session>();
  readonly #handlers: Handlers;
  #isDisposed = false;
  #lastId = 0;

  constructor(emit: (event: EngineEvent) => void) {
    this.#emit = (event) => {
      if (!this.#isDisposed) emit(event);
    };
    this.#server = new SessionServer((message) => {
      this.#emit({ kind: 'problem', session: null, message });
    });
    this.#handlers = {
      createSession: async (input) => this.#createSession(input),
      openCapture: async ({ path }) => this.#openCapture(path),
      snapshot: ({ session }) => this.#with(session, (s) => ok(s.model.snapshot())),
      report: ({ session }) => this.#with(session, (s) => ok(s.model.report())),
      view: ({ session, request }) => this.#with(session, (s) => ok(s.model.view(request))),
      hit: ({ session, request }) => this.#with(session, (s) => ok(s.model.hit(request))),
      exportCapture: async ({ session, path, ...wanted }) =>
        this.#with(session, async (s) => {
          const parts = s.model.export(wanted);
          if (!parts.ok) return parts;
          const files = await writeExport(parts.value, path);
          return files.ok ? ok({ files: files.value }) : files;
        }),
      sampledThreads: ({ session }) => this.#with(session, (s) => ok(s.model.sampledThreads)),
      setKnob: async ({ session, knob, value }) =>
        this.#with(session, async (s) => s.setKnob(knob, value)),
      startCpuProfile: async ({ session, durationMs, intervalUs }) =>
        this.#with(session, async (s) => s.startCpuProfile({ durationMs, intervalUs })),
      stopCpuProfile: async ({ session }) => this.#with(session, async (s) => s.stopCpuProfile()),
      learnTopology: async ({ session, durationMs }) =>
        this.#with(session, async (s) => s.learnTopology(durationMs)),
      endSession: async ({ session }) => this.#with(session, async (s) => s.end()),
      closeSession: async ({ session }) => this.#closeSession(session),
    };
  }

  /** Carries out one request. A failure is a reply, also when the engine is disposed before it is done. */
  async handle(request: EngineRequest): Promise<EngineReply> {
    const { id } = request;
    try {
      const answer = await this.#answer(request.call, request.input);
      if (!answer.ok) return { kind: 'failed', id, message: answer.error };
      return { kind: 'ok', id, output: answer.value };
    } catch (error) {
      return { kind: 'failed', id, message: `${request.call}: ${reasonOf(error)}` };
    }
  }

  /** Ends every session, closes the captures and stops listening. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await Promise.all([...this.#sessions.values()].map(async (s) => s.end()));
    this.#sessions.clear();
    await this.#server.dispose();
  }

  async #answer<K extends EngineCall>(call: K, input: EngineCalls[K]['in']): Promise<Answer<K>> {
    if (this.#isDisposed) return fail('the engine is closed');
    const handler: Handlers[K] = this.#handlers[call];
    return handler(input);
  }

  async #createSession({
    title,
    capturePath,
  }: EngineCalls['createSession']['in']): Promise<Answer<'createSession'>> {
    const url = await this.#server.listen();
    const id = this.#newId();
    const created = await LiveSession.create({ id, title, capturePath, emit: this.#emit });
    if (!created.ok) return created;
    const session = created.value;
    session.onEnd(() => {
      this.#server.remove(session);
    });
    if (this.#isDisposed) {
      await session.end();
      return fail('the engine is closed');
    }
    this.#sessions.set(id, session);
    this.#server.add(session);
    return ok({ session: id, url, token: session.token });
  }

  async #openCapture(path: string): Promise<Answer<'openCapture'>> {
    const session = new CaptureSession({ id: this.#newId(), path, emit: this.#emit });
    this.#sessions.set(session.id, session);
    const read = await session.read();
    if (!read.ok) {
      this.#sessions.delete(session.id);
      this.#emit({ kind: 'closed', session: session.id });
      return read;
    }
    return ok({ session: session.id });
  }

  async #closeSession(id: SessionId): Promise<Result<null>> {
    return this.#with(id, async (session) => {
      this.#sessions.delete(id);
      const ended = await session.end();
      this.#emit({ kind: 'closed', session: id });
      return ended;
    });
  }

  #with<T>(id: SessionId, use: (session: Session) => Result<T>): Result<T>;
  #with<T>(id: SessionId, use: (session: Session) => Promise<Result<T>>): Promise<Result<T>>;
  #with<T>(
    id: SessionId,
    use: (session: Session) => Result<T> | Promise<Result<T>>,
  ): Result<T> | Promise<Result<T>> {
    const session = this.#sessions.get(id);
    return session === undefined ? fail(`there is no session ${id} (it was closed)`) : use(session);
  }

  #newId(): SessionId {
    this.#lastId += 1;
    return `s${this.#lastId}` as SessionId;
  }
}
