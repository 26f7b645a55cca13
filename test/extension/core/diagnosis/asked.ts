/** Asking a rule about a point. */
import type { DiagnosisContext, Rule, Verdict } from '../../../../extension/core/diagnosis/rule.js';
import type { OperatingPoint } from '../../../../extension/core/measure/operatingPoint.js';
import type { Bottleneck } from '../../../../extension/core/report/report.js';

/** What else a rule may look at. */
export interface Besides {
  readonly earlier?: readonly OperatingPoint[];
  readonly bottleneck?: Partial<Bottleneck>;
  readonly functionsOf?: DiagnosisContext['functionsOf'];
}

/** The verdict of a rule about a point. */
export function ask(rule: Rule, point: OperatingPoint, besides: Besides = {}): Verdict {
  const { earlier = [], bottleneck, functionsOf = () => [] } = besides;
  return rule.check({
    point,
    seen: [...earlier, point],
    bottleneck: { kind: 'none', stage: null, confidence: 0.9, evidence: [], ...bottleneck },
    functionsOf,
  });
}

/** The verdict as one word: kinds of findings, or `ok`, or `notYet`. */
export function told(rule: Rule, point: OperatingPoint, besides: Besides = {}): string {
  const verdict = ask(rule, point, besides);
  if (verdict.state !== 'warn') return verdict.state;
  return verdict.findings
    .map(({ kind, stage, queue }) =>
      [kind, stage ?? queue].filter((part) => part !== null).join(' '),
    )
    .join(', ');
}
