/** The legend under the rows, with the switch between the scales of the heatmaps' colours. */
import { button } from './controls.js';
import { el, fitCanvas, setText } from './dom.js';
import type { HeatScale } from './draw/drawHeatmap.js';
import { legendSamples, SAMPLE_PX } from './draw/legendSamples.js';
import type { PanelState } from './state.js';
import type { Theme } from './theme.js';

export interface Legend {
  readonly element: HTMLElement;
  /** Call with each new theme. */
  readonly paint: (theme: Theme) => void;
  readonly update: (state: PanelState) => void;
}

/** What a press of the switch does, and what the colours say until then. */
const scaleTitles: Readonly<Record<HeatScale, string>> = {
  linear:
    'colours show the share of time itself; press to give each cell its rank among all cells of its queue, so that rare ' +
    'depths and small differences stand out',
  ranked:
    'each cell has its rank among all cells of its queue, so that rare depths stand out; press to show the share of time itself',
};

/** Makes the legend. `scaled` is called with the scale that the user chose. */
export function createLegend(scaled: (scale: HeatScale) => void): Legend {
  let scale: HeatScale = 'linear';
  let painted: Theme | null = null;
  const entries = legendSamples(scale).map(({ id, before, after }) => {
    const [canvas, left, right] = [el('canvas'), el('span', '', before), el('span', '', after)];
    const element = el('span', 'legend-entry', left, canvas, right);
    if (before === '') left.remove();
    element.dataset['sample'] = id;
    return { id, element, canvas, left, right };
  });
  const ranked = button('Ranked', 'secondary', () => {
    scaled(scale === 'ranked' ? 'linear' : 'ranked');
  });
  ranked.element.classList.add('legend-scale');
  entries.find((entry) => entry.id === 'heat')?.element.append(ranked.element);
  const element = el(
    'footer',
    'legend',
    ...entries.map((entry) => entry.element),
    el(
      'span',
      'legend-keys dim',
      'W S zoom · A D pan · F fit · L live · M mark · I follow · / search',
    ),
  );
  element.setAttribute('aria-label', 'Legend');

  const show = (): void => {
    ranked.setPressed(scale === 'ranked');
    ranked.setLabel('Ranked', scaleTitles[scale]);
    for (const [i, sample] of legendSamples(scale).entries()) {
      const entry = entries[i];
      if (entry === undefined) continue;
      setText(entry.left, sample.before);
      setText(entry.right, sample.after);
      const ctx = painted === null ? null : fitCanvas(entry.canvas, sample.widthPx, SAMPLE_PX);
      if (ctx === null || painted === null) continue;
      sample.draw(ctx, { theme: painted, dpr: devicePixelRatio, heatScale: scale });
    }
  };
  show();
  return {
    element,
    paint(theme) {
      painted = theme;
      show();
    },
    update({ heatScale }) {
      if (heatScale === scale) return;
      scale = heatScale;
      show();
    },
  };
}
