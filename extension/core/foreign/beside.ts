/**
 * Where the trace of another tool stands beside a capture of the same run. Both know the time of day: the capture by the
 * anchors of its processes, the trace by its own times; else what has one name in both must begin together. What they do not
 * have in common is refused, because pictures that
 * are hours apart say nothing, and figures that are compared by chance say something wrong.
 */
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { counted } from '../counted.js';
import { formatDurationNs } from '../format.js';
import type { CaptureFrame } from './captureFrame.js';
import type { ForeignTrace } from './foreignTrace.js';
import type { BesidePlace } from './fxtTrace.js';
import { placeByRhythm, type RhythmPlace } from './rhythm.js';
import { extentOf } from './timeWindow.js';

/** So far may places be apart that two names tell, in nanoseconds. */
const AGREED_NS = 1e6;

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
  names: BesideNames,
): Result<BesidePlace> {
  const { capture, trace: name } = names;
  if (frame.lastNs < frame.firstNs)
    return fail(`${capture} holds no records to put ${name} beside`);
  return trace.unixNsAtZero === null
    ? placeByNames(trace, frame, names)
    : placeByDay(trace, frame, { ...names, unixNsAtZero: trace.unixNsAtZero });
}

function placeByDay(
  trace: ForeignTrace,
  frame: CaptureFrame,
  { capture, trace: name, label, unixNsAtZero }: BesideNames & { readonly unixNsAtZero: bigint },
): Result<BesidePlace> {
  const pid = trace.processes.find((process) => !process.isEmpty)?.pid ?? null;
  const zeroNs = frame.unixNsAtZero(pid);
  if (zeroNs === null) {
    return fail(
      `${capture} does not say at what time of day it was recorded, so ${name} has no place beside it`,
    );
  }
  const shiftNs = Number(unixNsAtZero - zeroNs);
  const [fromNs, toNs] = extentOf(trace);
  const isApart = fromNs + shiftNs > frame.lastNs || toNs + shiftNs < frame.firstNs;
  if (isApart || !Number.isSafeInteger(shiftNs)) {
    const when = (first: number, last: number): string =>
      `from ${timeText(zeroNs, first)} to ${timeText(zeroNs, last)}`;
    return fail(
      `${name} is not of the run in ${capture}: it was recorded ${when(fromNs + shiftNs, toNs + shiftNs)}, the capture ${when(frame.firstNs, frame.lastNs)}`,
    );
  }
  return ok({ shiftNs, pid: null, taken: frame.taken, label });
}

/** A moment of the capture's clock as a time of day, to the millisecond. */
function timeText(zeroNs: bigint, atNs: number): string {
  const date = new Date(Number(zeroNs / 1_000_000n) + atNs / 1e6);
  if (Number.isNaN(date.getTime())) return 'an unknown time';
  return date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

interface Found extends RhythmPlace {
  readonly pid: number | null;
  readonly stage: string;
}

/** By what has the name of a stage, and its rhythm (`rhythm.ts`). Names that disagree are no answer. */
function placeByNames(
  trace: ForeignTrace,
  frame: CaptureFrame,
  { capture, trace: name, label }: BesideNames,
): Result<BesidePlace> {
  const found: Found[] = [];
  for (const { pid, stage, startsNs } of frame.stageStarts()) {
    const place = placeByRhythm(inOrder(startsNs), startsOf(trace, stage));
    if (place !== null) found.push({ ...place, pid, stage });
  }
  const best = found.reduce<Found | null>(
    (a, b) => (a === null || b.spreadNs < a.spreadNs ? b : a),
    null,
  );
  const isAgreed = found.every(
    ({ shiftNs, spreadNs }) => Math.abs(shiftNs - (best?.shiftNs ?? 0)) <= spreadNs + AGREED_NS,
  );
  if (best === null || !isAgreed) {
    return fail(
      `${name} does not say at what time of day it was recorded, and nothing in it begins when a stage of its name does in ${capture}, so it has no place beside it (PyTorch's profiler with Kineto and OpenTelemetry tell the time)`,
    );
  }
  trace.note(
    `It does not tell the time of day. Its place is where ${counted(best.compared, 'stretch', 'stretches')} of the name ${best.stage} begin with the executions of that stage, to ${formatDurationNs(best.spreadNs)}.`,
  );
  return ok({ shiftNs: Math.round(best.shiftNs), pid: best.pid, taken: frame.taken, label });
}

function startsOf(trace: ForeignTrace, name: string): readonly number[] {
  const { texts } = trace;
  const starts: number[] = [];
  for (const { threads } of trace.processes) {
    for (const { slices } of threads) {
      for (let row = 0; row < slices.length; row++) {
        if (texts.text(slices.name(row)) === name) starts.push(slices.startNs(row));
      }
    }
  }
  return inOrder(starts);
}

function inOrder(starts: readonly number[]): readonly number[] {
  return [...starts].sort((a, b) => a - b);
}
