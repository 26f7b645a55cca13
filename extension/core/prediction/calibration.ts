/**
 * A busy event loop makes everything on it wait, and that wait is in the measured durations already. The simulation adds it
 * again, so that far too little would come out. How much of the durations it is follows from the present: it is taken out
 * until the simulation does what was measured.
 */
import type { OperatingPoint } from '../measure/operatingPoint.js';
import { checkWorkload } from '../simulation/checkWorkload.js';
import { simulation } from '../simulation/simulation.js';
import type { Workload } from '../simulation/workload.js';

/** Loops that are free for more of the time make nobody wait to speak of. */
const BUSY_LOOP = 0.4;
const STEPS = 6;
const ITEMS = 1500;
const GOOD = 0.01;

/** The workload with the waits of stages on busy loops shortened so that its throughput is the measured one. */
export function* calibrated(
  workload: Workload,
  point: OperatingPoint,
): Generator<undefined, Workload> {
  const busy = new Set(
    point.loops.flatMap(({ cpuShare, utilization }, i) =>
      (utilization ?? cpuShare ?? 0) >= BUSY_LOOP ? [i] : [],
    ),
  );
  const isMeant = (loop: number | null): boolean => loop !== null && busy.has(loop);
  if (!workload.stages.some(({ loop }) => isMeant(loop))) return workload;
  const shortened = (share: number): Workload => ({
    ...workload,
    stages: workload.stages.map((stage) => {
      if (!isMeant(stage.loop)) return stage;
      const { cpuNs, waitNs } = stage.samples;
      return { ...stage, samples: { cpuNs, waitNs: waitNs.map((ns) => ns * share) } };
    }),
  });
  let [low, high] = [0, 1];
  let share = 1;
  for (let step = 0; step < STEPS; step++) {
    const tried = shortened(share);
    // Whoever asks for a prediction hears what is wrong with it.
    if (!checkWorkload(tried).ok) return workload;
    const options = { items: ITEMS, warmUpItems: ITEMS / 4, seed: 1 };
    const { throughputPerSec } = yield* simulation(tried, options);
    const error = throughputPerSec / point.throughputPerSec - 1;
    if (Math.abs(error) <= GOOD || (step === 0 && error > 0)) return tried;
    if (error < 0) high = share;
    else low = share;
    share = (low + high) / 2;
  }
  return shortened(share);
}
