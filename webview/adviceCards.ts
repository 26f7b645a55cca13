/** Suggestions and findings of the advisor, as cards. */
import {
  changeText,
  effectText,
  findingDetails,
  newsOf,
  planText,
  probeText,
  whatIfTexts,
  withoutPrediction,
} from '../extension/core/report/adviceFacts.js';
import type {
  FindingReport,
  PipelineReport,
  Report,
  Suggestion,
} from '../extension/core/report/report.js';
import { button } from './controls.js';
import { el, keyedList, setText, type View } from './dom.js';
import type { KnobActions } from './knobCard.js';
import { section } from './section.js';
import { sentences } from './sentences.js';

interface SuggestionEntry {
  readonly pipeline: PipelineReport;
  readonly suggestion: Suggestion;
}

/** A way to the source; hidden while there is none. */
function sourceButton(actions: KnobActions): View<FindingReport['source']> {
  let target: FindingReport['source'] = null;
  const go = button('Go to source', 'secondary', () => {
    if (target !== null) actions.openSource(target);
  });
  return {
    element: go.element,
    update(source) {
      target = source;
      go.setShown(source !== null);
    },
  };
}

function suggestionCard(actions: KnobActions): View<SuggestionEntry> {
  const title = el('strong');
  const effect = el('div');
  const reason = el('div');
  const evidence = sentences();
  const source = sourceButton(actions);
  return {
    element: el('div', 'card', title, effect, reason, evidence.element, source.element),
    update({ pipeline, suggestion }) {
      setText(title, changeText(pipeline, suggestion));
      setText(effect, effectText(pipeline, suggestion));
      setText(reason, suggestion.reason);
      evidence.update([
        ...suggestion.evidence,
        ...suggestion.costs.map((cost) => `Costs: ${cost}`),
      ]);
      source.update(pipeline.knobs.find(({ id }) => id === suggestion.knob)?.source ?? null);
    },
  };
}

function findingCard(actions: KnobActions): View<FindingReport> {
  const text = el('div');
  const details = sentences();
  const source = sourceButton(actions);
  return {
    element: el('div', 'card', text, details.element, source.element),
    update(finding) {
      setText(text, finding.text);
      details.update(findingDetails(finding));
      source.update(finding.source);
    },
  };
}

/** Above the suggestions: what they bring together, or why there are none; behind them: what is worth a trial. */
function linesOf(report: Report): { readonly before: string[]; readonly behind: string[] } {
  const before = report.pipelines.flatMap((pipeline) => {
    const why = withoutPrediction(pipeline);
    if (why !== null) return [`Nothing is predicted: ${why}`];
    const isOne = pipeline.suggestions.length < 2;
    return pipeline.plan === null || isOne ? [] : [planText(pipeline)];
  });
  const behind = report.pipelines.flatMap((pipeline) => [
    ...pipeline.probes.map((probe) => `Worth a trial: ${probeText(pipeline, probe)}`),
    ...whatIfTexts(pipeline).map((text) => `What if: ${text}`),
  ]);
  return { before, behind };
}

/** The sections of the advisor; each hides itself when it has nothing to say. */
export function adviceSections(actions: KnobActions): {
  readonly elements: readonly HTMLElement[];
  readonly update: (report: Report) => void;
} {
  const suggestions = section('Suggestions');
  const findings = section('Findings');
  const before = sentences();
  const cards = el('div');
  const behind = sentences();
  suggestions.body.append(before.element, cards, behind.element);
  const fillSuggestions = keyedList<SuggestionEntry>(
    cards,
    ({ suggestion }) => suggestion.id,
    () => suggestionCard(actions),
  );
  const fillFindings = keyedList<FindingReport>(
    findings.body,
    ({ kind, stage, queue, text }) => [kind, stage, queue, text].join('\0'),
    () => findingCard(actions),
  );
  return {
    elements: [suggestions.element, findings.element],
    update(report) {
      const proposed = report.pipelines.flatMap((pipeline) =>
        pipeline.suggestions.map((suggestion) => ({ pipeline, suggestion })),
      );
      const lines = linesOf(report);
      const news = report.pipelines.flatMap(newsOf);
      before.update(lines.before);
      behind.update(lines.behind);
      fillSuggestions(proposed);
      fillFindings(news);
      suggestions.element.hidden =
        proposed.length + lines.before.length + lines.behind.length === 0;
      findings.element.hidden = news.length === 0;
    },
  };
}
