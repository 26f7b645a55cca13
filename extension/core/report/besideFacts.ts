/** Traces of other tools beside a capture as cells of tables and sentences, the same in every text that has them. */
import { formatCount, formatDurationNs } from '../format.js';
import { counted } from '../counted.js';
import type { BesideReport, ComparisonReport, TracedReport } from './report.js';

export const COMPARED_HEADS = ['in the trace', 'in the capture', 'trace', 'capture', 'apart'];
export const TRACED_HEADS = ['named in the trace', 'count', 'total'];
export const DEVICE_HEADS = ['on the GPU', 'count', 'total'];

/** How far the trace's total is from the capture's: `+1.2%`. */
export function apartText({ difference }: ComparisonReport): string {
  if (difference === null) return '–';
  const percent = (difference * 100).toFixed(1);
  return difference > 0 && !/^0\.0$/.test(percent) ? `+${percent}%` : `${percent}%`;
}

/** `nameOf` makes a name safe where it will stand. */
export function comparedCells(
  comparison: ComparisonReport,
  nameOf: (name: string) => string,
): readonly string[] {
  const { kind, name, stage, trace, capture } = comparison;
  const what = { stage: '', input: ' (waits for input)', device: ' (busy)' }[kind];
  return [
    nameOf(name),
    `${nameOf(stage)}${what}`,
    sumText(trace),
    sumText(capture),
    apartText(comparison),
  ];
}

function sumText({ count, totalNs }: ComparisonReport['trace']): string {
  const total = formatDurationNs(totalNs);
  return count === null ? total : `${total} in ${formatCount(count)}`;
}

/** A name with its sum. */
export function tracedCells(
  { name, count, totalNs }: TracedReport,
  nameOf: (name: string) => string,
): readonly string[] {
  return [nameOf(name), formatCount(count), formatDurationNs(totalNs)];
}

/** What the sums are over, and what is not listed; names are left as they are. */
export function besideFacts(beside: BesideReport): readonly string[] {
  const { window, uncompared, more, devices, compared } = beside;
  const length = formatDurationNs(window.toNs - window.fromNs);
  const left = more.stretches + more.deviceWork;
  return [
    uncompared === null
      ? `All totals are over the ${length} that both cover; what lies across its edges is in none.`
      : `Nothing is compared: ${uncompared} Totals are over the ${length} of the trace.`,
    ...(uncompared === null && compared.length === 0
      ? ['Nothing in the trace has the name of a stage, so nothing is compared.']
      : []),
    ...compared.flatMap(({ name, remark }) => (remark === null ? [] : [`${name}: ${remark}.`])),
    ...devices.map(({ name, busyNs }) => `${name} ran something for ${formatDurationNs(busyNs)}.`),
    ...(left > 0 ? [`Not listed: ${counted(left, 'more name')}.`] : []),
  ];
}
