/** Figures of a comparison in words, the same in the terminal, in Markdown and in messages. */
import { formatCount, formatDurationNs, formatPercent, formatRate, printable } from '../format.js';
import type {
  Comparison,
  MetricComparison,
  SettingChange,
  StructureChange,
  Verdict,
} from './comparison.js';

/** `-12.3%`, `+5%`, `+2 points`; `from 0` where there is nothing to relate to. */
export function changeText({ change, changeIn }: MetricComparison): string {
  return change === null ? 'from 0' : signed(change.mid, changeIn);
}

/** `-14% to -11%`; empty when it is no interval. */
export function intervalText({ change, changeIn }: MetricComparison): string {
  if (change === null || change.low === change.high) return '';
  return `${signed(change.low, changeIn)} to ${signed(change.high, changeIn)}`;
}

function signed(share: number, changeIn: MetricComparison['changeIn']): string {
  const percent = share * 100;
  const size = Math.abs(percent);
  const text = size === 0 ? '0' : size < 10 ? size.toFixed(1) : size.toFixed(0);
  const sign = percent < 0 ? '-' : percent > 0 ? '+' : '';
  return `${sign}${text}${changeIn === 'points' ? ' pt' : '%'}`;
}

/** The median of a side, in its unit. */
export function medianText(row: MetricComparison, side: 'base' | 'head'): string {
  const { median } = row[side];
  switch (row.unit) {
    case 'perSec':
      return formatRate(median);
    case 'ns':
      return formatDurationNs(median);
    case 'share':
      return formatPercent(median);
    case 'items':
      return formatCount(median);
  }
}

const verdicts: Readonly<Record<Verdict, string>> = {
  better: 'better',
  worse: 'worse',
  changed: 'changed',
  same: 'same',
  notEnoughRuns: 'not enough runs',
};

/** The verdict; a difference that is large enough but not shown is not called the same. */
export function verdictText({ verdict, change }: MetricComparison, threshold: number): string {
  const isLarge = change === null || Math.abs(change.mid) >= threshold;
  return verdict === 'same' && isLarge ? 'may be chance' : verdicts[verdict];
}

/** `images`, `stage resize`, `queue jobs`. */
export function subjectText({ scope, name }: { scope: string; name: string }): string {
  return scope === 'pipeline' ? printable(name) : `${scope} ${printable(name)}`;
}

/** p as it counts among all figures; a dash where there is none. */
export function pText({ adjustedP }: MetricComparison): string {
  if (adjustedP === null) return '–';
  return adjustedP < 0.001 ? '<0.001' : adjustedP.toFixed(3);
}

/** `stage resize: parallelism 8 → 4`. */
export function settingText(change: SettingChange): string {
  const value = (v: number | null): string => (v === null ? 'unlimited' : formatCount(v));
  return `${change.scope} ${printable(change.name)}: ${change.setting} ${value(change.base)} → ${value(change.head)}`;
}

/** `stage resize is only in HEAD`. */
export function structureText({ kind, scope, name, baseName }: StructureChange): string {
  const what = `${scope} ${printable(name)}`;
  switch (kind) {
    case 'added':
      return `${what} is only in HEAD`;
    case 'removed':
      return `${what} is only in BASE`;
    case 'renamed':
      return `${what} was ${printable(baseName ?? '')} in BASE`;
  }
}

/** `BASE 6 runs, HEAD 6 runs`, and what can be concluded from so many. */
export function runsText({ base, head, hasEnoughRuns }: Comparison): string {
  const runs = (n: number): string => `${n} ${n === 1 ? 'run' : 'runs'}`;
  const few = hasEnoughRuns
    ? ''
    : '; not enough to tell a difference from chance: that takes 4 against 4, better 6';
  return `BASE ${runs(base.runs)}, HEAD ${runs(head.runs)}${few}`;
}
