/** The legend of the pipeline graph: the states of the bars, the shares of a queue, the kinds of links. */
import { el } from '../dom.js';
import { knownStates } from '../texts.js';

const SVG = 'http://www.w3.org/2000/svg';
const LINE = { width: 34, height: 10 } as const;

function lineSample(kind: string, isBack = false): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'graph-lines sample');
  svg.setAttribute('width', String(LINE.width));
  svg.setAttribute('height', String(LINE.height));
  svg.setAttribute('aria-hidden', 'true');
  const path = (className: string, d: string): SVGPathElement => {
    const element = document.createElementNS(SVG, 'path');
    element.setAttribute('class', `${className} ${kind}${isBack ? ' back' : ''}`);
    element.setAttribute('d', d);
    return element;
  };
  const tip = isBack ? 'M0,5L7,2L7,8Z' : 'M34,5L27,2L27,8Z';
  const line = path('edge', isBack ? 'M34,5L6,5' : 'M0,5L28,5');
  line.setAttribute('stroke-width', '2');
  svg.append(line, path('arrow', tip));
  return svg;
}

const entry = (sample: Element, label: string): HTMLElement =>
  el('span', 'legend-entry', sample, label);

function tankSample(): HTMLElement {
  const full = el('span', 'tank-full');
  const part = el('span', 'tank-part');
  full.style.height = '40%';
  part.style.height = '30%';
  return el('span', 'tank', full, part);
}

/** Makes the legend. */
export function createGraphLegend(): HTMLElement {
  const states = knownStates.map((state) => {
    const part = el('span', `part ${state}`);
    part.style.width = '100%';
    return entry(el('span', 'bar sample', part), state);
  });
  const element = el(
    'div',
    'legend',
    ...states,
    entry(tankSample(), 'queue: full, between, empty, by time'),
    entry(lineSample('declared'), 'declared'),
    entry(lineSample('learned'), 'seen or learned'),
    entry(lineSample('order'), 'guessed from the order'),
    entry(lineSample('inside'), 'runs inside'),
    entry(lineSample('declared', true), 'leads back'),
    el('span', 'legend-keys dim', 'arrows follow links · Enter to the timeline · + − F zoom'),
  );
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', 'Legend of the graph');
  return element;
}
