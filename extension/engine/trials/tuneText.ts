/** What came of trials and searches, as text: in the terminal, and in the log of the editor. */
import path from 'node:path';
import { formatDurationNs, formatRate, printable } from '../../core/format.js';
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { KnobReport } from '../../core/report/report.js';
import { formatChange } from '../../core/trials/decision.js';
import type { TrialRecord } from '../../core/trials/record.js';
import type { Standing, TunedKnob, TuneResult } from '../../core/trials/tuning.js';

/** A line about a trial that is over. */
export function trialLine({ verdict, reason }: TrialRecord): string {
  const words = {
    kept: 'kept',
    rolledBack: 'taken back',
    noDifference: 'no difference',
    aborted: 'not finished',
  };
  return `  ${words[verdict]}: ${printable(reason)}`;
}

/** The result of a search: what changed, by how much, and what to write where. Files below `folder` are named from there. */
export function resultText(result: TuneResult, folder = process.cwd()): string {
  const kept = result.trials.filter(({ verdict }) => verdict === 'kept').length;
  const changed = result.knobs.filter(({ before, after }) => before !== after);
  const lines: string[] = [];
  if (result.trials.length === 0) lines.push(`Nothing was tried: ${printable(result.reason)}`);
  else if (kept === 0) lines.push(nothingGained(result));
  else lines.push(...gained(result, kept), ...table(changed), ...advice(changed, folder));
  if (result.neededMs !== null) lines.push(tooShort(result.neededMs));
  return `${lines.join('\n')}\n`;
}

function nothingGained({ trials, reason, end }: TuneResult): string {
  const tried = countText(trials.length);
  return end === 'done'
    ? `Nothing to gain: ${tried}, none of them better. The knobs are as they were.`
    : `Nothing was kept in ${tried}. ${printable(reason)} The knobs are as they were.`;
}

function gained(
  { pipeline, before, after, effect, isApart, trials, reason }: TuneResult,
  kept: number,
): string[] {
  const change =
    effect === null
      ? ''
      : `: ${formatChange(effect.mid)} (${formatChange(effect.low)} to ${formatChange(effect.high)}, 95%)`;
  const lines = [
    `Tuned ${printable(pipeline ?? '')}${change}; ${countText(trials.length)}, ${kept} kept. ${printable(reason)}`,
  ];
  if (isApart)
    lines.push(
      '(the first blocks against those of the last change: in between the program may have changed)',
    );
  if (before !== null && after !== null) {
    lines.push(
      `  throughput  ${formatRate(before.throughputPerSec)} -> ${formatRate(after.throughputPerSec)}`,
    );
    if (before.latencyNs !== null && after.latencyNs !== null) {
      const what = before.latencyBy === 'items' ? 'latency p95' : 'service p95';
      lines.push(`  ${what} ${p95(before)} -> ${p95(after)}`);
    }
  }
  return lines;
}

function countText(trials: number): string {
  return trials === 1 ? '1 trial' : `${trials} trials`;
}

function p95({ latencyNs }: Standing): string {
  return latencyNs === null ? '-' : formatDurationNs(latencyNs.p95);
}

function table(knobs: readonly TunedKnob[]): string[] {
  const rows = [
    ['knob', 'of', 'before', 'after'],
    ...knobs.map((k) => [printable(k.name), ownerOf(k), valueText(k.before), valueText(k.after)]),
  ];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd(),
  );
}

function advice(knobs: readonly TunedKnob[], folder: string): string[] {
  const lines = knobs.map(
    (k) =>
      `  ${placeOf(k.source, folder) ?? ownerOf(k)}: ${printable(k.name)} = ${valueText(k.after)}`,
  );
  return lines.length === 0 ? [] : ['Write this into your source:', ...new Set(lines)];
}

function tooShort(neededMs: number): string {
  return (
    `The program ended too early: one trial would have needed about ${formatDurationNs(neededMs * 1e6)}. ` +
    'Let whole runs be compared with --restart, or give it more work.'
  );
}

function ownerOf({ stage, queue }: Pick<KnobReport, 'stage' | 'queue'>): string {
  return printable(stage ?? queue ?? '');
}

function valueText(value: number | null): string {
  return value === null ? 'unlimited' : String(value);
}

function placeOf(source: SourcePosition | null, folder: string): string | null {
  if (source === null) return null;
  const relative = path.relative(folder, source.file);
  const file = relative.startsWith('..') || path.isAbsolute(relative) ? source.file : relative;
  return printable(`${file}:${source.line}`);
}
