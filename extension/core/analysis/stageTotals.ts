/** Counts and service times of a stage, exact also when records were lost. */
import { mergePending } from '../model/declarations.js';
import type { Stage, Totals } from '../model/entities.js';
import type { LogHistogram } from '../model/histogram.js';
import type { TraceStore } from '../model/store.js';
import type { ServiceTimes } from '../report/report.js';

/** What is known about a stage's executions. */
export interface StageTotals extends Totals {
  /** Executions whose records did not arrive. */
  readonly lostExecutions: number;
  /** Sum of the durations of all executions that anybody measured, in nanoseconds. */
  readonly busyNs: number;
  /** null without a single execution. */
  readonly serviceNs: ServiceTimes | null;
}

/**
 * Executions = received + lost. Where some are lost, the agent's summaries tell items, errors and busy time of all of them,
 * and the service times of those that its drain thread saw: all but what was overwritten in a ring. What not even a summary
 * tells of (it was on its way when a connection broke) counts as an execution with as many items as the others have on
 * average, and has no time.
 */
export function totalsOf(stage: Stage, store: TraceStore): StageTotals {
  const { received, lost, summary } = stage;
  const missing = lost.ring + lost.socket;
  if (missing === 0) {
    const { executions, items, errors } = received;
    const busyNs = stage.service.sum;
    return {
      executions,
      items,
      errors,
      lostExecutions: 0,
      busyNs,
      serviceNs: timesOf(stage.service, busyNs / executions),
    };
  }
  mergePending(stage, store);
  const isSummed = summary.executions >= received.executions;
  const seen = isSummed ? summary : received;
  const executions = Math.max(received.executions + missing, seen.executions);
  const unseen = executions - seen.executions;
  const itemsPerExecution = seen.executions === 0 ? 1 : seen.items / seen.executions;
  const service = isSummed && summary.service.weight > 0 ? summary.service : stage.service;
  const busyNs = isSummed ? Math.max(summary.busyNs, stage.service.sum) : stage.service.sum;
  return {
    executions,
    items: Math.max(seen.items + Math.round(unseen * itemsPerExecution), received.items),
    errors: Math.max(seen.errors, received.errors),
    lostExecutions: Math.max(executions - received.executions, 0),
    busyNs,
    serviceNs: timesOf(
      service,
      seen === summary ? summary.busyNs / summary.executions : service.mean,
    ),
  };
}

/** Percentiles of a stage's service times; null when there are none. */
export function timesOf(service: LogHistogram, meanNs: number): ServiceTimes | null {
  if (service.weight === 0) return null;
  return {
    mean: meanNs,
    p50: service.quantile(0.5),
    p95: service.quantile(0.95),
    p99: service.quantile(0.99),
    max: service.max,
  };
}
