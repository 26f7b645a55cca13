/**
 * A live session under the heaviest load that is promised: half a million executions a second for a minute. The program is a
 * process of its own with the agent's transport, the engine is in its worker thread, and in this one is what the extension
 * host does: its sessions, status bar and panel channel, with a panel that follows the last ten seconds (`support/liveHost.ts`).
 */
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { DEFAULT_LIMITS } from '../../extension/core/model/store.js';
import type { EngineCall } from '../../extension/engine/protocol.js';
import type { BenchRow } from './bench.js';
import { quantile } from './support/quantile.js';
import { DELAY_RESOLUTION_MS, runLive, type LiveRun } from './support/liveHost.js';

const PER_SEC = 500_000;
const SECONDS = 60;
const LAP_MS = 2000;
/** When costs are compared: a session must not become dearer as it grows. */
const MOMENTS_SEC = [10, 30, 55];
const AROUND_SEC = 5;
const MIB = 2 ** 20;
/** What host and engine may take besides rows: two heaps, analyses, pictures, what is on its way to the disk. */
const BESIDES_ROWS_MIB = 512;
const SETTLED_SEC = 20;

function load(): string {
  const [minute = NaN] = os.loadavg();
  return `load of the machine ${minute.toFixed(1)} on ${os.availableParallelism()} cores`;
}

function hostRows({ delayMs, hostBusy, cores, fed }: LiveRun): BenchRow[] {
  const late = `rounds of the program were up to ${fed.lateMs.max.toFixed(0)} ms late`;
  return [
    {
      name: 'extension host, event-loop delay, p99',
      value: delayMs.p99,
      unit: 'ms',
      max: 20,
      note: `p50 ${delayMs.p50.toFixed(2)} ms; includes the timer’s own ${DELAY_RESOLUTION_MS} ms; ${load()}`,
    },
    { name: 'extension host, event-loop delay, max', value: delayMs.max, unit: 'ms', note: late },
    { name: 'extension host, time in which its loop is busy', value: hostBusy * 100, unit: '%' },
    { name: 'CPU time of host and engine together', value: cores, unit: 'cores' },
  ];
}

function lossRows({ fed, report, captureBytes }: LiveRun): BenchRow[] {
  const { executions, lost } = report.capture;
  const missing = Math.abs(fed.made - executions) + Math.abs(fed.lost - lost.records);
  return [
    {
      name: 'executions made',
      value: fed.made / fed.seconds,
      unit: '1/s',
      min: PER_SEC * 0.98,
      note: `${fed.made} in ${fed.seconds.toFixed(1)} s: 8 stages, 64 lanes, 8 queues`,
    },
    {
      name: 'executions neither received nor known to be lost',
      value: missing,
      unit: '',
      max: 0,
    },
    {
      name: 'executions lost, and told',
      value: (fed.lost / fed.made) * 100,
      unit: '%',
      note: 'dropped by the program when the engine does not read for longer than buffers last',
    },
    {
      name: 'size of the capture',
      value: captureBytes / fed.made,
      unit: 'bytes/execution',
      note: `${(captureBytes / 1e6).toFixed(0)} MB`,
    },
  ];
}

function memoryRows({ memory }: LiveRun): BenchRow[] {
  const limit = DEFAULT_LIMITS.memoryBytes / MIB;
  const between = (fromSec: number, toSec: number): number =>
    Math.min(
      ...memory
        .filter(({ atSec }) => atSec >= fromSec && atSec < toSec)
        .map(({ heap, external }) => heap + external),
    ) / MIB;
  const rss = memory.map((sample) => sample.rss / MIB);
  const grown = between(SECONDS - 10, Infinity) - between(SETTLED_SEC - 5, SETTLED_SEC + 5);
  const at = MOMENTS_SEC.map((sec) => {
    const sample = memory.find(({ atSec }) => atSec >= sec);
    return `${sec} s: ${((sample?.rss ?? NaN) / MIB).toFixed(0)}`;
  });
  return [
    {
      name: 'resident memory of host and engine, highest',
      value: Math.max(...rss),
      unit: 'MiB',
      max: limit + BESIDES_ROWS_MIB,
      note: `${limit} MiB of rows, older ones on the disk; at ${at.join(', ')}`,
    },
    {
      name: `extension host, heap and buffers, growth from ${SETTLED_SEC} s on`,
      value: grown,
      unit: 'MiB',
      max: 16,
      note: 'lowest of ten seconds each',
    },
  ];
}

function panelRows({ pictures, fed }: LiveRun): BenchRow[] {
  const ages = pictures.map(({ ageMs }) => ageMs);
  const apart = pictures.slice(1).map(({ atMs }, i) => atMs - (pictures[i]?.atMs ?? NaN));
  const bytes = quantile(
    pictures.map((picture) => picture.bytes),
    0.5,
  );
  return [
    {
      name: 'age of a picture when it comes, p95',
      value: quantile(ages, 0.95),
      unit: 'ms',
      max: 2000,
      note: `newest moment on screen to the program’s present; p50 ${quantile(ages, 0.5).toFixed(0)} ms, max ${quantile(ages, 1).toFixed(0)} ms`,
    },
    {
      name: 'pictures per second',
      value: pictures.length / fed.seconds,
      unit: '1/s',
      note: `${pictures.at(-1)?.rows ?? 0} rows, ${(bytes / 1000).toFixed(0)} kB each, at most ${quantile(apart, 1).toFixed(0)} ms apart`,
    },
  ];
}

function costRow({ calls }: LiveRun, call: EngineCall): BenchRow {
  const around = (sec: number): number[] =>
    calls
      .filter((made) => made.call === call && Math.abs(made.atSec - sec) < AROUND_SEC)
      .map(({ ms }) => ms);
  const medians = MOMENTS_SEC.map((sec) => quantile(around(sec), 0.5).toFixed(0));
  const last = MOMENTS_SEC.at(-1) ?? NaN;
  return {
    name: `${call} at ${last} s, p50`,
    value: quantile(around(last), 0.5),
    unit: 'ms',
    note: `as the host waits for it; at ${MOMENTS_SEC.join(', ')} s: ${medians.join(', ')} ms`,
  };
}

/** See `BenchRow`. */
export async function bench(): Promise<BenchRow[]> {
  const run = await runLive({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    perSec: PER_SEC,
    seconds: SECONDS,
    lapMs: LAP_MS,
    follows: 'newest',
  });
  if (run.notices.length > 0) throw new Error(run.notices.join('; '));
  return [
    ...lossRows(run),
    ...hostRows(run),
    ...memoryRows(run),
    ...panelRows(run),
    costRow(run, 'snapshot'),
    costRow(run, 'view'),
    costRow(run, 'report'),
    {
      name: 'end of the session after the program’s last word',
      value: run.endMs,
      unit: 'ms',
      note: `everything closed ${run.closeMs.toFixed(0)} ms later`,
    },
  ];
}
