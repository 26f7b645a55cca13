/** What else differs between BASE and HEAD: the machine, the runtime, and captures that are not whole. */
import { formatBytes, printable } from '../format.js';
import type { Report } from '../report/report.js';
import type { EnvironmentDifference } from './comparison.js';

type Machine = NonNullable<Report['capture']['environment']>;

const machineFacts: readonly (readonly [what: string, of: (m: Machine) => string])[] = [
  ['CPU', (m) => m.cpuModel],
  ['cores', (m) => String(m.cores)],
  ['CPU quota', (m) => (m.quotaCores === null ? 'none' : `${m.quotaCores} cores`)],
  ['memory', (m) => formatBytes(m.memoryBytes)],
  ['platform', (m) => `${m.platform} ${m.arch}`],
];

/** Values listed of a side. */
const MAX_VALUES = 3;

/** Facts of the machine that are not the same in all runs, and runtimes that are not the same on both sides. */
export function environmentDifferences(
  base: readonly Report[],
  head: readonly Report[],
): readonly EnvironmentDifference[] {
  const machines = machineFacts.flatMap(([what, of]) => {
    const all = ({ capture: { environment } }: Report): readonly string[] =>
      environment === null ? [] : [of(environment)];
    const difference = differenceOf(what, base.flatMap(all), head.flatMap(all));
    // Runs of one side on different machines are as bad.
    const isMixed = difference.base.includes(SEPARATOR) || difference.head.includes(SEPARATOR);
    return difference.base !== difference.head || isMixed ? [difference] : [];
  });
  // A program may well start processes of several runtimes.
  const runtimes = ({ capture }: Report): readonly string[] =>
    capture.processes.map((process) => process.runtime);
  const runtime = differenceOf('runtime', base.flatMap(runtimes), head.flatMap(runtimes));
  return [...machines, ...(runtime.base === runtime.head ? [] : [runtime])].filter(
    // Of files that do not say it nothing is known.
    (difference) => difference.base !== '' && difference.head !== '',
  );
}

function differenceOf(
  what: string,
  base: readonly string[],
  head: readonly string[],
): EnvironmentDifference {
  return { what, base: textOf(base), head: textOf(head) };
}

const SEPARATOR = ' / ';

function textOf(values: readonly string[]): string {
  const distinct = [...new Set(values.map(printable))].sort();
  const more = distinct.length > MAX_VALUES ? [`${distinct.length - MAX_VALUES} more`] : [];
  return [...distinct.slice(0, MAX_VALUES), ...more].join(SEPARATOR);
}

/** Captures of which something is missing, one sentence each. */
export function runNotes(
  runs: readonly { readonly file: string; readonly report: Report }[],
  side: 'BASE' | 'HEAD',
): readonly string[] {
  return runs.flatMap(({ file, report: { capture, pipelines } }) => {
    const where = `${side}, ${printable(file)}`;
    if (pipelines.length === 0) return [`${where}: no pipeline was found.`];
    if (capture.truncatedReason !== null) return [`${where}: ${capture.truncatedReason}`];
    const { records, shareOfExecutions } = capture.lost;
    return records > 0 && shareOfExecutions >= 0.01
      ? [`${where}: ${records} records were lost.`]
      : [];
  });
}
