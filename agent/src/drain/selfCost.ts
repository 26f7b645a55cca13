/**
 * What the agent itself costs, so that every session can say it: what recording takes in the program's threads (the number
 * of records times what one takes here, calibrated), and the CPU time of the drain thread.
 */
import { performance } from 'node:perf_hooks';
import type { DeclarationOf } from '../../wire/manifest.js';
import { nowNs } from '../clock.js';
import { NO_TOTALS } from '../laneTotals.js';
import { osThreadId, readThreadTimes } from '../os/osThreads.js';
import { createRing, plainHeader, RingWriter } from '../ring.js';

/** Rounds of a calibration; the fastest counts, the others were interrupted or not compiled yet. */
const ROUNDS = 6;
const RECORDS_PER_ROUND = 2000;
const SCRATCH_BYTES = 64 * 1024;

/**
 * Nanoseconds that one record takes: two readings of the clock and the words of an execution in a ring. Takes a millisecond
 * or two, in the thread that calls it.
 */
export function calibrateRecordNs(): number {
  const ring = new RingWriter(createRing(SCRATCH_BYTES));
  const row = { plain: plainHeader(1, 1), totals: NO_TOTALS };
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const fromNs = nowNs();
    for (let i = 0; i < RECORDS_PER_ROUND; i++) {
      const startNs = nowNs();
      ring.execution(row, startNs, nowNs() - startNs);
    }
    best = Math.min(best, (nowNs() - fromNs) / RECORDS_PER_ROUND);
  }
  return best;
}

type CpuUsage = () => { readonly user: number; readonly system: number };

/** CPU time of this thread in nanoseconds; where nobody knows, the time in which its event loop was not idle: at least that. */
function ownCpuNs(tid: number | undefined): number {
  const times = tid === undefined ? undefined : readThreadTimes(tid);
  if (times !== undefined) return times.ranNs;
  const usage = (Reflect.get(process, 'threadCpuUsage') as CpuUsage | undefined)?.call(process);
  if (usage !== undefined) return (usage.user + usage.system) * 1000;
  return performance.eventLoopUtilization().active * 1e6;
}

function processCpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** Keeps the account; one per drain thread. */
export class SelfCost {
  readonly #tid = osThreadId();
  /** CPU time of the process before this thread came, with which the agent has nothing to do. */
  readonly #earlierCpuNs = processCpuNs();
  #recordNs: number | undefined;
  #records = 0;

  /** Records were made, whatever became of them. */
  made(records: number): void {
    this.#records += records;
  }

  /** The account as of now. The first call calibrates. */
  declaration(atNs: number): DeclarationOf<'cost'> {
    this.#recordNs ??= calibrateRecordNs();
    return {
      kind: 'cost',
      atNs,
      records: this.#records,
      recordNs: this.#recordNs,
      drainCpuNs: ownCpuNs(this.#tid),
      processCpuNs: processCpuNs() - this.#earlierCpuNs,
    };
  }
}
