/** Composition root of the webview: connects to VS Code, builds the panel, reports what goes wrong to the host. */
import { connect } from './bridge.js';
import { registerControls } from './controls.js';
import { Panel } from './panel.js';

const bridge = connect();

function report(what: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  bridge.post({ kind: 'failure', message: `${what}: ${detail}`.slice(0, 8192) });
}

addEventListener('error', (event) => {
  report('panel', event.error ?? event.message);
});
addEventListener('unhandledrejection', (event) => {
  report('panel, promise', event.reason);
});

const root = document.getElementById('root');
if (root === null) {
  report('panel', new Error('the page has no element with the id root'));
} else {
  registerControls();
  new Panel(root, bridge).start();
}
