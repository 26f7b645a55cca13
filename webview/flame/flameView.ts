/**
 * The Flame graph view: where the processor's time of the shown stretch went, of one stage or of all. The host answers with a
 * tree of calls; it is ordered, searched and drawn here.
 */
import type { FlameReply } from '../../extension/core/panel/query.js';
import { button } from '../controls.js';
import { el, setText } from '../dom.js';
import type { FlameFrame } from '../draw/drawFlame.js';
import { FlameCanvas } from './flameCanvas.js';
import { foldedStacks, matchedNs, matching } from './flameFunctions.js';
import { createFlameTable } from './flameTable.js';
import { flameGap, frameLines, matchText, sampledText } from './flameTexts.js';
import { flameTree, functionOf, keysTo, nodeAt, type FlameTree } from './flameTree.js';
import { createCrumbs, createFlameTools, type ChangeFlame } from './flameTools.js';
import type { PanelHandle } from '../handle.js';
import type { Question } from '../queries.js';
import { rangeAsker } from '../rangeAsker.js';
import { chosenRow, shownRange, stageChoices } from '../shownRange.js';
import type { PanelState } from '../state.js';
import type { Theme } from '../theme.js';
import { MAX_SAVED_FOCUS, type FlameState } from '../viewState.js';

export interface FlameView {
  readonly element: HTMLElement;
  update(state: PanelState): void;
  paint(theme: Theme): void;
  focus(): void;
  /** What is on screen, and what it is of; null: nothing is. */
  shown(): FlameShot | null;
}

export interface FlameShot {
  readonly frame: FlameFrame;
  /** `Flame graph of parse, 3.2 s on CPU` */
  readonly about: string;
}

function flameQuestion(state: PanelState): Extract<Question, { kind: 'flame' }> {
  const { fromNs, toNs } = shownRange(state).range;
  const row = chosenRow(stageChoices(state), state.views.flame.stage)?.id ?? null;
  return { kind: 'flame', fromNs, toNs, row };
}

interface Gap {
  readonly element: HTMLElement;
  show(reply: FlameReply, state: PanelState): boolean;
}

/** What stands there instead of a picture. */
function createGap(handle: PanelHandle): Gap {
  const title = el('h2');
  const text = el('p');
  const record = button('Record a CPU profile', 'primary', () => {
    handle.post({ kind: 'command', command: 'recordCpuProfile' });
  });
  const element = el('div', 'empty', title, text, record.element);
  return {
    element,
    show(reply, { snapshot }) {
      const gap = snapshot === null ? null : flameGap(reply, snapshot);
      element.hidden = gap === null;
      if (gap === null) return false;
      setText(title, gap.title);
      setText(text, gap.text);
      record.setShown(gap.canRecord);
      return true;
    },
  };
}

/** An answer with what was made of it, as long as that is current. */
class Shown {
  readonly reply: FlameReply;
  private tree: FlameTree | null = null;

  constructor(reply: FlameReply) {
    this.reply = reply;
  }

  treeIn(order: FlameState['order']): FlameTree {
    if (this.tree?.order !== order) this.tree = flameTree(this.reply, order);
    return this.tree;
  }
}

const KEYS =
  'Arrow keys move, Space zooms, Escape zooms out, Enter opens the source. The table below holds the same numbers.';

/** Ties the parts of the view together. */
class Flame {
  readonly element: HTMLElement;
  readonly canvas: FlameCanvas;
  private readonly handle: PanelHandle;
  private readonly gap: Gap;
  private readonly table: ReturnType<typeof createFlameTable>;
  private readonly tools: ReturnType<typeof createFlameTools>;
  private readonly crumbs: ReturnType<typeof createCrumbs>;
  private readonly graph: HTMLElement;
  private readonly sampled = el('p', 'flame-sampled dim');
  private readonly ask: (state: PanelState | null) => void;
  private shown: Shown | null = null;
  private about = '';
  private drawn: { readonly shown: Shown; readonly flame: FlameState } | null = null;

  constructor(handle: PanelHandle) {
    this.handle = handle;
    const change: ChangeFlame = (part) => {
      const state = handle.state();
      const flame = { ...state.views.flame, ...part };
      handle.change({ ...state, views: { ...state.views, flame } });
    };
    const zoom = (node: number): void => {
      const tree = this.tree();
      if (tree !== null) change({ focus: keysTo(tree, node).slice(0, MAX_SAVED_FOCUS) });
    };
    this.gap = createGap(handle);
    this.crumbs = createCrumbs(zoom);
    this.canvas = new FlameCanvas({
      zoom,
      open: (node) => {
        this.open(node);
      },
      explain: (node, at) => {
        const tree = this.tree();
        const lines =
          node === null || tree === null ? null : frameLines(tree, node, this.focusIn(tree));
        handle.explain(lines, at);
      },
    });
    this.table = createFlameTable(handle, (search) => {
      change({ search });
    });
    this.tools = createFlameTools(handle, change, () => {
      this.copyStacks();
    });
    this.ask = rangeAsker(handle, flameQuestion, (reply) => {
      this.shown = new Shown(reply);
      this.show(handle.state());
    });
    this.graph = el(
      'div',
      'flame-graph',
      this.crumbs.element,
      this.canvas.element,
      this.sampled,
      this.table.element,
    );
    this.graph.hidden = true;
    this.gap.element.hidden = true;
    this.element = el('section', 'flame', this.tools.element, this.graph, this.gap.element);
    this.element.setAttribute('aria-label', 'Flame graph');
  }

  update(state: PanelState): void {
    const isShown = state.view === 'flame' && state.snapshot?.emptyText === null;
    this.ask(isShown ? state : null);
    if (!isShown) return;
    this.tools.update(state);
    this.table.look(state.views);
    this.show(state);
  }

  private tree(): FlameTree | null {
    return this.shown?.treeIn(this.handle.state().views.flame.order) ?? null;
  }

  private focusIn(tree: FlameTree): number {
    return nodeAt(tree, this.handle.state().views.flame.focus);
  }

  private show(state: PanelState): void {
    const { shown } = this;
    const { flame } = state.views;
    if (shown === null) return;
    const isGap = this.gap.show(shown.reply, state);
    this.graph.hidden = isGap;
    if (isGap) {
      this.tools.found('');
      return;
    }
    if (this.drawn?.shown === shown && this.drawn.flame === flame) return;
    if (this.drawn?.shown !== shown) {
      this.table.show(shown.reply);
      setText(this.sampled, sampledText(shown.reply));
    }
    this.drawn = { shown, flame };
    this.draw(shown, state);
  }

  private draw({ reply }: Shown, state: PanelState): void {
    const { search, stage } = state.views.flame;
    const tree = this.tree();
    if (tree === null) return;
    const focus = this.focusIn(tree);
    const matches = matching(reply.functions, search);
    const ns = matches === null ? 0 : matchedNs(reply, matches);
    this.tools.found(matchText(matches, ns, reply.onCpuNs));
    this.crumbs.show(tree, focus);
    const row = chosenRow(stageChoices(state), stage);
    this.about = `Flame graph of ${row?.stage ?? 'all stages'}, ${sampledText(reply)}`;
    this.canvas.show({
      tree,
      focus,
      stage: row?.stageKind ?? 'cpu',
      matches,
      label: `${this.about}. ${KEYS}`,
    });
  }

  shot(): FlameShot | null {
    const frame = this.graph.hidden ? null : this.canvas.frame();
    return frame === null ? null : { frame, about: this.about };
  }

  private open(node: number): void {
    const tree = this.tree();
    const of = tree === null ? null : functionOf(tree, node);
    if (of === null) return;
    if (of.source === null) this.handle.notice('info', `The source of ${of.name} is not known.`);
    else this.handle.openSource(of.source);
  }

  private copyStacks(): void {
    if (this.shown === null) return;
    const { text, isWhole } = foldedStacks(this.shown.reply);
    if (text === '') return;
    this.handle.post({ kind: 'copy', text });
    if (!isWhole) this.handle.notice('info', 'The stacks with the least time were left out.');
  }
}

/** Makes the view. */
export function createFlameView(handle: PanelHandle): FlameView {
  const flame = new Flame(handle);
  return {
    element: flame.element,
    update: (state) => {
      flame.update(state);
    },
    paint: (theme) => {
      flame.canvas.paint(theme);
    },
    focus: () => {
      flame.canvas.focus();
    },
    shown: () => flame.shot(),
  };
}
