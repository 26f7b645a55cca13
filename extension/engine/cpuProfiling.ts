/** CPU profiles of a live session: one at a time, over all its processes, also those that join while it runs. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { AgentConnection } from './agentConnection.js';

/** How long and how often to sample. */
export interface CpuProfileRequest {
  /** 1 to 3,600,000. */
  readonly durationMs: number;
  /** 50 to 1,000,000. */
  readonly intervalUs: number;
}

/** A process that can be asked. */
export interface Profiled {
  readonly name: string;
  readonly connection: AgentConnection | null;
}

/** Processes hand over what they have within this time after the end. */
const HAND_OVER_MS = 500;

/** Owns the timer of the profile that runs. */
export class CpuProfiling {
  readonly #changed: () => void;
  readonly #problem: (message: string) => void;
  #request: CpuProfileRequest | null = null;
  #endMs = 0;
  #timer: NodeJS.Timeout | null = null;

  /** `changed` is called when a profile begins or ends, `problem` with what went wrong in single processes. */
  constructor(changed: () => void, problem: (message: string) => void) {
    this.#changed = changed;
    this.#problem = problem;
  }

  get isRunning(): boolean {
    return this.#request !== null;
  }

  /** Resolves when at least one process samples. Fails when none can, with the reasons. */
  async start(processes: readonly Profiled[], request: CpuProfileRequest): Promise<Result<null>> {
    if (this.#request !== null) return fail('a CPU profile is running already: stop it first');
    const connected = processes.filter((p) => p.connection !== null);
    if (connected.length === 0) return fail('no process is connected that could be sampled');
    this.#begin(request);
    const answers = await Promise.all(connected.map(async (p) => start(p, request)));
    const failures = answers.filter((a) => !a.ok).map((a) => a.error);
    if (failures.length === connected.length) {
      this.#over();
      // One that was only late must not go on.
      for (const { connection } of connected) void connection?.request({ kind: 'stopCpuProfile' });
      return fail(failures.join('; '));
    }
    for (const failure of failures) this.#problem(failure);
    return ok(null);
  }

  /** A process has joined: it is sampled for the rest of the time. */
  joined(process: Profiled): void {
    const request = this.#request;
    if (request === null) return;
    const durationMs = Math.floor(this.#endMs - performance.now());
    if (durationMs < 1) return;
    void start(process, { ...request, durationMs }).then((answer) => {
      if (!answer.ok) this.#problem(answer.error);
    });
  }

  /** Resolves when all threads have handed over their samples, or cannot in time; then it fails and says which. */
  async stop(processes: readonly Profiled[]): Promise<Result<null>> {
    if (this.#request === null) return fail('no CPU profile is running');
    this.#over();
    const failures: string[] = [];
    for (const { name, connection } of processes) {
      if (connection === null) continue;
      const answer = await connection.request({ kind: 'stopCpuProfile' });
      if (!answer.ok) failures.push(`${name}: ${answer.error}`);
    }
    return failures.length === 0 ? ok(null) : fail(failures.join('; '));
  }

  dispose(): void {
    this.#request = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #begin(request: CpuProfileRequest): void {
    this.#request = request;
    this.#endMs = performance.now() + request.durationMs;
    this.#timer = setTimeout(() => {
      this.#over();
    }, request.durationMs + HAND_OVER_MS);
    this.#changed();
  }

  #over(): void {
    this.dispose();
    this.#changed();
  }
}

async function start(
  { name, connection }: Profiled,
  request: CpuProfileRequest,
): Promise<Result<null>> {
  if (connection === null) return fail(`${name} is not connected`);
  const answer = await connection.request({ kind: 'startCpuProfile', ...request });
  return answer.ok ? answer : fail(`${name} was not sampled: ${answer.error}`);
}
