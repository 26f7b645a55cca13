/** Answers the calls of a host: sessions by id, each request exactly one reply. Owns the server and every session. */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { KnobPreview } from '../core/advice/previewKnob.js';
import type { Job } from '../core/job.js';
import type { Report } from '../core/report/report.js';
import type { PointsByPipeline, SessionModel } from '../core/sessionModel.js';
import { AdvicePace } from './advicePace.js';
import { CaptureSession } from './captureSession.js';
import { writeExport } from './exportFile.js';
import { JobQueue } from './jobQueue.js';
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
import { ASKED_TO_STOP } from './trials/sessionTrials.js';

type Answer<K extends EngineCall> = Result<EngineCalls[K]['out']>;
type Handlers = {
  readonly [K in EngineCall]: (
    input: EngineCalls[K]['in'],
    signal: AbortSignal,
  ) => Answer<K> | Promise<Answer<K>>;
};
type Session = LiveSession | CaptureSession;

/** What a host decides for its engine. */
export interface EngineOptions {
  /** Where rows of captures go that memory has no room for: best on a disk, not in a file system in memory. */
  readonly pagesFolder: string;
}

const defaultOptions: EngineOptions = { pagesFolder: tmpdir() };

/** The engine. `handle` never rejects; `emit` hears events, never from inside a call to the engine's constructor. */
export class Engine {
  readonly #emit: (event: EngineEvent) => void;
  readonly #server: SessionServer;
  readonly #sessions = new Map<SessionId, Session>();
  readonly #handlers: Handlers;
  readonly #options: EngineOptions;
  readonly #jobs = new JobQueue();
  readonly #advice = new AdvicePace();
  /** Requests under way, by their ids. */
  readonly #underWay = new Map<number, AbortController>();
  #lastReport = 0;
  #isDisposed = false;
  /** Hosts outlive engines and keep things by the ids of sessions, so no two engines give the same ids. */
  readonly #idPrefix = `s${randomBytes(4).toString('hex')}`;
  #lastId = 0;

  constructor(emit: (event: EngineEvent) => void, options: EngineOptions = defaultOptions) {
    this.#options = options;
    this.#emit = (event) => {
      if (!this.#isDisposed) emit(event);
    };
    this.#server = new SessionServer((message) => {
      this.#emit({ kind: 'problem', session: null, message });
    });
    this.#handlers = {
      createSession: async (input) => this.#createSession(input),
      openCapture: async (input, signal) => this.#openCapture(input, 'whole', signal),
      beginCapture: async (input, signal) => this.#openCapture(input, 'begun', signal),
      snapshot: ({ session, advise = false }) => {
        if (advise) void this.#adviseSoon(session);
        return this.#look(session, ({ model }) => model.snapshot());
      },
      report: async (input, signal) => {
        if (input.isWatched !== true) return this.#report(input, signal);
        void this.#adviseSoon(input.session);
        return this.#look(input.session, ({ model }) => model.report());
      },
      previewKnob: async (input, signal) => this.#preview(input, signal),
      view: async ({ session, viewer, request }) =>
        this.#run(session, `${viewer} view`, (model) => model.viewJob(request)),
      query: async ({ session, viewer, query }) =>
        this.#run(session, `${viewer} ${query.kind}`, (model) => model.queryJob(query)),
      hit: ({ session, request }) => this.#look(session, ({ model }) => model.hit(request)),
      exportCapture: async ({ session, path, ...wanted }) =>
        this.#with(session, async (s) => {
          const parts = s.model.export(wanted);
          if (!parts.ok) return parts;
          const files = await writeExport(parts.value, path);
          return files.ok ? ok({ files: files.value }) : files;
        }),
      sampledThreads: ({ session }) => this.#with(session, (s) => ok(s.model.sampledThreads)),
      setKnob: async ({ session, knob, value }) =>
        this.#with(session, async (s) =>
          s instanceof LiveSession ? s.setKnob(knob, value) : s.setKnob(),
        ),
      startTrial: async ({ session, ...request }) =>
        this.#live(session, async (s) => s.trials.trial(request)),
      startTuning: async ({ session, tuning }) => this.#live(session, async (s) => s.tune(tuning)),
      stopTrials: async ({ session, why }) =>
        this.#live(session, async (s) => {
          await s.trials.stop(why === 'asked' ? ASKED_TO_STOP : 'The program has ended.');
          return ok(null);
        }),
      startCpuProfile: async ({ session, durationMs, intervalUs }) =>
        this.#with(session, async (s) => s.startCpuProfile({ durationMs, intervalUs })),
      stopCpuProfile: async ({ session }) => this.#with(session, async (s) => s.stopCpuProfile()),
      learnTopology: async ({ session, durationMs }) =>
        this.#with(session, async (s) => s.learnTopology(durationMs)),
      endSession: async ({ session }) => this.#with(session, async (s) => s.end()),
      closeSession: async ({ session }) => this.#closeSession(session),
      cancel: ({ request }) => {
        this.#underWay.get(request)?.abort();
        return ok(null);
      },
    };
  }

  /** Carries out one request. A failure is a reply, also when the engine is disposed before it is done. */
  async handle(request: EngineRequest): Promise<EngineReply> {
    const { id } = request;
    const work = new AbortController();
    this.#underWay.set(id, work);
    try {
      const answer = await this.#answer(request.call, request.input, work.signal);
      if (!answer.ok) return { kind: 'failed', id, message: answer.error };
      return { kind: 'ok', id, output: answer.value };
    } catch (error) {
      return { kind: 'failed', id, message: `${request.call}: ${reasonOf(error)}` };
    } finally {
      this.#underWay.delete(id);
    }
  }

  /** Ends every session, closes the captures and stops listening. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const sessions = [...this.#sessions.values()];
    await Promise.all(sessions.map(async (s) => s.end()));
    for (const session of sessions) session.dispose();
    this.#sessions.clear();
    await this.#server.dispose();
  }

  async #answer<K extends EngineCall>(
    call: K,
    input: EngineCalls[K]['in'],
    signal: AbortSignal,
  ): Promise<Answer<K>> {
    if (this.#isDisposed) return fail('the engine is closed');
    const handler: Handlers[K] = this.#handlers[call];
    return handler(input, signal);
  }

  async #createSession({
    title,
    capturePath,
    successorOf,
  }: EngineCalls['createSession']['in']): Promise<Answer<'createSession'>> {
    const url = await this.#server.listen();
    const id = this.#newId();
    const before = successorOf === undefined ? undefined : this.#sessions.get(successorOf);
    if (successorOf !== undefined && !(before instanceof LiveSession)) {
      return fail(`there is no live session ${successorOf} to take over from`);
    }
    const created = await LiveSession.create({
      id,
      title,
      capturePath,
      emit: this.#emit,
      ...(before instanceof LiveSession ? { token: before.token } : {}),
    });
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

  async #openCapture(
    files: EngineCalls['beginCapture']['in'],
    until: 'begun' | 'whole',
    signal: AbortSignal,
  ): Promise<Answer<'openCapture'>> {
    const id = this.#newId();
    const pagesFolder = this.#options.pagesFolder;
    const session = new CaptureSession({ ...files, id, emit: this.#emit, pagesFolder });
    this.#sessions.set(id, session);
    const stop = (): void => void session.end();
    signal.addEventListener('abort', stop, { once: true });
    return new Promise((resolve, reject) => {
      const reading = session.read(() => {
        if (until === 'begun') resolve(ok({ session: id }));
      });
      reading.then((read) => {
        if (!read.ok) this.#forget(session);
        resolve(read.ok ? ok({ session: id }) : read);
      }, reject);
    });
  }

  #forget(session: Session): void {
    if (!this.#sessions.delete(session.id)) return;
    this.#advice.forget(session.id);
    session.dispose();
    this.#emit({ kind: 'closed', session: session.id });
  }

  async #closeSession(id: SessionId): Promise<Result<null>> {
    return this.#with(id, async (session) => {
      const ended = await session.end();
      this.#forget(session);
      return ended;
    });
  }

  /** Reads something from a session's model, and brings its memory back under the limit afterwards. */
  #look<T>(id: SessionId, read: (session: Session) => T): Result<T> {
    return this.#with(id, (session) => {
      const found = read(session);
      session.model.trim();
      return ok(found);
    });
  }

  /** Runs a job on a session's model, in slices; null when a newer one with the same key has overtaken it. */
  async #run<T>(
    id: SessionId,
    key: string,
    start: (model: SessionModel) => Job<T>,
    signal?: AbortSignal,
  ): Promise<Result<T | null>> {
    return this.#with(id, async ({ model }) => {
      const pause = (): void => {
        model.trim();
      };
      return ok(await this.#jobs.run(`${id} ${key}`, () => start(model), pause, signal));
    });
  }

  async #report(
    { session, earlier = [], objective }: EngineCalls['report']['in'],
    signal: AbortSignal,
  ): Promise<Result<Report>> {
    const points: PointsByPipeline[] = [];
    for (const other of earlier) {
      const found = await this.#run(other, 'points', (model) => model.pointsJob(), signal);
      if (!found.ok) return found;
      if (found.value !== null) points.push(found.value);
    }
    const wish = { earlier: points, ...(objective === undefined ? {} : { objective }) };
    // Each report has a key of its own: none overtakes another one.
    const key = `report ${(this.#lastReport += 1)}`;
    try {
      const advised = await this.#run(session, key, (model) => model.adviceJob(wish), signal);
      if (!advised.ok) return advised;
      if (advised.value === null) return fail('the report was cancelled');
    } catch (error) {
      // What was measured is not lost because of that.
      this.#sessions.get(session)?.model.dropAdvice();
      this.#emit({ kind: 'problem', session, message: `advice: ${reasonOf(error)}` });
    }
    return this.#look(session, ({ model }) => model.report());
  }

  async #preview(
    { session, ...change }: EngineCalls['previewKnob']['in'],
    signal: AbortSignal,
  ): Promise<Result<KnobPreview>> {
    const key = `preview ${(this.#lastReport += 1)}`;
    const preview = await this.#run(session, key, (model) => model.previewJob(change), signal);
    if (!preview.ok) return preview;
    return preview.value === null ? fail('the preview was cancelled') : ok(preview.value);
  }

  /** Renews the advice of a session that somebody looks at, but never so often that it takes much of the engine's time. */
  async #adviseSoon(id: SessionId): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined || !this.#advice.mayBegin(id, session.model.version)) return;
    const startMs = performance.now();
    try {
      const done = await this.#run(id, 'advice', (model) => model.adviceJob());
      if (done.ok && done.value !== null && this.#sessions.get(id) === session) {
        this.#emit({ kind: 'changed', info: session.info });
      }
    } catch (error) {
      this.#emit({ kind: 'problem', session: id, message: `advice: ${reasonOf(error)}` });
    } finally {
      this.#advice.ended(id, performance.now() - startMs);
    }
  }

  /** Something that needs a running program. */
  async #live<T>(
    id: SessionId,
    use: (session: LiveSession) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    return this.#with(id, async (session) =>
      session instanceof LiveSession
        ? use(session)
        : fail('changes can be tried out only while the program runs; this is a capture'),
    );
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
    return `${this.#idPrefix}-${this.#lastId}` as SessionId;
  }
}
