/**
 * Stands in for VS Code on the harness page: hands out `acquireVsCodeApi`, keeps what the panel posts, and answers it from a
 * session model that is fed with a simulated run. The test drives it through `window.harness`.
 */
import { runJob } from '../../../extension/core/job.js';
import type { FromWebview, ToWebview } from '../../../extension/core/panel/messages.js';
import type { Query, QueryReply } from '../../../extension/core/panel/query.js';
import type { PanelSnapshot, SessionState } from '../../../extension/core/panel/snapshot.js';
import { SessionModel } from '../../../extension/core/sessionModel.js';
import { RUN_MS } from './pipeline.js';
import { Recording } from './recording.js';

/** A session as far as it has come. */
class FakeSession {
  readonly model = new SessionModel({ title: 'code-index' });
  readonly recording = new Recording(this.model.sink);
  atMs = 0;
  isSampled = false;

  /** Brings the session to a moment; it does not go back. */
  bring(state: SessionState, atMs: number): void {
    this.atMs = atMs;
    this.model.setState(state);
    const isOver = state === 'ended' || state === 'capture';
    this.model.addBytes(isOver ? this.recording.end(atMs) : this.recording.until(atMs));
  }

  sample(): void {
    if (!this.isSampled) this.model.addBytes(this.recording.sample(1));
    this.isSampled = true;
  }
}

let session = new FakeSession();
let latest: PanelSnapshot | null = null;
/** Generations go on when a session begins anew, as if it were the same. */
let generation = 0;
let answering = true;
let saved: unknown = null;
const posted: FromWebview[] = [];

/** As over a process boundary: later, and as a copy. */
function send(message: ToWebview): void {
  setTimeout(() => {
    postMessage(structuredClone(message), '*');
  });
}

function answer(message: FromWebview): void {
  const { model } = session;
  if (message.kind === 'view') send({ kind: 'view', reply: model.view(message.request) });
  else if (message.kind === 'hit') send({ kind: 'hit', reply: model.hit(message.request) });
  else if (message.kind === 'query') {
    send({ kind: 'answer', reply: runJob(model.queryJob(message.query)) });
  }
}

function received(message: FromWebview): void {
  posted.push(message);
  if (answering) answer(message);
}

/** Colours on the canvas beside a row's header, by share of the row's pixels. */
function rowColours(header: string): Record<string, number> {
  const row = document.querySelector(header)?.getBoundingClientRect();
  const canvas = document.querySelector<HTMLCanvasElement>('canvas#timeline');
  const ctx = canvas?.getContext('2d');
  if (row === undefined || !canvas || !ctx) return {};
  const top = Math.round((row.top - canvas.getBoundingClientRect().top) * devicePixelRatio);
  const height = Math.round(row.height * devicePixelRatio);
  const { data } = ctx.getImageData(0, top, canvas.width, height);
  const counts: Record<string, number> = {};
  for (let i = 0; i < data.length; i += 4) {
    const rgb = [data[i], data[i + 1], data[i + 2]];
    const hex = '#' + rgb.map((c) => (c ?? 0).toString(16).padStart(2, '0')).join('');
    counts[hex] = (counts[hex] ?? 0) + 4 / data.length;
  }
  return counts;
}

/** Sends what is known now, with changes that a test wants; returns its generation. */
function tell(changes: Partial<PanelSnapshot> = {}): number {
  generation += 1;
  latest = { ...session.model.snapshot(), generation, ...changes };
  send({ kind: 'snapshot', snapshot: latest });
  return latest.generation;
}

const host = {
  posted,
  send,
  tell,
  /** Shows the session as it is at a moment of the run; returns the snapshot's generation. */
  show(state: SessionState, atMs = RUN_MS): number {
    if (atMs < session.atMs) session = new FakeSession();
    session.bring(state, atMs);
    return tell();
  },
  /** Shows the whole session with CPU samples. */
  showSampled(state: 'live' | 'capture', isCpuProfiling: boolean): void {
    session.bring(state, RUN_MS);
    session.sample();
    session.model.setCpuProfiling(isCpuProfiling);
    tell();
  },
  /** Works out advice on what is shown, and tells it. */
  advise(): void {
    runJob(session.model.adviceJob());
    tell();
  },
  /** Shows a session without a picture. */
  showEmpty(state: 'waiting' | 'ended', emptyText: string): void {
    session.bring(state, RUN_MS);
    const { report } = session.model.snapshot();
    tell({ rows: [], report: { ...report, pipelines: [] }, emptyText });
  },
  setAnswering(value: boolean): void {
    answering = value;
  },
  /** Answers the last view that was asked for while answering was off. */
  answerLast(): void {
    const last = posted.findLast((m) => m.kind === 'view');
    if (last !== undefined) answer(last);
  },
  /** What the model answers to a question, whether or not the panel has asked it. */
  ask: (query: Query): QueryReply => runJob(session.model.queryJob(query)),
  saved: (): unknown => saved,
  rowColours,
  /** The snapshot that was sent last. */
  snapshot: (): PanelSnapshot | null => latest,
};

declare global {
  interface Window {
    harness: typeof host;
  }
}

const stored = sessionStorage.getItem('state');
if (stored !== null) saved = JSON.parse(stored);

Object.assign(window, {
  harness: host,
  acquireVsCodeApi: () => ({
    postMessage: received,
    getState: () => saved,
    setState: (state: unknown) => {
      saved = state;
      sessionStorage.setItem('state', JSON.stringify(state));
    },
  }),
});
