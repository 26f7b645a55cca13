/** The threads of a process in the text report: the main thread by itself, worker threads as a group. */
import { formatDurationNs, formatPercent, printable } from '../format.js';
import type { ProcessReport, ThreadReport } from './report.js';

/** A delay of the event loop that nobody would notice is not worth a word. */
const NOTABLE_DELAY_NS = 20e6;
const NOTABLE_SHARE = 0.01;

/** One fact line per thread or group of threads; none for a process that measured nothing. */
export function threadFacts({ threads, throttledShare }: ProcessReport): readonly string[] {
  const [main] = threads.filter(({ name }) => name === 'main');
  const workers = threads.filter(({ name }) => name !== 'main');
  const lines: string[] = [];
  if (main !== undefined) lines.push(`main thread: ${figures(main).join(', ')}`);
  if (workers.length === 1 && workers[0] !== undefined) {
    lines.push(`${printable(workers[0].name)}: ${figures(workers[0]).join(', ')}`);
  } else if (workers.length > 1) {
    lines.push(`${workers.length} worker threads: ${figures(together(workers)).join(', ')}`);
  }
  if (throttledShare !== null && throttledShare >= NOTABLE_SHARE) {
    lines.push(`held back by its CPU quota ${formatPercent(throttledShare)} of the time`);
  }
  return lines;
}

function figures(thread: ThreadReport): readonly string[] {
  const { cpuShare, coreWaitShare, loopUtilization, maxLoopDelayNs, gcShare } = thread;
  const share = (text: string, value: number | null, from = 0): string[] =>
    value === null || value < from ? [] : [`${text} ${formatPercent(value)}`];
  return [
    ...share('on a core', cpuShare),
    ...share('waiting for one', coreWaitShare, NOTABLE_SHARE),
    ...share('event loop busy', loopUtilization),
    ...share('garbage collection', gcShare, NOTABLE_SHARE),
    ...(maxLoopDelayNs === null || maxLoopDelayNs < NOTABLE_DELAY_NS
      ? []
      : [`longest delay of the event loop ${formatDurationNs(maxLoopDelayNs)}`]),
  ];
}

/** Means of the shares, and the longest of the delays. */
function together(threads: readonly ThreadReport[]): ThreadReport {
  return {
    name: '',
    cpuShare: mean(threads.map((t) => t.cpuShare)),
    coreWaitShare: mean(threads.map((t) => t.coreWaitShare)),
    loopUtilization: mean(threads.map((t) => t.loopUtilization)),
    maxLoopDelayNs: threads.reduce<number | null>(
      (max, t) => (t.maxLoopDelayNs === null ? max : Math.max(max ?? 0, t.maxLoopDelayNs)),
      null,
    ),
    gcShare: mean(threads.map((t) => t.gcShare)),
  };
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, v) => sum + v, 0) / known.length;
}
