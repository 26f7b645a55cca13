/** All rules over one pipeline. */
import type { Bottleneck, CheckReport, FindingReport } from '../report/report.js';
import { BatchSize, QueueTooDeep, QueueTooSmall } from './buffers.js';
import { SlowFunction } from './code.js';
import { Bubble, Sequential, TakingTurns } from './flow.js';
import {
  Contention,
  CoresUsedUp,
  EventLoopFull,
  OutOfParallelism,
  RateLimit,
  SourceTooSlow,
} from './limits.js';
import { Gpu, Pressure, Skew, ThreadChurn } from './machine.js';
import { checkOf, type DiagnosisContext, type Rule } from './rule.js';
import { LittlesLaw, LostRecords } from './trace.js';

/** In the order in which they are told: first whether to believe it, then what limits, then what else costs. */
const rules: readonly Rule[] = [
  new LittlesLaw(),
  new LostRecords(),
  new OutOfParallelism(),
  new CoresUsedUp(),
  new EventLoopFull(),
  new RateLimit(),
  new Contention(),
  new SourceTooSlow(),
  new Skew(),
  new TakingTurns(),
  new Sequential(),
  new Bubble(),
  new QueueTooSmall(),
  new QueueTooDeep(),
  new BatchSize(),
  new Gpu(),
  new Pressure(),
  new ThreadChurn(),
  new SlowFunction(),
];

/** A verdict by shares of time that is less sure than this gives way to a source that does not offer enough. */
const SURE = 0.5;

export interface Diagnosis {
  readonly findings: readonly FindingReport[];
  readonly checks: readonly CheckReport[];
  readonly bottleneck: Bottleneck;
}

/** Runs every rule. Findings that limit come first. */
export function diagnose(context: DiagnosisContext): Diagnosis {
  const verdicts = rules.map((rule) => ({ rule, verdict: rule.check(context) }));
  const findings = verdicts.flatMap(({ verdict }) =>
    verdict.state === 'warn' ? verdict.findings : [],
  );
  const rank = { limit: 0, warn: 1, info: 2 } as const;
  return {
    findings: findings.toSorted((a, b) => rank[a.severity] - rank[b.severity]),
    checks: verdicts.map(({ rule, verdict }) => checkOf(rule, verdict)),
    bottleneck: refined(context.bottleneck, findings),
  };
}

/**
 * The verdict by shares of time, made more precise by what the rules know besides: a limiter or a service that is asked by
 * more lanes and does no more is not the stage's own fault.
 */
function refined(bottleneck: Bottleneck, findings: readonly FindingReport[]): Bottleneck {
  const about = findings.find(
    ({ kind, stage }) =>
      (kind === 'rateLimit' || kind === 'external') &&
      (stage === bottleneck.stage || bottleneck.stage === null),
  );
  const churning = findings.find(({ kind }) => kind === 'threadChurn');
  if (churning !== undefined && bottleneck.kind === 'none') {
    const evidence = [churning.text, ...bottleneck.evidence];
    return { kind: 'cpu', stage: churning.stage, confidence: 0.5, evidence };
  }
  const hungry = findings.find(({ kind }) => kind === 'source');
  if (
    about === undefined &&
    hungry !== undefined &&
    bottleneck.kind === 'stage' &&
    bottleneck.confidence < SURE
  ) {
    const evidence = [hungry.text, ...bottleneck.evidence];
    return { kind: 'source', stage: hungry.stage, confidence: 0.5, evidence };
  }
  if (about === undefined) return bottleneck;
  return {
    kind: 'external',
    stage: about.stage,
    confidence: Math.max(bottleneck.confidence, 0.6),
    evidence: [about.text, ...about.evidence, ...bottleneck.evidence],
  };
}
