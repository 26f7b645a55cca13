/** Four times a second: how busy the thread's event loop is and, in the main thread, what the process uses. */
import { monitorEventLoopDelay, performance, type EventLoopUtilization } from 'node:perf_hooks';
import { nowNs } from './clock.js';
import { observeGc } from './os/gcSpans.js';
import { osThreadId } from './os/osThreads.js';
import { Ref } from './names.js';
import type { ThreadRecorder } from './recorder.js';
import type { ThreadLink } from './threadLink.js';

const PERIOD_MS = 250;
const PERIOD_NS = PERIOD_MS * 1e6;
/** Node's monitor measures from tick to tick, so its figures contain this period. */
const DELAY_RESOLUTION_MS = 20;

interface Sample {
  readonly atNs: number;
  readonly loop: EventLoopUtilization;
  readonly cpuUs: number;
  /** CPU time of the thread; undefined where the drain thread can see it from outside, or nobody can. */
  readonly threadCpuUs: number | undefined;
}

type CpuUsage = () => { readonly user: number; readonly system: number };

/** Since Node 23.9, backported later; Linux tells the drain thread more (`os/osThreads.ts`). */
const threadCpuUsage =
  osThreadId() === undefined
    ? (Reflect.get(process, 'threadCpuUsage') as CpuUsage | undefined)
    : undefined;

function sample(): Sample {
  const { user, system } = process.cpuUsage();
  const own = threadCpuUsage?.call(process);
  return {
    atNs: nowNs(),
    loop: performance.eventLoopUtilization(),
    cpuUs: user + system,
    threadCpuUs: own === undefined ? undefined : own.user + own.system,
  };
}

/**
 * Starts the timer, which never keeps the process alive; returns what stops it. Each tick also writes the queue depths that
 * were held back and looks after what is learned about links, and the first one begins to observe garbage collections: not earlier, because a thread of a pool that
 * waits in `Atomics.wait` between tasks never comes here, and would never take the observer's entries.
 */
export function startGauges(recorder: ThreadRecorder, link: ThreadLink): () => void {
  let stopGc: (() => void) | undefined;
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();
  let last = sample();
  const timer = setInterval(() => {
    recorder.flush();
    link.flush();
    // Also while nobody listens: following async context has a price.
    recorder.learning.tick();
    if (!recorder.active) return;
    stopGc ??= observeGc(link, () => recorder.active);
    const now = sample();
    write(link, last, now, delays.max);
    delays.reset();
    last = now;
  }, PERIOD_MS);
  timer.unref();
  return () => {
    stopGc?.();
    clearInterval(timer);
    delays.disable();
  };
}

function write(link: ThreadLink, last: Sample, now: Sample, longestTickNs: number): void {
  const lane = link.ownLane;
  if (lane === undefined) return;
  const { events } = link;
  const elapsedNs = now.atNs - last.atNs;
  const utilization = performance.eventLoopUtilization(now.loop, last.loop).utilization;
  // A loop that hung through the whole period has not ticked at all; then our own lateness is the delay.
  const delayNs = Math.max(longestTickNs - DELAY_RESOLUTION_MS * 1e6, elapsedNs - PERIOD_NS, 0);
  events.gauge(lane, Ref.eventLoopUtilization, utilization, now.atNs);
  events.gauge(lane, Ref.eventLoopDelayNs, delayNs, now.atNs);
  if (now.threadCpuUs !== undefined && last.threadCpuUs !== undefined) {
    const share = ((now.threadCpuUs - last.threadCpuUs) * 1000) / elapsedNs;
    events.gauge(lane, Ref.threadCpu, Math.min(share, 1), now.atNs);
  }
  if (link.threadId !== 0) return;
  events.gauge(lane, Ref.cpuCores, ((now.cpuUs - last.cpuUs) * 1000) / elapsedNs, now.atNs);
  events.gauge(lane, Ref.rssBytes, process.memoryUsage.rss(), now.atNs);
}
