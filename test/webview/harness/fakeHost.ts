/**
 * Stands in for VS Code and the engine on the harness page: hands out `acquireVsCodeApi`, answers views and hits from the
 * simulated session, keeps what the panel posts. The test drives it through `window.host`.
 */
import type { FromWebview, ToWebview } from '../../../extension/core/panel/messages.js';
import { hitAt, viewAt } from './fakePictures.js';
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

const host = {
  posted,
  send,
  /** Shows the session as it is at a moment of the run. */
  show(state: 'live' | 'ended' | 'capture', atMs = RUN_MS): void {
    endMs = atMs;
    generation += 1;
    send({ kind: 'snapshot', snapshot: snapshotAt(atMs, state, generation) });
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
  saved: (): unknown => saved,
};

export type FakeHost = typeof host;

const stored = sessionStorage.getItem('state');
if (stored !== null) saved = JSON.parse(stored);

Object.assign(window, {
  host,
  acquireVsCodeApi: () => ({
    postMessage: received,
    getState: () => saved,
    setState: (state: unknown) => {
      saved = state;
      sessionStorage.setItem('state', JSON.stringify(state));
    },
  }),
});
