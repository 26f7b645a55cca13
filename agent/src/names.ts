/** The strings that every Sluice process uses: they have the first indexes of the string table, so nobody allocates them. */
import {
  ArgName,
  Category,
  GaugeName,
  OUTCOME_ERROR,
  RuntimeName,
  WaitName,
} from '../wire/format.js';

/** Every well-known string, in the order of its index; the first has index 1. */
export const wellKnownStrings: readonly string[] = [
  Category.stage,
  Category.wait,
  Category.span,
  Category.queue,
  Category.gauge,
  WaitName.input,
  WaitName.output,
  WaitName.limit,
  ArgName.item,
  ArgName.items,
  ArgName.outcome,
  OUTCOME_ERROR,
  ArgName.depth,
  ArgName.low,
  ArgName.high,
  ArgName.value,
  GaugeName.eventLoopUtilization,
  GaugeName.eventLoopDelayNs,
  GaugeName.cpuCores,
  GaugeName.rssBytes,
  GaugeName.threadCpu,
  GaugeName.coreWait,
  GaugeName.throttled,
  Category.runtime,
  RuntimeName.gcMinor,
  RuntimeName.gcMajor,
  RuntimeName.gcIncremental,
  RuntimeName.gcWeakCallbacks,
  ArgName.waitUs,
  Category.gpu,
  GaugeName.gpuUtilization,
  GaugeName.gpuMemoryBytes,
  GaugeName.gpuMemoryLimitBytes,
];

function refOf(text: string): number {
  return wellKnownStrings.indexOf(text) + 1;
}

/** String refs of the well-known strings. */
export const Ref = {
  stage: refOf(Category.stage),
  wait: refOf(Category.wait),
  span: refOf(Category.span),
  queue: refOf(Category.queue),
  gauge: refOf(Category.gauge),
  input: refOf(WaitName.input),
  output: refOf(WaitName.output),
  limit: refOf(WaitName.limit),
  item: refOf(ArgName.item),
  items: refOf(ArgName.items),
  outcome: refOf(ArgName.outcome),
  error: refOf(OUTCOME_ERROR),
  depth: refOf(ArgName.depth),
  low: refOf(ArgName.low),
  high: refOf(ArgName.high),
  value: refOf(ArgName.value),
  eventLoopUtilization: refOf(GaugeName.eventLoopUtilization),
  eventLoopDelayNs: refOf(GaugeName.eventLoopDelayNs),
  cpuCores: refOf(GaugeName.cpuCores),
  rssBytes: refOf(GaugeName.rssBytes),
  threadCpu: refOf(GaugeName.threadCpu),
  coreWait: refOf(GaugeName.coreWait),
  throttled: refOf(GaugeName.throttled),
  runtime: refOf(Category.runtime),
  gcMinor: refOf(RuntimeName.gcMinor),
  gcMajor: refOf(RuntimeName.gcMajor),
  gcIncremental: refOf(RuntimeName.gcIncremental),
  gcWeakCallbacks: refOf(RuntimeName.gcWeakCallbacks),
  waitUs: refOf(ArgName.waitUs),
  gpu: refOf(Category.gpu),
  gpuUtilization: refOf(GaugeName.gpuUtilization),
  gpuMemoryBytes: refOf(GaugeName.gpuMemoryBytes),
  gpuMemoryLimitBytes: refOf(GaugeName.gpuMemoryLimitBytes),
} as const;

/** The first string index that is free for names of stages, queues and spans. */
export const FIRST_FREE_STRING = wellKnownStrings.length + 1;
