/**
 * Operational laws: they hold for what was measured, whatever the distributions (Denning and Buzen, ACM Computing Surveys 10,
 * 1978; Lazowska, Zahorjan, Graham and Sevcik, Quantitative System Performance, 1984, chapters 3 and 5). Times are
 * nanoseconds, rates per second, shares 0..1.
 */
const NS_PER_SEC = 1e9;

/** Utilisation law, U = B / (m T): share of the time of all servers that was spent in service. 0 for an empty window. */
export function utilization(of: {
  /** Time in service, summed over the servers. */
  readonly busyNs: number;
  readonly servers: number;
  readonly windowNs: number;
}): number {
  const availableNs = of.servers * of.windowNs;
  return availableNs > 0 ? of.busyNs / availableNs : 0;
}

/** Forced flow law, X_i = V_i X: executions of a stage per second when each item of the pipeline visits it `visits` times. */
export function stageRate(visits: number, throughputPerSec: number): number {
  return visits * throughputPerSec;
}

/** Service demand, D_i = V_i S_i: time of a stage that an item of the pipeline takes over all its visits, in nanoseconds. */
export function serviceDemandNs(visits: number, serviceNs: number): number {
  return visits * serviceNs;
}

/**
 * Little's law, N = X W (Operations Research 9, 1961), as a check of measurements: (N - X W) / (X W). More than 5 % off means
 * that one of the three was measured on something else. 0 when nothing was there; Infinity when only N says that there was.
 */
export function littleError(of: {
  /** Time-weighted. */
  readonly meanDepth: number;
  readonly ratePerSec: number;
  readonly meanWaitNs: number;
}): number {
  const expected = (of.ratePerSec * of.meanWaitNs) / NS_PER_SEC;
  if (expected === 0) return of.meanDepth === 0 ? 0 : Infinity;
  return (of.meanDepth - expected) / expected;
}

/** A stage as the bounds see it. */
export interface StageDemand {
  /** Service demand of an item of the pipeline. */
  readonly demandNs: number;
  /** Executions at once; Infinity: no limit. */
  readonly servers: number;
  /** The part of the demand that computes: what the shared cores gain when the stage takes no time. Absent: nothing. */
  readonly cpuDemandNs?: number;
}

/** What a pipeline's throughput is bounded by. */
export interface SystemDemands {
  readonly stages: readonly StageDemand[];
  /** CPU time that an item takes in all stages, on cores that they share; null: no bound by cores. */
  readonly cores: { readonly cpuDemandNs: number; readonly cores: number } | null;
  /** Items in the pipeline at most; null: any number. */
  readonly inFlight: number | null;
  /** Time between an item's leaving and the next one's coming in its place. */
  readonly thinkNs: number;
}

/** The lowest bound, and what sets it: the index of a stage, the cores, or the items in flight. */
export interface ThroughputBound {
  /** Items per second; Infinity when nothing bounds it. */
  readonly perSec: number;
  readonly by: number | 'cores' | 'inFlight' | null;
}

/**
 * Asymptotic bounds: X <= m_i / D_i for each stage, X <= c / sum of CPU demands, X <= N / (sum of D_i + Z)
 * (Lazowska et al., chapter 5). The pipeline cannot do more, whatever its queues are.
 */
export function throughputBound(system: SystemDemands): ThroughputBound {
  const { stages, cores, inFlight, thinkNs } = system;
  let bound: ThroughputBound = { perSec: Infinity, by: null };
  const consider = (by: ThroughputBound['by'], servers: number, demandNs: number): void => {
    const perSec = demandNs > 0 ? (servers / demandNs) * NS_PER_SEC : Infinity;
    if (perSec < bound.perSec) bound = { perSec, by };
  };
  stages.forEach((stage, i) => {
    consider(i, stage.servers, stage.demandNs);
  });
  if (cores !== null) consider('cores', cores.cores, cores.cpuDemandNs);
  if (inFlight !== null) consider('inFlight', inFlight, totalDemandNs(stages) + thinkNs);
  return bound;
}

/**
 * N* = (sum of D_i + Z) / max(D_i / m_i): with fewer items in flight they hardly wait and each one adds throughput, with more
 * they mostly wait (Lazowska et al., chapter 5). Infinity when no stage takes time.
 */
export function kneeInFlight({ stages, cores, thinkNs }: SystemDemands): number {
  const bound = throughputBound({ stages, cores, inFlight: null, thinkNs });
  return ((totalDemandNs(stages) + thinkNs) * bound.perSec) / NS_PER_SEC;
}

function totalDemandNs(stages: readonly StageDemand[]): number {
  return stages.reduce((sum, stage) => sum + stage.demandNs, 0);
}

/**
 * What is to be gained from one stage: how much the bound grows, as a share, when that stage takes no time at all and the
 * rest stays as it is (Amdahl's argument, AFIPS 1967, for bounds). 0: it does not hold the pipeline back. Infinity: nothing
 * else does.
 */
export function amdahlHeadroom(system: SystemDemands, stage: number): number {
  const now = throughputBound(system).perSec;
  if (now === Infinity || now === 0) return 0;
  const saved = system.stages[stage]?.cpuDemandNs ?? 0;
  const without = throughputBound({
    ...system,
    stages: system.stages.map((s, i) => (i === stage ? { demandNs: 0, servers: s.servers } : s)),
    cores:
      system.cores === null
        ? null
        : { ...system.cores, cpuDemandNs: Math.max(system.cores.cpuDemandNs - saved, 0) },
  });
  return without.perSec / now - 1;
}

/**
 * A pipeline of stages with fixed times and one server each: an item leaves every `periodNs`, and takes `latencyNs` when it
 * does not wait. 4, 3 and 5 s: a period of 5 s, a latency of 12 s.
 */
export function fixedPipeline(stageNs: readonly number[]): {
  readonly periodNs: number;
  readonly latencyNs: number;
} {
  return {
    periodNs: stageNs.reduce((most, ns) => Math.max(most, ns), 0),
    latencyNs: stageNs.reduce((sum, ns) => sum + ns, 0),
  };
}

/**
 * Useful share of the time of K equal stages that take a batch in m parts: m / (K + m - 1), since the pipe fills and drains
 * once a batch (Huang et al., GPipe, NeurIPS 2019).
 */
export function microBatchEfficiency(stages: number, parts: number): number {
  return parts > 0 ? parts / (Math.max(stages, 1) + parts - 1) : 0;
}

/** The rest of the time, in which stages wait for the pipe to fill or drain: (K - 1) / (K + m - 1). */
export function bubbleShare(stages: number, parts: number): number {
  return 1 - microBatchEfficiency(stages, parts);
}
