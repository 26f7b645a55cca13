/** Figures of a stretch as tables at the side: each with how it differs from the whole session below it. */
import { formatCount, formatPercent } from '../../extension/core/format.js';
import type { StateShares } from '../../extension/core/report/report.js';
import { el, keyedList, setAttribute, setText, type View } from '../dom.js';
import type {
  Figure,
  PipelineFigures,
  QueueFigures,
  RangeFigures,
  StageFigures,
} from './rangeFigures.js';
import { knownStates, type Line } from '../texts.js';

/** A cell with a figure. What the change is against is said to readers, and shown on hover. */
function figureCell(): {
  readonly element: HTMLElement;
  readonly update: (figure: Figure) => void;
} {
  const now = el('span', 'figure');
  const change = el('span', 'change');
  change.setAttribute('aria-hidden', 'true');
  const whole = el('span', 'for-readers');
  const element = el('td', 'number', now, change, whole);
  return {
    element,
    update(figure) {
      setText(now, figure.text);
      setText(change, figure.change ?? '');
      const text = figure.whole === null ? '' : `; whole session: ${figure.whole}`;
      setText(whole, text);
      setAttribute(element, 'title', figure.text + text);
    },
  };
}

interface FigureCells {
  readonly elements: readonly HTMLElement[];
  readonly update: (figures: readonly Figure[]) => void;
}

function figureCells(count: number): FigureCells {
  const cells = Array.from({ length: count }, figureCell);
  return {
    elements: cells.map((cell) => cell.element),
    update(figures) {
      for (const [i, cell] of cells.entries()) {
        const figure = figures[i];
        if (figure !== undefined) cell.update(figure);
      }
    },
  };
}

interface TableSetup<T> {
  readonly caption: string;
  readonly titles: readonly string[];
  readonly keyOf: (value: T) => string;
  readonly create: (value: T) => View<T>;
}

/** A table with a heading row, and a body for each value. */
function table<T>({ caption, titles, keyOf, create }: TableSetup<T>): {
  readonly element: HTMLElement;
  readonly fill: (values: readonly T[]) => void;
} {
  const heads = titles.map((title, i) => {
    const head = el('th', i === 0 ? '' : 'number', title);
    head.scope = 'col';
    return head;
  });
  const head = el('thead', '', el('tr', '', ...heads));
  const element = el('table', 'figures', el('caption', 'for-readers', caption), head);
  return { element, fill: keyedList(element, keyOf, create, head) };
}

function rowHead(...children: readonly (Node | string)[]): HTMLElement {
  const head = el('th', 'figure-name', ...children);
  head.scope = 'row';
  return head;
}

/** How the lane time of the stretch was spent, and below it, thinner, that of the whole session. */
function shareBars(): {
  readonly element: HTMLElement;
  readonly update: (shares: StateShares, whole: StateShares | null) => void;
} {
  const bar = (className: string): { element: HTMLElement; parts: readonly HTMLElement[] } => {
    const parts = knownStates.map((state) => el('span', `part ${state}`));
    return { element: el('div', className, ...parts), parts };
  };
  const now = bar('bar');
  const whole = bar('bar whole');
  const element = el('div', 'share-bars', now.element, whole.element);
  element.setAttribute('role', 'img');
  const fill = (parts: readonly HTMLElement[], shares: StateShares): void => {
    for (const [i, state] of knownStates.entries()) {
      const part = parts[i];
      if (part !== undefined) part.style.width = `${shares[state] * 100}%`;
    }
  };
  return {
    element,
    update(shares, all) {
      fill(now.parts, shares);
      whole.element.hidden = all === null;
      if (all !== null) fill(whole.parts, all);
      setAttribute(element, 'aria-label', sharesSentence(shares, all));
    },
  };
}

/** `busy 36%, blocked 60%; whole session: busy 43%, …` without what is nothing. */
function sharesSentence(shares: StateShares, whole: StateShares | null): string {
  const said = (of: StateShares): string =>
    knownStates
      .filter((state) => of[state] > 0)
      .map((state) => `${state} ${formatPercent(of[state])}`)
      .join(', ');
  return whole === null ? said(shares) : `${said(shares)}; whole session: ${said(whole)}`;
}

/** The shares for a tooltip. */
export function shareLines({ name, shares, wholeShares }: StageFigures): readonly Line[] {
  const lines = knownStates.map((state): Line => {
    const whole = wholeShares === null ? '' : ` (${formatPercent(wholeShares[state])})`;
    return [state, formatPercent(shares[state]) + whole];
  });
  return [name, ...lines, ...(wholeShares === null ? [] : ['in brackets: the whole session'])];
}

/** What the tables ask of the card. */
export interface FigureActions {
  /** The durations of this stage are wanted. */
  readonly choose: (row: number) => void;
  readonly explain: (lines: readonly Line[] | null, at: HTMLElement) => void;
}

function pipelineBody(): View<PipelineFigures> {
  const name = el('span', 'row-name');
  const cells = figureCells(4);
  const head = rowHead(name, el('span', 'figure-note dim', 'end to end'));
  return {
    element: el('tbody', 'pipeline', el('tr', '', head, ...cells.elements)),
    update(pipeline) {
      setText(name, pipeline.name);
      setAttribute(name, 'title', pipeline.name);
      cells.update([pipeline.rate, pipeline.p50, pipeline.p95, pipeline.p99]);
    },
  };
}

function stageBody(first: StageFigures, actions: FigureActions): View<StageFigures> {
  let figures = first;
  const name = el('button', 'row-name link');
  name.type = 'button';
  name.addEventListener('click', () => {
    actions.choose(figures.row);
  });
  const count = el('span', 'dim');
  const errors = el('span', 'bad');
  const cells = figureCells(4);
  const bars = shareBars();
  bars.element.addEventListener('pointerenter', () => {
    actions.explain(shareLines(figures), bars.element);
  });
  bars.element.addEventListener('pointerleave', () => {
    actions.explain(null, bars.element);
  });
  const barCell = el('td', 'bar-cell', bars.element);
  barCell.colSpan = 5;
  const head = rowHead(name, el('span', 'figure-note', count, errors));
  const element = el(
    'tbody',
    'stage',
    el('tr', '', head, ...cells.elements),
    el('tr', '', barCell),
  );
  return {
    element,
    update(stage) {
      figures = stage;
      setAttribute(element, 'data-kind', stage.kind);
      setAttribute(element, 'data-figures', stage.name);
      setText(name, stage.name);
      setAttribute(name, 'title', `${stage.name}: show its durations`);
      setText(count, formatCount(stage.executions));
      setAttribute(count, 'title', countTitle(stage));
      setText(errors, stage.errors === 0 ? '' : ` ${formatCount(stage.errors)} failed`);
      cells.update([stage.rate, stage.p50, stage.p95, stage.p99]);
      bars.update(stage.shares, stage.wholeShares);
    },
  };
}

function countTitle({ executions, items }: StageFigures): string {
  const text = `${formatCount(executions)} executions ended in the range`;
  return items === executions ? text : `${text}, of ${formatCount(items)} items`;
}

function queueBody(): View<QueueFigures> {
  const name = el('span', 'row-name');
  const known = el('span', 'figure-note dim');
  const cells = figureCells(4);
  return {
    element: el('tbody', 'queue', el('tr', '', rowHead(name, known), ...cells.elements)),
    update(queue) {
      setText(name, queue.name);
      setAttribute(name, 'title', queue.name);
      setText(known, queue.known === null ? '' : `${queue.known} known`);
      cells.update([queue.mean, queue.max, queue.full, queue.empty]);
    },
  };
}

type Body = PipelineFigures | StageFigures;

/** A body of either kind; keys keep the kinds apart. */
function bodyOf(first: Body, actions: FigureActions): View<Body> {
  if ('row' in first) {
    const stage = stageBody(first, actions);
    return {
      element: stage.element,
      update(body) {
        if ('row' in body) stage.update(body);
      },
    };
  }
  const pipeline = pipelineBody();
  return {
    element: pipeline.element,
    update(body) {
      if (!('row' in body)) pipeline.update(body);
    },
  };
}

/** Pipelines and stages in one table: what items saw from end to end, then where it was spent. */
export function stageTable(
  actions: FigureActions,
): View<Pick<RangeFigures, 'pipelines' | 'stages'>> {
  const { element, fill } = table<Body>({
    caption: 'Pipelines and stages in the range',
    titles: ['executions', 'rate', 'p50', 'p95', 'p99'],
    keyOf: (body) => ('row' in body ? `stage ${body.row}` : `pipeline ${body.name}`),
    create: (first) => bodyOf(first, actions),
  });
  return {
    element,
    update({ pipelines, stages }) {
      fill(
        pipelines.flatMap((p): readonly Body[] => [
          p,
          ...stages.filter((s) => s.pipeline === p.name),
        ]),
      );
    },
  };
}

/** How deep the queues were. */
export function queueTable(): View<readonly QueueFigures[]> {
  const { element, fill } = table<QueueFigures>({
    caption: 'Queues in the range',
    titles: ['depth of', 'mean', 'max', 'full', 'empty'],
    keyOf: (queue) => String(queue.row),
    create: queueBody,
  });
  return {
    element,
    update(queues) {
      fill(queues);
    },
  };
}
