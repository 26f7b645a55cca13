/** The host's end of the engine: typed calls, events, one owner. The engine is in a worker thread or in this one. */
import { Worker } from 'node:worker_threads';
import type { EngineOptions } from './engine.js';
import type {
  EngineCall,
  EngineCalls,
  EngineEvent,
  EngineReply,
  EngineRequest,
} from './protocol.js';
import { reasonOf } from './reason.js';

/** What the worker posts. */
export type FromEngineWorker =
  | { readonly kind: 'reply'; readonly reply: EngineReply }
  | { readonly kind: 'event'; readonly event: EngineEvent }
  /** Everything is closed; the thread ends. */
  | { readonly kind: 'disposed' };

/** What the worker is posted. */
export type ToEngineWorker =
  { readonly kind: 'request'; readonly request: EngineRequest } | { readonly kind: 'dispose' };

/** How requests reach an engine. `start` is called once, before anything else. */
export interface EngineLink {
  start(receiver: LinkReceiver): void;
  send(request: EngineRequest): void;
  dispose(): Promise<void>;
}

/** What a link hands over. */
export interface LinkReceiver {
  reply(reply: EngineReply): void;
  event(event: EngineEvent): void;
  /** The engine is gone; nothing more comes. */
  lost(reason: string): void;
}

interface Pending {
  readonly call: EngineCall;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Talks to one engine and owns it. */
export class EngineClient {
  readonly #link: EngineLink;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #lossListeners = new Set<(reason: string) => void>();
  #lost: string | null = null;
  #nextId = 1;

  constructor(link: EngineLink) {
    this.#link = link;
    link.start({
      reply: (reply) => {
        this.#settle(reply);
      },
      event: (event) => {
        for (const listener of this.#listeners) listener(event);
      },
      lost: (reason) => {
        this.#lose(reason);
      },
    });
  }

  /** Why no engine is there any more; null while there is one. */
  get lost(): string | null {
    return this.#lost;
  }

  /**
   * Resolves with the engine's answer. Rejects with the reason when it failed or the engine is gone. When `signal` is aborted
   * the engine is told to give it up (see the call `cancel`); this rejects once it has.
   */
  async call<K extends EngineCall>(
    call: K,
    input: EngineCalls[K]['in'],
    signal?: AbortSignal,
  ): Promise<EngineCalls[K]['out']> {
    if (this.#lost !== null) throw new Error(`${call}: ${this.#lost}`);
    if (signal?.aborted === true) throw new Error(`${call}: it was cancelled`);
    const id = this.#nextId++;
    const cancel = (): void => {
      void this.call('cancel', { request: id }).catch(() => undefined);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const output = await new Promise<unknown>((resolve, reject) => {
        this.#pending.set(id, { call, resolve, reject });
        // `call` and `input` belong together by the signature; TypeScript does not correlate them in a union.
        this.#link.send({ id, call, input } as EngineRequest);
      });
      return output as EngineCalls[K]['out'];
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Calls `listener` for each event until the returned function is called. */
  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Calls `listener` with the reason when the engine ends without having been disposed. */
  onLost(listener: (reason: string) => void): void {
    this.#lossListeners.add(listener);
  }

  /** Ends all sessions, closes their captures and stops the engine. Calls still open fail. */
  async dispose(): Promise<void> {
    this.#lossListeners.clear();
    this.#lose('the engine is closed');
    await this.#link.dispose();
    this.#listeners.clear();
  }

  #settle(reply: EngineReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.kind === 'ok') pending?.resolve(reply.output);
    else pending?.reject(new Error(reply.message));
  }

  #lose(reason: string): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    for (const { call, reject } of this.#pending.values()) reject(new Error(`${call}: ${reason}`));
    this.#pending.clear();
    for (const listener of this.#lossListeners) listener(reason);
  }
}

/** An engine in a worker thread running `scriptPath` (dist/engine.cjs): the editor's. */
export function workerEngine(scriptPath: string, options: EngineOptions): EngineClient {
  return new EngineClient(new WorkerLink(scriptPath, options));
}

/** A worker that does not close its sessions within this time is stopped. */
const DISPOSE_MS = 5000;

class WorkerLink implements EngineLink {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;

  constructor(scriptPath: string, options: EngineOptions) {
    // Flags and options of the host's process are not for the engine.
    this.#worker = new Worker(scriptPath, {
      name: 'sluice-engine',
      execArgv: [],
      stdin: false,
      workerData: options,
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        resolve();
      });
    });
  }

  start(receiver: LinkReceiver): void {
    this.#worker.on('message', (message: FromEngineWorker) => {
      if (message.kind === 'reply') receiver.reply(message.reply);
      else if (message.kind === 'event') receiver.event(message.event);
    });
    this.#worker.on('error', (error) => {
      receiver.lost(`the engine stopped: ${reasonOf(error)}`);
    });
    this.#worker.on('exit', (code) => {
      receiver.lost(`the engine stopped (exit code ${code})`);
    });
  }

  send(request: EngineRequest): void {
    this.#post({ kind: 'request', request });
  }

  async dispose(): Promise<void> {
    this.#post({ kind: 'dispose' });
    const timer = setTimeout(() => void this.#worker.terminate(), DISPOSE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #post(message: ToEngineWorker): void {
    this.#worker.postMessage(message);
  }
}
