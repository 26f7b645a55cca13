/** Trials in words. Pure. */
import { formatDurationNs, formatRate } from '../../extension/core/format.js';
import type { PromiseReport, SourceValue, TunedState } from '../../extension/core/panel/live.js';
import type { Interval } from '../../extension/core/report/report.js';
import { formatChange, type Verdict } from '../../extension/core/trials/decision.js';
import type { Standing } from '../../extension/core/trials/tuning.js';

/** A verdict in the panel: short, and as a heading. */
export const verdictTexts: Readonly<Record<Verdict, readonly [short: string, heading: string]>> = {
  kept: ['kept', 'Better: kept'],
  rolledBack: ['taken back', 'Worse: taken back'],
  noDifference: ['no difference', 'No difference: taken back'],
  aborted: ['not finished', 'Not finished: taken back'],
};

/** `+31% to +44%` */
export const rangeText = ({ low, high }: Interval): string =>
  `${formatChange(low)} to ${formatChange(high)}`;

/** `+38% (+31% to +44%)` */
export function intervalText(effect: Interval | null): string {
  return effect === null ? '–' : `${formatChange(effect.mid)} (${rangeText(effect)})`;
}

/** `1:05` */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `0:12 · at most 0:08 left` */
export function timesText(elapsedMs: number, leftMs: number | null): string {
  const left = leftMs === null ? '' : ` · at most ${clockText(leftMs)} left`;
  return `${clockText(elapsedMs)}${left}`;
}

/** A search's heading: what it brought. */
export function tunedHeading({ kept, trials, effect }: TunedState): string {
  if (trials === 0) return 'Nothing was tried';
  if (kept === 0) return 'Nothing better was found';
  return effect === null ? 'Tuned' : `Tuned: ${intervalText(effect)}`;
}

/** `5 trials, 2 kept. Nothing more is worth a try.` */
export function tunedSentence({ trials, kept, reason, isApart }: TunedState): string {
  const count = trials === 1 ? '1 trial' : `${trials} trials`;
  const apart = isApart
    ? ' The first blocks are compared with the last: in between the program may have changed.'
    : '';
  return trials === 0 ? reason : `${count}, ${kept} kept. ${reason}${apart}`;
}

/** Rows of before and after: what the program did. */
export function standingRows(
  before: Standing | null,
  after: Standing | null,
): readonly (readonly [name: string, before: string, after: string])[] {
  if (before === null || after === null) return [];
  const p95 = ({ latencyNs }: Standing): string =>
    latencyNs === null ? '–' : formatDurationNs(latencyNs.p95);
  const latency = before.latencyBy === 'items' ? 'latency p95' : 'service p95';
  return [
    ['throughput', formatRate(before.throughputPerSec), formatRate(after.throughputPerSec)],
    ...(before.latencyNs === null ? [] : [[latency, p95(before), p95(after)] as const]),
  ];
}

const promiseHeads: Readonly<Record<PromiseReport['verdict'], string>> = {
  held: 'Prediction held',
  missed: 'Prediction missed',
  unclear: 'Prediction unclear',
};

/** `Prediction held`, and `predicted +38% (+31% to +44%), measured +36%` */
export function promiseTexts({ predicted, observed, verdict }: PromiseReport): {
  readonly head: string;
  readonly text: string;
} {
  const measured = observed === null ? 'not measured yet' : `measured ${intervalText(observed)}`;
  return { head: promiseHeads[verdict], text: `predicted ${intervalText(predicted)}, ${measured}` };
}

/** What the chip of a knob says and explains, if the source says anything else than what runs. */
export function sourceChip(
  source: SourceValue | undefined,
  running: number | null,
): { readonly text: string; readonly title: string } | null {
  if (source === undefined || (source.value !== null && source.value === running)) return null;
  const runs = running === null ? 'unlimited' : String(running);
  return {
    text: `in source: ${source.text}`,
    title: `The source says ${source.text}, and ${runs} is running. The next run of the program will use what the source says.`,
  };
}

/** Share of the work of a trial that is done, 0 to 100; null: not known. */
export function donePercent(elapsedMs: number, leftMs: number | null): number | null {
  return leftMs === null ? null : Math.round((100 * elapsedMs) / Math.max(elapsedMs + leftMs, 1));
}

/** What "Explain" says behind the evidence. */
export const howPredicted =
  'The figures come from a simulation of what was measured, with 90% intervals. "Try live" puts them to the test: blocks with and without the change by turns, judged against how the program varies by itself. Only what is better stays.';
