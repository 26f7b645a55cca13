/** Reports made up for comparisons: only what matters is said, the rest is plausible. */
import { unadvised } from '../../../../extension/core/advice/advise.js';
import type {
  PipelineReport,
  QueueReport,
  Report,
  StageReport,
} from '../../../../extension/core/report/report.js';
import type { Run } from '../../../../extension/core/compare/compare.js';

export function stage(name: string, changes: Partial<StageReport> = {}): StageReport {
  return {
    name,
    kind: 'io',
    process: 1,
    parallelism: 4,
    executions: 1000,
    lost: 0,
    items: 1000,
    errors: 0,
    ratePerSec: 100,
    trueRatePerSec: 400,
    utilization: 0.25,
    serviceNs: service(10e6),
    shares: { busy: 0.25, starved: 0.75, blocked: 0, limited: 0, idle: 0 },
    cpuShare: null,
    source: null,
    ...changes,
  };
}

/** Times around a mean. */
export function service(meanNs: number): NonNullable<StageReport['serviceNs']> {
  return { mean: meanNs, p50: meanNs * 0.9, p95: meanNs * 1.5, p99: meanNs * 2, max: meanNs * 3 };
}

export function queue(name: string, changes: Partial<QueueReport> = {}): QueueReport {
  return {
    name,
    from: 'load',
    to: 'resize',
    inferred: null,
    capacity: 16,
    depth: { mean: 4, p50: 4, p95: 9, max: 16 },
    fullShare: 0.1,
    emptyShare: 0.1,
    waitNs: null,
    ...changes,
  };
}

export function pipeline(name: string, changes: Partial<PipelineReport> = {}): PipelineReport {
  return {
    name,
    isShared: false,
    isImported: false,
    throughputPerSec: 100,
    latencyNs: { p50: 50e6, p95: 80e6, p99: 100e6 },
    latencyMean: { meanNs: 52e6, by: 'items', isAtLeast: false },
    stages: [stage('load'), stage('resize', { trueRatePerSec: 105, utilization: 0.95 })],
    queues: [queue('loaded')],
    links: [],
    knobs: [],
    bottleneck: { kind: 'stage', stage: 'resize', confidence: 1, evidence: [] },
    ...unadvised(null),
    ...changes,
  };
}

export function report(
  pipelines: readonly PipelineReport[] = [pipeline('images')],
  capture: Partial<Report['capture']> = {},
): Report {
  return {
    schema: 'sluice.report/1',
    capture: {
      durationNs: 10e9,
      executions: 2000,
      bytes: 1000,
      lost: { records: 0, shareOfExecutions: 0 },
      agentCost: null,
      truncatedAtByte: null,
      truncatedReason: null,
      processes: [
        {
          pid: 1,
          title: 'app.js',
          runtime: 'node v20.0.0',
          throttledShare: null,
          threads: [],
          ended: true,
        },
      ],
      environment: {
        platform: 'linux',
        arch: 'x64',
        cpuModel: 'CPU 1',
        cores: 8,
        memoryBytes: 16 * 2 ** 30,
        quotaCores: null,
      },
      ...capture,
    },
    pipelines,
    notes: [],
  };
}

/** Runs of one side, `run(i)` each. */
export function runs(count: number, run: (i: number) => Report, side = 'x'): Run[] {
  return Array.from({ length: count }, (_, i) => ({ file: `${side}-${i}.fxt`, report: run(i) }));
}
