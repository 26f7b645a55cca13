/** The panel at the right: what is selected, the bottleneck, suggestions, knobs, notes. */
import { formatCount, formatPercent } from '../extension/core/format.js';
import { startValue, valueBefore } from '../extension/core/panel/knobHistory.js';
import type { LiveState } from '../extension/core/panel/live.js';
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import {
  agentCostText,
  hasConcludedLinks,
  hasVerdict,
  linkOriginText,
  machineText,
  meanLatencyText,
} from '../extension/core/report/factText.js';
import { threadFacts } from '../extension/core/report/threadText.js';
import type { PipelineReport, Report, StageReport } from '../extension/core/report/report.js';
import { adviceSections } from './adviceCards.js';
import { badge, button } from './controls.js';
import { el, keyedList, setText, type View } from './dom.js';
import { knobCard, type KnobActions, type KnobEntry } from './knobCard.js';
import { isEmpty, trialSections } from './live/trialSections.js';
import { section } from './section.js';
import { sentences } from './sentences.js';
import type { PanelState, Selection } from './state.js';
import { bottleneckTitle, hitLines, rankText, type Line } from './texts.js';
import { linesOf } from './tooltip.js';

export interface SideActions extends KnobActions {
  readonly clearSelection: () => void;
  /** Follows the item of what is selected. */
  readonly follow: () => void;
  /** Shows the longest of the executions that are selected together. */
  readonly zoomToLongest: () => void;
  /** Puts what the details say on the clipboard. */
  readonly copyDetails: (lines: readonly Line[]) => void;
}

function bottleneckCard(actions: SideActions): View<PipelineReport> {
  const name = el('strong');
  const kind = el('span', 'dim');
  const confidence = badge('');
  const latency = el('div', 'dim');
  const evidence = sentences();
  const source = button('Go to source', 'secondary', () => {
    if (target !== null) actions.openSource(target);
  });
  let target: StageReport['source'] = null;
  const element = el(
    'div',
    'card bottleneck',
    el('div', 'card-title', name, kind, confidence),
    latency,
    evidence.element,
    source.element,
  );
  return {
    element,
    update(pipeline) {
      const { bottleneck } = pipeline;
      const stage = pipeline.stages.find((s) => s.name === bottleneck.stage);
      setText(name, bottleneckTitle(pipeline));
      setText(kind, stage === undefined ? pipeline.name : `${stage.kind} · ${pipeline.name}`);
      setText(confidence, `${formatPercent(bottleneck.confidence)} sure`);
      confidence.hidden = bottleneck.kind === 'none';
      setText(latency, meanLatencyText(pipeline) ?? '');
      evidence.update(bottleneck.evidence);
      target = stage?.source ?? null;
      source.setShown(target !== null);
    },
  };
}

function stageOf(report: Report, selection: Selection): StageReport | null {
  const { hit } = selection;
  if (hit.kind !== 'execution') return null;
  const stages = report.pipelines.flatMap((p) => p.stages);
  return stages.find((s) => s.name === hit.stage) ?? null;
}

/** All that is told of what is selected. */
function detailLines({ hit }: Selection, stage: StageReport | null): readonly Line[] {
  const rank = hit.kind === 'execution' ? rankText(hit.durationNs, stage) : null;
  const extra: readonly Line[] = rank === null ? [] : [['this is', rank]];
  return [...hitLines(hit), ...extra];
}

interface DetailButtons {
  readonly element: HTMLElement;
  readonly update: (selection: Selection, source: StageReport['source']) => void;
}

function detailButtons(actions: SideActions, copied: () => void): DetailButtons {
  let target: StageReport['source'] = null;
  const source = button('Go to source', 'secondary', () => {
    if (target !== null) actions.openSource(target);
  });
  const follow = button('Follow item', 'secondary', actions.follow);
  const longest = button('Zoom to longest', 'secondary', actions.zoomToLongest);
  longest.setLabel('Zoom to longest', 'show the longest of these executions');
  const copy = button('Copy', 'secondary', copied);
  copy.setLabel('Copy', 'put this on the clipboard as Markdown');
  const clear = button('Clear', 'secondary', actions.clearSelection);
  clear.setLabel('Clear', 'clear the selection (Esc)');
  const all = [follow, longest, source, copy, clear];
  return {
    element: el('div', 'card-buttons', ...all.map((b) => b.element)),
    update({ hit }, position) {
      const item = hit.kind === 'execution' ? hit.item : null;
      follow.setShown(item !== null);
      if (item !== null) {
        follow.setLabel(`Follow item ${formatCount(item)}`, 'show its way through the stages (I)');
      }
      longest.setShown(hit.kind === 'many' && hit.longestNs !== null);
      target = position;
      source.setShown(target !== null);
    },
  };
}

function detailsCard(actions: SideActions): View<{ report: Report; selection: Selection }> {
  const element = el('div', 'card details');
  const lines = el('div');
  let shown: readonly Line[] = [];
  const buttons = detailButtons(actions, () => {
    actions.copyDetails(shown);
  });
  element.append(lines, buttons.element);
  return {
    element,
    update({ report, selection }) {
      const { hit } = selection;
      const stage = stageOf(report, selection);
      shown = detailLines(selection, stage);
      lines.replaceChildren(linesOf(shown));
      buttons.update(selection, hit.kind === 'function' ? hit.source : (stage?.source ?? null));
    },
  };
}

function knobEntries(snapshot: PanelSnapshot, live: LiveState): readonly KnobEntry[] {
  const { report, knobChanges, state } = snapshot;
  return report.pipelines.flatMap((p) =>
    p.knobs.map((knob) => ({
      knob,
      session: state,
      start: startValue(knobChanges, knob.id),
      before: valueBefore(knobChanges, knob.id),
      running: live.running,
      source: live.sourceValues?.[knob.id],
    })),
  );
}

function notesOf(report: Report): readonly string[] {
  const { truncatedReason } = report.capture;
  const isSaid = truncatedReason === null || report.notes.some((n) => n.includes(truncatedReason));
  return isSaid ? report.notes : [truncatedReason, ...report.notes];
}

/** Processes whose threads the side has room for. */
const MAX_PROCESSES = 4;

/** What ran where, and what recording it cost. */
function sessionFacts({ capture }: Report): readonly string[] {
  const { processes, environment, agentCost } = capture;
  const shown = processes.slice(0, MAX_PROCESSES);
  const more = processes.length - shown.length;
  return [
    ...shown.flatMap((process) => [
      `${process.title} (pid ${process.pid}, ${process.runtime})`,
      ...threadFacts(process),
    ]),
    ...(more > 0 ? [`and ${formatCount(more)} more processes`] : []),
    ...(environment === null ? [] : [machineText(environment)]),
    ...(agentCost === null ? [] : [agentCostText(agentCost)]),
  ];
}

/** Which stage feeds which; nothing where the program declared it all itself. */
function flowFacts(report: Report): readonly string[] {
  return report.pipelines
    .filter(hasConcludedLinks)
    .flatMap((p) => p.links.map((l) => `${l.from} → ${l.to}: ${linkOriginText[l.known]}`));
}

/** Gives all knobs back what they had at the start; hidden unless several have something else. */
function revertAllButton(actions: SideActions): View<readonly KnobEntry[]> {
  const all = button('Revert all', 'secondary', () => {
    actions.revertKnobs(null, 'start');
  });
  all.setLabel('Revert all', 'every knob as it was when the program started');
  const element = el('div', 'revert-all', all.element);
  return {
    element,
    update(entries) {
      const off = entries.filter(
        ({ knob, session, start }) =>
          knob.live && session === 'live' && start !== null && start.value !== knob.value,
      );
      element.hidden = off.length < 2;
    },
  };
}

/** Parts of the side that depend on the snapshot; each hides itself when it has nothing to say. */
function snapshotSections(actions: SideActions): {
  readonly elements: readonly HTMLElement[];
  readonly update: (snapshot: PanelSnapshot, live: LiveState) => void;
} {
  const bottleneck = section('Bottleneck');
  const advice = adviceSections(actions);
  const knobs = section('Knobs');
  const revertAll = revertAllButton(actions);
  knobs.body.append(revertAll.element);
  const trials = trialSections(actions);
  const [flow, session, notes] = [section('Flow'), section('Session'), section('Notes')];
  const [flowList, sessionList, noteList] = [sentences(), sentences(), sentences()];
  flow.body.append(flowList.element);
  session.body.append(sessionList.element);
  notes.body.append(noteList.element);
  const fillBottlenecks = keyedList<PipelineReport>(
    bottleneck.body,
    (p) => p.name,
    () => bottleneckCard(actions),
  );
  const fillKnobs = keyedList<KnobEntry>(
    knobs.body,
    (entry) => entry.knob.id,
    (entry) => knobCard(entry, actions),
    revertAll.element,
  );
  return {
    elements: [
      bottleneck.element,
      trials.promises,
      ...advice.elements,
      trials.trials,
      ...[knobs, flow, session, notes].map((s) => s.element),
    ],
    update(snapshot, live) {
      const { report } = snapshot;
      const entries = knobEntries(snapshot, live);
      const remarks = notesOf(report);
      const judged = report.pipelines.filter(hasVerdict);
      fillBottlenecks(judged);
      placeTrials(trials.trials, advice.elements, isEmpty(live));
      trials.update(live, snapshot.state);
      advice.update(snapshot, live);
      fillKnobs(entries);
      revertAll.update(entries);
      noteList.update(remarks);
      const flows = flowFacts(report);
      flowList.update(flows);
      flow.element.hidden = flows.length === 0;
      const facts = sessionFacts(report);
      sessionList.update(facts);
      session.element.hidden = facts.length === 0;
      bottleneck.element.hidden = judged.length === 0;
      knobs.element.hidden = entries.length === 0;
      notes.element.hidden = remarks.length === 0;
    },
  };
}

/** What is tried, or came of it, stands above what might be tried; before that there is only a button to show. */
function placeTrials(trials: HTMLElement, advice: readonly HTMLElement[], isBelow: boolean): void {
  const first = advice[0];
  const last = advice.at(-1);
  // A node that is put where it stands already would lose the focus.
  if (isBelow && last?.nextElementSibling !== trials) last?.after(trials);
  if (!isBelow && first?.previousElementSibling !== trials) first?.before(trials);
}

export interface SidePanel {
  readonly element: HTMLElement;
  update(state: PanelState): void;
}

/** Changes what is on the side, and scrolls so that what has the keyboard (a slider in somebody's hand) stays where it is. */
function keepingPlace(side: HTMLElement, change: () => void): void {
  const focused = document.activeElement;
  if (focused === null || focused === side || !side.contains(focused)) {
    change();
    return;
  }
  const topPx = focused.getBoundingClientRect().top;
  change();
  const movedPx = focused.getBoundingClientRect().top - topPx;
  if (movedPx !== 0) side.scrollTop += movedPx;
}

/** Makes the side panel. `first` stands above the rest. */
export function createSidePanel(actions: SideActions, first: readonly HTMLElement[]): SidePanel {
  const selected = section('Selected');
  const details = detailsCard(actions);
  selected.body.append(details.element);
  const rest = snapshotSections(actions);
  const element = el('aside', 'side', ...first, selected.element, ...rest.elements);
  element.setAttribute('aria-label', 'Findings and knobs');
  element.tabIndex = 0;
  let last: PanelState | null = null;
  return {
    element,
    update(state) {
      const { snapshot, selection } = state;
      const newSnapshot = snapshot !== last?.snapshot;
      const newLive = state.live !== last?.live;
      const newSelection = selection !== last?.selection;
      last = state;
      element.hidden = snapshot?.emptyText !== null;
      selected.element.hidden = selection === null;
      if (snapshot === null) return;
      keepingPlace(element, () => {
        if (newSnapshot || newLive) rest.update(snapshot, state.live);
        if (selection !== null && (newSelection || newSnapshot)) {
          details.update({ report: snapshot.report, selection });
        }
      });
    },
  };
}
