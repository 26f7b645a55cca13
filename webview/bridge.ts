/** The only way to the host: the messages of `core/panel/messages.ts` and the state that VS Code keeps for the panel. */
import type { FromWebview, ToWebview } from '../extension/core/panel/messages.js';

interface VsCodeApi {
  postMessage(message: FromWebview): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

export interface Bridge {
  post(message: FromWebview): void;
  /** What `save` was last given, perhaps by another version of the panel: check before use. */
  saved(): unknown;
  /** Survives the panel being hidden and VS Code being restarted. Must be plain JSON. */
  save(state: unknown): void;
  /** Calls back for each message of the host. Returns the end of it. */
  listen(received: (message: ToWebview) => void): () => void;
}

const kinds: ReadonlySet<unknown> = new Set<ToWebview['kind']>([
  'snapshot',
  'view',
  'hit',
  'answer',
  'live',
  'reveal',
  'notice',
]);

/**
 * Host and panel are one build, so a message with a known kind is taken for what it says; anything else on the channel
 * (VS Code and browser extensions post there too) is none of ours.
 */
function toMessage(data: unknown): ToWebview | null {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return null;
  return kinds.has(data.kind) ? (data as ToWebview) : null;
}

/** Connects to VS Code. Call once: VS Code hands its API out a single time. */
export function connect(): Bridge {
  const api = acquireVsCodeApi();
  return {
    post: (message) => {
      api.postMessage(message);
    },
    saved: () => api.getState(),
    save: (state) => {
      api.setState(state);
    },
    listen: (received) => {
      const onMessage = (event: MessageEvent<unknown>): void => {
        const message = toMessage(event.data);
        if (message !== null) received(message);
      };
      addEventListener('message', onMessage);
      return () => {
        removeEventListener('message', onMessage);
      };
    },
  };
}
