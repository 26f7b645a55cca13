/**
 * Makes every worker thread look for orders, also those that sleep in `Atomics.wait` or compute without end: a message
 * through the inspector interrupts them. For that the main thread opens a session to itself, no port, and closes it again.
 */
import { loadInspector, POLL_EXPRESSION } from './sampler.js';

/** The session is closed after so long, whether all workers have answered or not. */
const OPEN_MS = 1000;

/** Never throws; where there is no inspector, workers look by themselves when their event loop turns. */
export function reachWorkers(): void {
  try {
    const inspector = loadInspector();
    if (inspector === undefined) return;
    const session = new inspector.Session();
    session.connect();
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      const { sessionId } = params;
      const message = JSON.stringify({
        id: 1,
        method: 'Runtime.evaluate',
        params: { expression: POLL_EXPRESSION, silent: true },
      });
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message }, () => undefined);
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, () => undefined);
    setTimeout(() => {
      session.disconnect();
    }, OPEN_MS).unref();
  } catch {
    // Workers then begin a quarter of a second later, or when they wake up.
  }
}
