/**
 * What rules look at, and what they say.
 *
 * A rule says one of three things about a pipeline: it is fine in this respect, it is not (one finding for each place), or
 * there is not enough to tell yet and what is missing. Thresholds stand in the rule's constructor or at the head of its file.
 */
import type { OperatingPoint } from '../measure/operatingPoint.js';
import type { Bottleneck, CheckReport, FindingReport, FunctionReport } from '../report/report.js';

/** What a rule may look at. */
export interface DiagnosisContext {
  /** The present setting. */
  readonly point: OperatingPoint;
  /** All settings that were seen, the present one included. */
  readonly seen: readonly OperatingPoint[];
  readonly bottleneck: Bottleneck;
  /** By CPU samples, the functions of a stage with the most self time. */
  readonly functionsOf: (stage: string) => readonly FunctionReport[];
}

/** What a rule found. */
export type Verdict =
  | { readonly state: 'ok'; readonly text: string }
  | { readonly state: 'notYet'; readonly text: string }
  | { readonly state: 'warn'; readonly findings: readonly [FindingReport, ...FindingReport[]] };

/** One thing to know about pipelines. */
export interface Rule {
  /** What it is about, for the summary: `event loops`. */
  readonly topic: string;
  check(context: DiagnosisContext): Verdict;
}

export const fine = (text: string): Verdict => ({ state: 'ok', text });
export const notYet = (text: string): Verdict => ({ state: 'notYet', text });

/** Findings as a verdict; `text` when there are none. */
export function verdictOf(findings: readonly FindingReport[], text: string): Verdict {
  const [first, ...rest] = findings;
  return first === undefined ? fine(text) : { state: 'warn', findings: [first, ...rest] };
}

/** A finding about a stage. */
export function aboutStage(
  stage: string,
  finding: Omit<FindingReport, 'stage' | 'queue' | 'source'> &
    Partial<Pick<FindingReport, 'source'>>,
): FindingReport {
  return { source: null, ...finding, stage, queue: null };
}

/** A finding about a queue. */
export function aboutQueue(
  queue: string,
  finding: Omit<FindingReport, 'stage' | 'queue' | 'source'>,
): FindingReport {
  return { ...finding, stage: null, queue, source: null };
}

/** A finding about the program as a whole. */
export function aboutProgram(
  finding: Omit<FindingReport, 'stage' | 'queue' | 'source'>,
): FindingReport {
  return { ...finding, stage: null, queue: null, source: null };
}

/** A rule's verdict as a line of the summary. */
export function checkOf({ topic }: Rule, verdict: Verdict): CheckReport {
  return verdict.state === 'warn'
    ? { topic, state: 'warn', text: verdict.findings.map(({ text }) => text).join(' ') }
    : { topic, state: verdict.state, text: verdict.text };
}
