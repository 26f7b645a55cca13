/** Suggestions as rows of a session: what to set to what, and what that brings. Pure. */
import { formatRate } from '../../core/format.js';
import type { Interval, PipelineReport, Report, Suggestion } from '../../core/report/report.js';
import type { SessionId } from '../../engine/protocol.js';
import type { TreeNode } from './tree.js';

/** `+92%`, `−5%`; of 1: nothing changes. */
function gainPercent(gain: number): string {
  const percent = Math.round((gain - 1) * 100);
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent)}%`;
}

/** `+92% (+67% to +121%)` */
export function gainText({ low, mid, high }: Interval): string {
  return `${gainPercent(mid)} (${gainPercent(low)} to ${gainPercent(high)})`;
}

/** The section of all suggestions; undefined: there are none. */
export function adviceSection(session: SessionId, report: Report): TreeNode | undefined {
  const children = report.pipelines.flatMap((pipeline) =>
    pipeline.suggestions.map((suggestion) => suggestionNode(session, pipeline, suggestion)),
  );
  if (children.length === 0) return undefined;
  return {
    kind: 'branch',
    session,
    face: {
      id: `${session}/suggestions`,
      label: 'Suggestions',
      description: planText(report),
      tooltip: 'What would make the pipeline faster, by a simulation of what was measured',
      icon: 'lightbulb',
      context: 'suggestions',
    },
    children,
  };
}

/** What they bring together, where that is more than one. */
function planText({ pipelines }: Report): string {
  const plans = pipelines.flatMap(({ plan }) => plan ?? []);
  const [plan] = plans;
  return plans.length === 1 && plan !== undefined && plan.suggestions.length > 1
    ? `together ${gainText(plan.gain)}`
    : '';
}

function suggestionNode(
  session: SessionId,
  pipeline: PipelineReport,
  suggestion: Suggestion,
): TreeNode {
  const { id, from, to, expression, predicted, reason, evidence, costs } = suggestion;
  const knob = pipeline.knobs.find((k) => k.id === suggestion.knob || k.name === suggestion.knob);
  const change = `${knob?.name ?? suggestion.knob}: ${from} → ${to}`;
  const source = knob?.source ?? null;
  const tuned = knob?.stage ?? null;
  return {
    kind: 'leaf',
    session,
    ...(knob === undefined ? {} : { knob: knob.id }),
    source,
    ...(tuned === null
      ? {}
      : { row: { kind: 'stage', pipeline: pipeline.name, name: tuned } as const }),
    face: {
      id: `${session}/suggestion/${pipeline.name}/${id}`,
      label: change,
      description: gainText(predicted.gain),
      tooltip: [
        expression === null ? change : `${change} (${expression})`,
        `predicted throughput: ${formatRate(predicted.throughputPerSec.mid)}, ${gainText(predicted.gain)}`,
        reason,
        ...evidence,
        ...costs,
      ].join('\n'),
      icon: 'lightbulb',
      context: source === null ? 'suggestion' : 'suggestion.source',
    },
  };
}
