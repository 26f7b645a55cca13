/** What a workload must be like to be simulated. */
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { MOST_ITEMS } from './state.js';
import type { Arrivals, SimulatedStage, Workload } from './workload.js';

const MOST_STAGES = 1000;
/** Of a stage, in total of its lines. */
const MOST_SHARES = 10_000;

/** Nothing, or what is wrong with a workload, in words that name the stage. */
export function checkWorkload(workload: Workload): Result<null> {
  const wrong =
    wrongMachine(workload) ??
    wrongStages(workload) ??
    wrongArrivals(workload.arrivals, workload.stages[0]) ??
    wrongTimes(workload);
  return wrong === null ? ok(null) : fail(wrong);
}

function wrongMachine({ stages, cores, loops }: Workload): string | null {
  if (stages.length === 0) return 'there is no stage';
  if (stages.length > MOST_STAGES) return `more than ${MOST_STAGES} stages`;
  if (cores !== null && !(cores > 0)) return 'cores must be more than 0';
  return isWhole(loops, 0, MOST_SHARES) ? null : 'the number of event loops must be 0 or more';
}

function wrongStages(workload: Workload): string | null {
  for (const [i, stage] of workload.stages.entries()) {
    const wrong =
      wrongLanes(stage) ??
      wrongBatch(stage) ??
      wrongShares(stage) ??
      wrongSamples(stage) ??
      wrongRate(stage) ??
      wrongContention(stage) ??
      wrongLinks(stage, i, workload);
    if (wrong !== null) return `stage ${i} (${stage.name}): ${wrong}`;
  }
  return null;
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

function isCount(value: number): boolean {
  return value === Infinity || isWhole(value, 1, Number.MAX_SAFE_INTEGER);
}

function wrongLanes({ lanes, queueCapacity }: SimulatedStage): string | null {
  if (!isCount(lanes)) return 'lanes must be 1 or more';
  return queueCapacity === null || isWhole(queueCapacity, 0, Number.MAX_SAFE_INTEGER)
    ? null
    : 'the queue capacity must be 0 or more, or null';
}

function wrongBatch({ batch, batchCost }: SimulatedStage): string | null {
  if (batch !== null) {
    if (!isWhole(batch.min, 1, MOST_ITEMS)) return 'a batch must have 1 item or more';
    if (!isWhole(batch.max, batch.min, MOST_ITEMS)) return 'the largest batch is too small';
    if (batch.lingerNs !== null && !isAmount(batch.lingerNs)) return 'linger must be 0 or more';
  }
  if (batchCost === null) return null;
  const { fixedNs, perItemNs, sampledItems } = batchCost;
  if (![fixedNs, perItemNs, sampledItems].every(isAmount)) return 'costs must not be negative';
  return fixedNs + perItemNs * sampledItems > 0
    ? null
    : 'the cost of the batches that were measured must be more than 0';
}

function wrongShares({ lanes, laneShares }: SimulatedStage): string | null {
  if (laneShares === null) return null;
  if (laneShares.length !== lanes) return 'there must be as many lane shares as lanes';
  if (lanes > MOST_SHARES) return `more than ${MOST_SHARES} lane shares`;
  if (!laneShares.every(isAmount)) return 'lane shares must be 0 or more';
  return laneShares.some((share) => share > 0) ? null : 'all lane shares are 0';
}

function wrongSamples({ samples: { cpuNs, waitNs } }: SimulatedStage): string | null {
  if (cpuNs.length === 0) return 'there are no samples';
  if (cpuNs.length !== waitNs.length) return 'times on a core and of waiting are not as many';
  return cpuNs.every(isAmount) && waitNs.every(isAmount)
    ? null
    : 'samples must be finite and not negative';
}

function wrongRate({ ratePerSec }: SimulatedStage): string | null {
  return ratePerSec === null || (ratePerSec > 0 && ratePerSec < Infinity)
    ? null
    : 'the rate must be more than 0 and finite, or null';
}

function wrongContention({ contention }: SimulatedStage): string | null {
  if (contention === null) return null;
  const { alpha, beta, sampledAt } = contention;
  return isAmount(alpha) && isAmount(beta) && sampledAt >= 1 && isAmount(sampledAt)
    ? null
    : 'contention must not be negative, and measured at 1 execution or more';
}

function wrongLinks(stage: SimulatedStage, index: number, workload: Workload): string | null {
  const { stages, loops } = workload;
  if (stage.loop !== null && !isWhole(stage.loop, 0, loops - 1))
    return 'there is no such event loop';
  if (stage.heldUntil !== null && !isWhole(stage.heldUntil, index + 1, stages.length - 1)) {
    return 'its lanes can be held only until a later stage';
  }
  for (const { to, itemsPerItem } of stage.next) {
    if (!isWhole(to, index + 1, stages.length - 1)) return 'items can only go to a later stage';
    if (!(itemsPerItem > 0 && itemsPerItem <= MOST_ITEMS)) {
      return `items per item must be more than 0 and at most ${MOST_ITEMS}`;
    }
  }
  return null;
}

function wrongArrivals(arrivals: Arrivals, first: SimulatedStage | undefined): string | null {
  switch (arrivals.kind) {
    case 'saturated':
      return wrongInFlight(arrivals.inFlight ?? Infinity, first);
    case 'open':
      if (arrivals.gapsNs.length === 0) return 'there are no gaps between arrivals';
      if (!arrivals.gapsNs.every(isAmount)) return 'gaps must be finite and not negative';
      return arrivals.gapsNs.some((ns) => ns > 0) ? null : 'all gaps between arrivals are 0';
    case 'closed':
      if (!isWhole(arrivals.customers, 1, MOST_ITEMS)) {
        return `customers must be 1 or more and at most ${MOST_ITEMS}`;
      }
      return isAmount(arrivals.thinkNs)
        ? null
        : 'the time to think must be finite and not negative';
  }
}

function wrongInFlight(inFlight: number, first: SimulatedStage | undefined): string | null {
  if (!isCount(inFlight)) return 'items in flight must be 1 or more, or null';
  return inFlight === Infinity && first?.lanes === Infinity && first.ratePerSec === null
    ? 'a source that always has a next item needs a limit: of lanes, of items in flight or a rate'
    : null;
}

/** Without anything that takes time a simulation would never end. */
function wrongTimes({ arrivals, stages }: Workload): string | null {
  const takesTime =
    arrivals.kind === 'open' ||
    (arrivals.kind === 'closed' && arrivals.thinkNs > 0) ||
    stages.some(
      ({ samples: { cpuNs, waitNs }, ratePerSec }) =>
        ratePerSec !== null || cpuNs.some((ns) => ns > 0) || waitNs.some((ns) => ns > 0),
    );
  return takesTime ? null : 'nothing takes any time';
}
