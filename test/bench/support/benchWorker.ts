/**
 * The engine of the bench page, in a web worker: reads a capture from the page's server while it comes, and answers the panel
 * meanwhile, as the engine's thread does in the editor.
 */
import { FxtReader } from '../../../agent/wire/fxtReader.js';
import { runJob } from '../../../extension/core/job.js';
import type { FromWebview, ToWebview } from '../../../extension/core/panel/messages.js';
import { SessionModel } from '../../../extension/core/sessionModel.js';

/** As the panel's channel in the editor: see `throttle.ts`. */
const PROGRESS_MS = 500;
const REST_PER_COST = 5;

const model = new SessionModel({ title: 'bench' });
let isReady = false;

function post(message: ToWebview, transfer: ArrayBuffer[] = []): void {
  self.postMessage(message, { transfer });
}

function tell(): void {
  if (isReady) post({ kind: 'snapshot', snapshot: model.snapshot() });
}

async function read(address: string): Promise<void> {
  const reader = new FxtReader(model.sink);
  const response = await fetch(address);
  const total = Number(response.headers.get('content-length'));
  const body = response.body?.getReader();
  let bytes = 0;
  let nextMs = performance.now();
  model.setState('reading');
  for (;;) {
    const piece = await body?.read();
    if (piece === undefined || piece.done) break;
    reader.push(piece.value);
    bytes += piece.value.length;
    model.addBytes(piece.value.length);
    model.setReadShare(bytes / total);
    if (performance.now() < nextMs) continue;
    const startMs = performance.now();
    tell();
    const costMs = performance.now() - startMs;
    nextMs = performance.now() + Math.max(PROGRESS_MS, REST_PER_COST * costMs);
    // Whoever asks is answered between two pieces.
    await new Promise((resolve) => setTimeout(resolve));
  }
  reader.end();
  model.setReadShare(1);
  model.setState('capture');
  tell();
}

self.addEventListener('message', (event: MessageEvent<FromWebview | { readonly open: string }>) => {
  const message = event.data;
  if ('open' in message) void read(message.open);
  else if (message.kind === 'ready') {
    isReady = true;
    tell();
  } else if (message.kind === 'view') {
    const reply = model.view(message.request);
    post({ kind: 'view', reply }, [reply.buffer]);
  } else if (message.kind === 'hit') post({ kind: 'hit', reply: model.hit(message.request) });
  else if (message.kind === 'query') {
    post({ kind: 'answer', reply: runJob(model.queryJob(message.query)) });
  }
});
