/** What happens when nobody listens for long: threads make no records until somebody does, and the gap is told. */
import type { DeclarationOf } from '../../wire/manifest.js';
import { nowNs } from '../clock.js';
import type { Control } from '../control.js';

const DEFAULT_PAUSE_MS = 10_000;
/** Name of the drain thread's environment variable with another time, in milliseconds: for tests. */
export const PAUSE_VARIABLE = 'SLUICE_PAUSE_MS';

/** Without a connection for so long, threads stop making records. In nanoseconds. */
export function pauseAfterNs(env: NodeJS.ProcessEnv = process.env): number {
  const given = Number(env[PAUSE_VARIABLE] ?? DEFAULT_PAUSE_MS);
  return (given >= 0 ? given : DEFAULT_PAUSE_MS) * 1e6;
}

/** Pauses the threads of the program, and goes on. */
export class Pause {
  readonly #control: Control;
  #sinceNs: number | undefined;

  constructor(control: Control) {
    this.#control = control;
  }

  begin(): void {
    if (this.#control.state !== 'recording') return;
    this.#control.state = 'paused';
    this.#sinceNs = nowNs();
  }

  /** Somebody listens. Returns the gap to declare, if there was one. */
  end(): DeclarationOf<'gap'> | undefined {
    const fromNs = this.#sinceNs;
    this.#sinceNs = undefined;
    if (fromNs === undefined || this.#control.state !== 'paused') return undefined;
    this.#control.state = 'recording';
    return { kind: 'gap', fromNs, toNs: nowNs() };
  }
}
