/** Facts of a report that the terminal, the panel and Markdown say in the same words. Names come as they are: see `printable`. */
import { formatCount, formatDurationNs, formatPercent } from '../format.js';
import type { AgentCost, Bottleneck, LinkOrigin, PipelineReport, Report } from './report.js';

/** How a link is known, in a word or two. */
export const linkOriginText: Readonly<Record<LinkOrigin, string>> = {
  declared: 'declared',
  items: 'seen from items',
  learned: 'learned',
  order: 'guessed from the order',
};

/** Are there links that the program did not declare itself? Else queues and order of the rows say it all. */
export function hasConcludedLinks({ links }: PipelineReport): boolean {
  return links.some(({ known }) => known !== 'declared');
}

/** `item latency 136 ms on average, by Little’s law`; null where percentiles are known, or nothing is. */
export function meanLatencyText({ latencyNs, latencyMean }: PipelineReport): string | null {
  if (latencyNs !== null || latencyMean?.by !== 'littlesLaw') return null;
  const mean = `${latencyMean.isAtLeast ? 'at least ' : ''}${formatDurationNs(latencyMean.meanNs)}`;
  return `item latency ${mean} on average, by Little’s law`;
}

/** `the agent took 2% of the CPU time: 1,234 records at 210 ns, and sending them` */
export function agentCostText({ cpuNs, cpuShare, records, recordNs }: AgentCost): string {
  const made = `${formatCount(records)} records at ${formatDurationNs(recordNs)}`;
  const took = `${formatDurationNs(cpuNs)} of CPU time, ${formatPercent(cpuShare)} of all`;
  return `the agent took ${took}: ${made}, and sending them`;
}

/** `8 cores (a quota allows 2), model, linux x64` */
export function machineText(machine: NonNullable<Report['capture']['environment']>): string {
  const { cores, quotaCores, cpuModel, platform, arch } = machine;
  const quota = quotaCores === null ? '' : ` (a quota allows ${Number(quotaCores.toPrecision(3))})`;
  return `${cores} ${cores === 1 ? 'core' : 'cores'}${quota}, ${cpuModel}, ${platform} ${arch}`;
}

/**
 * Is there something to say about what limits it? A pool that stages share and that is not used up limits nobody, and of an
 * imported trace a note says why there is no verdict.
 */
export function hasVerdict({ isShared, isImported, bottleneck }: PipelineReport): boolean {
  return !isImported && (!isShared || bottleneck.kind !== 'none');
}

const headings: Readonly<Record<Bottleneck['kind'], (stage: string) => string>> = {
  stage: (stage) => `${stage} holds the pipeline back`,
  cpu: (stage) => `The machine's cores hold the pipeline back, in ${stage}`,
  eventLoop: (stage) => `The event loop holds the pipeline back, in ${stage}`,
  source: (stage) =>
    stage === ''
      ? 'The input holds the pipeline back'
      : `The source ${stage} holds the pipeline back`,
  sink: (stage) => `The sink ${stage} holds the pipeline back`,
  external: (stage) => `A limit outside the program holds the pipeline back, in ${stage}`,
  none: () => 'No stage holds the pipeline back',
};

/** The verdict in a sentence, without a full stop: `decode holds the pipeline back`. */
export function verdictText({ kind, stage, confidence }: Bottleneck): string {
  const isThin = kind === 'none' && confidence < 0.2;
  return isThin ? 'Not enough was recorded for a verdict' : headings[kind](stage ?? '');
}
