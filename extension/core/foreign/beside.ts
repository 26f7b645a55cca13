/**
 * Where the trace of another tool stands beside a capture of the same run. Both know the time of day: the capture by the
 * anchors of its processes, the trace by its own times. What they do not have in common is refused, because pictures that
 * are hours apart say nothing, and figures that are compared by chance say something wrong.
 */
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import type { CaptureFrame } from './captureFrame.js';
import type { ForeignTrace } from './foreignTrace.js';
import type { BesidePlace } from './fxtTrace.js';
import { extentOf } from './timeWindow.js';

/** What the two files are called. */
export interface BesideNames {
  readonly capture: string;
  readonly trace: string;
  /** The trace's in names of pipelines. */
  readonly label: string;
}

/** The place of the trace beside the capture. A failure is a sentence for the user that names both. */
export function placeBeside(
  trace: ForeignTrace,
  frame: CaptureFrame,
  { capture, trace: name, label }: BesideNames,
): Result<BesidePlace> {
  if (frame.lastNs < frame.firstNs)
    return fail(`${capture} holds no records to put ${name} beside`);
  const pid = trace.processes.find((process) => !process.isEmpty)?.pid ?? null;
  const zeroNs = frame.unixNsAtZero(pid);
  if (zeroNs === null) {
    return fail(
      `${capture} does not say at what time of day it was recorded, so ${name} has no place beside it`,
    );
  }
  if (trace.unixNsAtZero === null) {
    return fail(
      `${name} does not say at what time of day it was recorded, so it has no place beside ${capture} (traces of PyTorch's profiler and of OpenTelemetry do)`,
    );
  }
  const shiftNs = Number(trace.unixNsAtZero - zeroNs);
  const [fromNs, toNs] = extentOf(trace);
  const isApart = fromNs + shiftNs > frame.lastNs || toNs + shiftNs < frame.firstNs;
  if (isApart || !Number.isSafeInteger(shiftNs)) {
    const when = (first: number, last: number): string =>
      `from ${timeText(zeroNs, first)} to ${timeText(zeroNs, last)}`;
    return fail(
      `${name} is not of the run in ${capture}: it was recorded ${when(fromNs + shiftNs, toNs + shiftNs)}, the capture ${when(frame.firstNs, frame.lastNs)}`,
    );
  }
  return ok({ shiftNs, taken: frame.taken, label });
}

/** A moment of the capture's clock as a time of day, to the millisecond. */
function timeText(zeroNs: bigint, atNs: number): string {
  const date = new Date(Number(zeroNs / 1_000_000n) + atNs / 1e6);
  if (Number.isNaN(date.getTime())) return 'an unknown time';
  return date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}
