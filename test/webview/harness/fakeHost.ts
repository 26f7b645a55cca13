/**
 * Stands in for VS Code and the engine on the harness page: hands out `acquireVsCodeApi`, answers views and hits from the
 * simulated session, keeps what the panel posts. The test drives it through `window.harness`.
 */
import type { FromWebview, ToWebview } from '../../../extension/core/panel/messages.js';
import { hitAt, viewAt } from './fakePictures.js';
import { withSamples } from './fakeSamples.js';
import { RUN_MS, snapshotAt } from './fakeSession.js';

let endMs = RUN_MS;
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

function received(message: FromWebview): void {
  posted.push(message);
  if (!answering) return;
  if (message.kind === 'view') send({ kind: 'view', reply: viewAt(message.request, endMs) });
  if (message.kind === 'hit') send({ kind: 'hit', reply: hitAt(message.request) });
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

const host = {
  posted,
  send,
  /** Shows the session as it is at a moment of the run; returns the snapshot's generation. */
  show(state: 'live' | 'ended' | 'capture', atMs = RUN_MS): number {
    endMs = atMs;
    generation += 1;
    send({ kind: 'snapshot', snapshot: snapshotAt(atMs, state, generation) });
    return generation;
  },
  /** Shows the whole session with CPU samples. */
  showSampled(state: 'live' | 'capture', isCpuProfiling: boolean): void {
    endMs = RUN_MS;
    generation += 1;
    const snapshot = withSamples(snapshotAt(RUN_MS, state, generation), isCpuProfiling);
    send({ kind: 'snapshot', snapshot });
  },
  /** Shows a session without a picture. */
  showEmpty(state: 'waiting' | 'ended', emptyText: string): void {
    generation += 1;
    const whole = snapshotAt(RUN_MS, state, generation);
    const report = { ...whole.report, pipelines: [] };
    send({ kind: 'snapshot', snapshot: { ...whole, rows: [], report, emptyText } });
  },
  setAnswering(value: boolean): void {
    answering = value;
  },
  /** Answers the last view that was asked for while answering was off. */
  answerLast(): void {
    const last = posted.findLast((m) => m.kind === 'view');
    if (last !== undefined) send({ kind: 'view', reply: viewAt(last.request, endMs) });
  },
  saved: (): unknown => saved,
  rowColours,
  snapshotAt,
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
