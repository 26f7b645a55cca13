/** The pipeline that the panel is shown in tests: an index of source code, its tokeniser too slow until a knob is turned. */
import type { SimStage } from './simulation.js';

export const RUN_MS = 20_000;
export const KNOB_AT_MS = 12_000;
/** What was recorded in this time was lost. */
export const LOSS_MS = [6_400, 6_900] as const;

export const stages: readonly SimStage[] = [
  {
    name: 'walk',
    kind: 'source',
    lanes: 1,
    serviceMs: (t) => (t % 3300 > 2700 ? 9 : 0.9),
    spread: 0.8,
    errorShare: 0,
  },
  { name: 'read', kind: 'io', lanes: 8, serviceMs: () => 7, spread: 1, errorShare: 0.004 },
  {
    name: 'tokenise',
    kind: 'cpu',
    lanes: 2,
    serviceMs: (t) => (t > KNOB_AT_MS ? 4.2 : 9.1),
    spread: 0.6,
    errorShare: 0,
  },
  { name: 'embed', kind: 'gpu', lanes: 1, serviceMs: () => 1.6, spread: 0.3, errorShare: 0 },
  { name: 'write', kind: 'sink', lanes: 1, serviceMs: () => 1.4, spread: 1.2, errorShare: 0 },
];

export const queues = [
  { name: 'paths', capacity: 32 },
  { name: 'texts', capacity: 64 },
  { name: 'tokens', capacity: 16 },
  { name: 'vectors', capacity: 32 },
] as const;

/** Gauges are measured so often. */
export const GAUGE_STEP_MS = 250;
/** No gauge was measured in this time. */
const GAUGE_GAP_MS = [15_000, 17_000] as const;

/** Gauges of the main thread at a moment; empty where nothing was measured. */
export function gaugesAt(ms: number): Readonly<Record<string, number>> {
  if (ms >= GAUGE_GAP_MS[0] && ms < GAUGE_GAP_MS[1]) return {};
  const hangs = ms % 4000 < 500;
  return {
    eventLoopDelayNs: hangs ? 112e6 : (4 + (ms % 1700) / 60) * 1e6,
    eventLoopUtilization: hangs ? 0.99 : 0.5 + 0.2 * Math.sin(ms / 900),
    cpuCores: 2.1 + 1.2 * Math.sin(ms / 2500),
    rssBytes: (120 + ((ms / 40) % 290)) * 2 ** 20,
    throttled: ms > 9000 && ms < 10_500 ? 0.4 : 0,
    threadCpu: 0.38,
    coreWait: 0.02,
  };
}
