/** Suggestions and findings of the advisor, as cards. */
import { suggestionKey, type LiveState } from '../extension/core/panel/live.js';
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import {
  findingDetails,
  newsOf,
  planText,
  whatIfTexts,
  withoutPrediction,
} from '../extension/core/report/adviceFacts.js';
import type { FindingReport, PipelineReport, Report } from '../extension/core/report/report.js';
import { button } from './controls.js';
import { el, keyedList, setText, type View } from './dom.js';
import type { KnobActions } from './knobCard.js';
import {
  planCard,
  probeCard,
  sourceButton,
  suggestionCard,
  type PlanEntry,
  type ProbeEntry,
  type SuggestionEntry,
} from './live/suggestionCards.js';
import { section } from './section.js';
import { sentences } from './sentences.js';

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

/** Above the suggestions: what they bring together, or why there are none. */
function linesBefore(report: Report): string[] {
  return report.pipelines.flatMap((pipeline) => {
    const why = withoutPrediction(pipeline);
    if (why !== null) return [`Nothing is predicted: ${why}`];
    const isOne = pipeline.suggestions.length < 2;
    return pipeline.plan === null || isOne ? [] : [planText(pipeline)];
  });
}

const linesBehind = (report: Report): string[] =>
  report.pipelines.flatMap((pipeline) => whatIfTexts(pipeline).map((text) => `What if: ${text}`));

/** What there is to try. */
interface Proposed {
  readonly plans: readonly PlanEntry[];
  readonly wanted: readonly SuggestionEntry[];
  readonly ignored: readonly SuggestionEntry[];
  readonly probes: readonly ProbeEntry[];
}

function proposed({ report, state }: PanelSnapshot, live: LiveState): Proposed {
  const around = (pipeline: PipelineReport) => ({ pipeline, session: state, live });
  const all = report.pipelines.flatMap((pipeline) =>
    pipeline.suggestions.map((suggestion) => ({
      ...around(pipeline),
      suggestion,
      isIgnored: live.ignored.includes(suggestionKey(pipeline, suggestion)),
    })),
  );
  const ignored = all.filter(({ isIgnored }) => isIgnored);
  // What a plan brings is known of all of it only.
  const plans = report.pipelines.filter(
    (pipeline) =>
      pipeline.plan !== null &&
      pipeline.suggestions.length > 1 &&
      ignored.every((entry) => entry.pipeline !== pipeline),
  );
  return {
    plans: plans.map((pipeline) => ({
      ...around(pipeline),
      suggestions: pipeline.suggestions,
    })),
    wanted: all.filter(({ isIgnored }) => !isIgnored),
    ignored,
    probes: report.pipelines.flatMap((pipeline) =>
      pipeline.probes.map((probe) => ({ ...around(pipeline), probe })),
    ),
  };
}

/** What is ignored, behind a button that shows it again. */
function ignoredPart(actions: KnobActions): View<readonly SuggestionEntry[]> {
  let isOpen = false;
  let entries: readonly SuggestionEntry[] = [];
  const cards = el('div');
  const fill = keyedList<SuggestionEntry>(
    cards,
    ({ suggestion }) => suggestion.id,
    () => suggestionCard(actions),
  );
  const toggle = button('Show ignored', 'icon', () => {
    isOpen = !isOpen;
    show();
  });
  const element = el('div', 'ignored-part', toggle.element, cards);
  const show = (): void => {
    element.hidden = entries.length === 0;
    cards.hidden = !isOpen;
    toggle.element.setAttribute('aria-expanded', String(isOpen));
    const what = entries.length === 1 ? '1 ignored suggestion' : `${entries.length} ignored ones`;
    toggle.setLabel(`${isOpen ? 'Hide' : 'Show'} ${what}`, 'suggestions that you did not want');
    fill(entries);
  };
  show();
  return {
    element,
    update(next) {
      entries = next;
      show();
    },
  };
}

/** The sections of the advisor; each hides itself when it has nothing to say. */
export function adviceSections(actions: KnobActions): {
  readonly elements: readonly HTMLElement[];
  readonly update: (snapshot: PanelSnapshot, live: LiveState) => void;
} {
  const suggestions = section('Suggestions');
  const findings = section('Findings');
  const before = sentences();
  const [plans, cards, probes] = [el('div'), el('div'), el('div')];
  const ignored = ignoredPart(actions);
  const behind = sentences();
  suggestions.body.append(before.element, plans, cards, probes, ignored.element, behind.element);
  const fillPlans = keyedList<PlanEntry>(
    plans,
    ({ pipeline }) => pipeline.name,
    () => planCard(actions),
  );
  const fillSuggestions = keyedList<SuggestionEntry>(
    cards,
    ({ suggestion }) => suggestion.id,
    () => suggestionCard(actions),
  );
  const fillProbes = keyedList<ProbeEntry>(
    probes,
    ({ probe }) => `${probe.knob}=${probe.to}`,
    () => probeCard(actions),
  );
  const fillFindings = keyedList<FindingReport>(
    findings.body,
    ({ kind, stage, queue, text }) => [kind, stage, queue, text].join('\0'),
    () => findingCard(actions),
  );
  let settled: PanelSnapshot | null = null;
  return {
    elements: [suggestions.element, findings.element],
    update(present, live) {
      // A trial turns knobs to and fro, and advice with them: what was said before it stays until it is over.
      if (live.running === null || settled === null) settled = present;
      const snapshot = { ...settled, state: present.state };
      const { report } = snapshot;
      const all = proposed(snapshot, live);
      const lines = [all.plans.length > 0 ? [] : linesBefore(report), linesBehind(report)] as const;
      const news = report.pipelines.flatMap(newsOf);
      before.update(lines[0]);
      fillPlans(all.plans);
      fillSuggestions(all.wanted);
      fillProbes(all.probes);
      ignored.update(all.ignored);
      behind.update(lines[1]);
      fillFindings(news);
      const shown = [...all.plans, ...all.wanted, ...all.ignored, ...all.probes, ...lines.flat()];
      suggestions.element.hidden = shown.length === 0;
      findings.element.hidden = news.length === 0;
    },
  };
}
