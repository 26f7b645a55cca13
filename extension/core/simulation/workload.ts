/**
 * A measured pipeline as the simulation takes it: plain numbers, no trace store.
 *
 * An execution of a stage needs a lane for as long as it runs, and in that time computes for `cpuNs` and waits for `waitNs`
 * (a disk, a network, a device). Lanes, queue and batch are the stage's own. What computes shares the machine's cores, and
 * what computes on an event loop runs there one after the other. So the same samples give other durations under other
 * settings, and that is what is predicted.
 *
 * An execution first computes, then waits. When it has ended and the next queue is full it keeps its lane until there is room
 * (blocking after service), first come first served.
 */

/** Service times of a stage as they were measured, one entry an execution, in order of start; both columns are as long. */
export interface ServiceSamples {
  /** Time on a core, in nanoseconds. */
  readonly cpuNs: Float64Array;
  /** Time of waiting for what no core does, in nanoseconds. */
  readonly waitNs: Float64Array;
}

/** How an execution takes several items at once. */
export interface BatchRule {
  /** Begins with fewer items only when no more will come, or `lingerNs` have passed since the first of them came. */
  readonly min: number;
  readonly max: number;
  /** null: waits for `min` items however long it takes. */
  readonly lingerNs: number | null;
}

/** Items of a stage become items of another. */
export interface Flow {
  /** Index among the workload's stages; greater than the own one. */
  readonly to: number;
  /**
   * Items there for each item here: 1 as a rule. 0.1: ten become one, when the tenth is through. 2.5: two and three in turn.
   */
  readonly itemsPerItem: number;
}

export interface SimulatedStage {
  readonly name: string;
  /** Executions at once; Infinity: no limit. */
  readonly lanes: number;
  /**
   * Items that fit before the stage; null: any number. 0: who delivers holds its item until a lane takes it. Before the
   * first stage only a saturated source heeds it; with null or 0 that one is asked when a lane is free.
   */
  readonly queueCapacity: number | null;
  readonly batch: BatchRule | null;
  readonly samples: ServiceSamples;
  /**
   * What an execution of b items takes: `fixedNs + perItemNs x b`, in place of the samples' own length: those then are for an
   * execution of `sampledItems` items, and an execution lasts (its cost / cost at `sampledItems`) times its sample.
   * null: as long as the sample, whatever the number of items.
   */
  readonly batchCost: {
    readonly fixedNs: number;
    readonly perItemNs: number;
    readonly sampledItems: number;
  } | null;
  /** Index of the event loop on which the stage computes; null: each lane is a thread of its own. */
  readonly loop: number | null;
  /** Items per second that begin at most, evenly spaced (a batch of b makes room for b); null: any number. */
  readonly ratePerSec: number | null;
  /**
   * Executions of this stage that run at the same time slow each other down by what is no core: a lock, a connection, a
   * remote service. With n at once each takes (1 + alpha (n - 1) + beta n (n - 1)) / (the same at `sampledAt`) of its
   * sample (Gunther's Universal Scalability Law); n is that at its start. Computing stays as long, waiting takes the
   * difference. null: they do not.
   */
  readonly contention: {
    readonly alpha: number;
    readonly beta: number;
    readonly sampledAt: number;
  } | null;
  /**
   * Share of the items that each lane gets, whatever it has to do already (keys), as one number a lane; they need not add up
   * to 1. null: who is free takes the next.
   */
  readonly laneShares: readonly number[] | null;
  /**
   * Index of a later stage that runs inside of this one: its lane is held until the item has come out there (or has left,
   * or is merged with others). That time counts as busy.
   * null: the lane is free when the execution has ended.
   */
  readonly heldUntil: number | null;
  /** Where items go; empty: they leave the pipeline. With several: to all of them. */
  readonly next: readonly Flow[];
}

/** How items come to the first stage. */
export type Arrivals =
  /** There is always a next one: the source is asked when the first stage has room. */
  | {
      readonly kind: 'saturated';
      /** Items between the beginning of the first stage and their end at most; null: no limit. */
      readonly inFlight: number | null;
    }
  /** They come by themselves, with these gaps (nanoseconds, in order); resampled in stretches, so that bursts stay. */
  | { readonly kind: 'open'; readonly gapsNs: Float64Array }
  /**
   * As many customers as that, each of which comes back `thinkNs` (mean, exponential) after its item has left. In rounds all
   * come back together, when the last of them has left: a barrier, at which the pipeline runs empty.
   */
  | {
      readonly kind: 'closed';
      readonly customers: number;
      readonly thinkNs: number;
      readonly inRounds?: boolean;
    };

export interface Workload {
  readonly arrivals: Arrivals;
  /** In pipeline order; the first takes the arrivals. */
  readonly stages: readonly SimulatedStage[];
  /** Cores that all computing shares (processor sharing); null: as many as are wanted. */
  readonly cores: number | null;
  /** How many event loops there are: each computes one thing at a time, and needs a core for it. */
  readonly loops: number;
}

export interface SimulationOptions {
  /** Items that leave before the end, those of the warm-up not counted. */
  readonly items: number;
  /** Items that leave first and count for nothing. */
  readonly warmUpItems: number;
  readonly seed: number;
  /**
   * true: nothing more arrives after `warmUpItems + items`, and the pipeline runs dry, as a run over so many items does: batches
   * that cannot fill any more begin with what there is. Otherwise items go on arriving, so that the end is like the middle.
   */
  readonly sourceEnds?: boolean;
  /** Events at most; `DEFAULT_EVENTS` if not given. */
  readonly maxEvents?: number;
}

/** What a simulated stage did, warm-up left out. Shares of lane time, 0..1. */
export interface SimulatedStageResult {
  /** Executions run, or hold their lane for a stage inside. 0 when the number of lanes has no limit. */
  readonly busyShare: number;
  /** Executions have ended and hold their lane because the next queue is full. */
  readonly blockedShare: number;
  /** Mean number of items in the queue before it; those that find no room there block who delivers, and do not count. */
  readonly meanQueue: number;
  /** Mean time that an item waits in that queue, in nanoseconds. */
  readonly meanWaitNs: number;
  readonly executions: number;
}

export interface SimulationResult {
  /**
   * `complete`: as many items have left as were asked for. `stuck`: nothing could happen any more (a batch waits for more
   * items than can be under way). `limit`: too many events, or too many items under way. What is here is then of the time until
   * that, and 0 when no item left after the warm-up.
   */
  readonly ended: 'complete' | 'stuck' | 'limit';
  /**
   * Items that left the pipeline, per second of simulated time. An item is an arrival, and has left when everything it became
   * has: all of its copies and parts, and what it was merged into.
   */
  readonly throughputPerSec: number;
  /** From arrival to exit, by the clock of the item (not of who was busy: no coordinated omission). */
  readonly latencyNs: {
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
  };
  readonly stages: readonly SimulatedStageResult[];
  /** Items that left in the time counted: those asked for, and what left with the last of them. */
  readonly items: number;
  /** From the last exit of the warm-up (without one: the beginning) to the last exit. */
  readonly durationNs: number;
  /** Mean number of items in the whole pipeline: for Little's law. */
  readonly meanInFlight: number;
}
