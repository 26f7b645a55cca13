/** A lane for a thread of which only CPU samples are known: it runs wherever it was not idle. */
import type { ForeignProcess, ForeignTrace } from './foreignTrace.js';
import type { SampleTable } from './sampleTable.js';

/** V8's name for a thread that waits, and what other tools make of a stack with nothing in it. */
const IDLE = '(idle)';

/** The thread, and the stage that its running is. */
export interface SampledThread {
  readonly stage: string;
  readonly thread: string;
  readonly samples: SampleTable;
}

/** Adds the stretches in which the thread was not idle, as executions. */
export function addRunning(
  trace: ForeignTrace,
  process: ForeignProcess,
  { stage, thread, samples }: SampledThread,
): void {
  const track = trace.addThread(process, {
    stage,
    thread,
    stageKind: 'cpu',
    isGpu: false,
    hasSpans: false,
  });
  let fromNs = NaN;
  const close = (toNs: number): void => {
    if (!Number.isNaN(fromNs) && trace.admit()) {
      track.slices.add({ startNs: fromNs, durationNs: toNs - fromNs, name: 0, extra: 0 });
    }
    fromNs = NaN;
  };
  for (let i = 0; i < samples.length; i++) {
    const atNs = samples.atNs(i);
    if (samples.frame(samples.node(i)).functionName === IDLE) close(atNs);
    else if (Number.isNaN(fromNs)) fromNs = atNs;
  }
  close(samples.untilNs(samples.length - 1));
}
