/** Stand-ins for the host's tests: a clock that a test moves, an engine that answers from a table, reports to look at. */
import { unadvised } from '../../../extension/core/advice/advise.js';
import type { PipelineReport, Report, StageReport } from '../../../extension/core/report/report.js';
import type {
  EngineCall,
  EngineCalls,
  SessionId,
  SessionInfo,
} from '../../../extension/engine/protocol.js';
import type { CallEngine } from '../../../extension/host/engineLink.js';
import type { Clock } from '../../../extension/host/throttle.js';

/** Time stands still until `advance`. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ atMs: number; run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): { dispose(): void } {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return { dispose: () => this.#timers.delete(timer) };
  }

  /** Lets time pass, without anything that is due being run: work that takes time. */
  spend(ms: number): void {
    this.#nowMs += ms;
  }

  /** Moves on in steps, running what falls due, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      const due = [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined || due.atMs > endMs) break;
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
    await settled();
  }
}

/** Lets everything that waits only for promises go on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

type Answers = {
  readonly [K in EngineCall]?: (
    input: EngineCalls[K]['in'],
  ) => EngineCalls[K]['out'] | Promise<EngineCalls[K]['out']>;
};

/** An engine that answers what it was told to and refuses the rest. `calls` lists what it was asked. */
export function fakeEngine(answers: Answers): {
  readonly call: CallEngine;
  readonly calls: { readonly call: EngineCall; readonly input: unknown }[];
} {
  const calls: { call: EngineCall; input: unknown }[] = [];
  const call: CallEngine = async (name, input) => {
    calls.push({ call: name, input });
    const answer = answers[name];
    if (answer === undefined) throw new Error(`${name}: refused`);
    return await answer(input);
  };
  return { call, calls };
}

export const sessionId = (id: string): SessionId => id as SessionId;

export function infoOf(id: string, changes: Partial<SessionInfo> = {}): SessionInfo {
  return {
    session: sessionId(id),
    title: `${id}.mjs`,
    state: 'live',
    processes: [{ pid: 7, title: `${id}.mjs` }],
    executions: 1234,
    lostRecords: 0,
    capturePath: `/captures/${id}.fxt`,
    bytes: 5_000_000,
    readShare: 1,
    ...changes,
  };
}

export function stageOf(name: string, changes: Partial<StageReport> = {}): StageReport {
  return {
    name,
    kind: 'cpu',
    process: 7,
    parallelism: 4,
    executions: 1000,
    lost: 0,
    items: 1000,
    errors: 0,
    ratePerSec: 123.4,
    trueRatePerSec: 200,
    utilization: 0.87,
    serviceNs: { mean: 3e6, p50: 2e6, p95: 4.2e6, p99: 9e6, max: 1e7 },
    shares: { busy: 0.87, starved: 0.1, blocked: 0.03, limited: 0, idle: 0 },
    cpuShare: null,
    source: null,
    ...changes,
  };
}

export function pipelineOf(changes: Partial<PipelineReport> = {}): PipelineReport {
  return {
    name: 'thumbnails',
    isShared: false,
    isImported: false,
    throughputPerSec: 120,
    latencyNs: null,
    latencyMean: null,
    links: [{ from: 'decode', to: 'resize', known: 'declared', isInside: false }],
    stages: [stageOf('decode'), stageOf('resize', { process: 8 })],
    queues: [
      {
        name: 'decoded',
        from: 'decode',
        to: 'resize',
        inferred: null,
        capacity: 64,
        depth: { mean: 60.25, p50: 64, p95: 64, max: 64 },
        fullShare: 0.9,
        emptyShare: 0,
        waitNs: null,
      },
    ],
    knobs: [
      {
        id: '7:1',
        name: 'decode.concurrency',
        kind: 'parallelism',
        stage: 'decode',
        queue: null,
        value: 4,
        min: 1,
        max: null,
        live: true,
        via: 'api',
        remark: null,
        source: null,
      },
    ],
    bottleneck: {
      kind: 'stage',
      stage: 'resize',
      confidence: 0.9,
      evidence: ['resize is busy 99%.'],
    },
    ...unadvised(null),
    ...changes,
  };
}

export function reportOf(changes: Partial<Report> = {}): Report {
  return {
    schema: 'sluice.report/1',
    capture: {
      durationNs: 12e9,
      executions: 2000,
      bytes: 5_000_000,
      lost: { records: 0, shareOfExecutions: 0 },
      agentCost: null,
      truncatedAtByte: null,
      truncatedReason: null,
      processes: [
        {
          pid: 7,
          title: 'main.mjs',
          runtime: 'node v20',
          throttledShare: null,
          threads: [],
          ended: false,
        },
        {
          pid: 8,
          title: 'worker.mjs',
          runtime: 'node v20',
          throttledShare: null,
          threads: [],
          ended: true,
        },
      ],
      environment: null,
    },
    pipelines: [pipelineOf()],
    notes: [],
    ...changes,
  };
}
