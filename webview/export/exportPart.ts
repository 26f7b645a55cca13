/** The Export menu: what is on screen as a picture, and the data of what is marked or shown. */
import { exportFault, exportedRange } from './exportTexts.js';
import { pngImage, svgImage, textMeasure, type ImageFormat } from './exportImage.js';
import { flameDrawing, timelineDrawing, type Drawing } from './exportPicture.js';
import type { FlameView } from '../flame/flameView.js';
import type { PanelHandle } from '../handle.js';
import { createMenu } from '../menu.js';
import { OVERVIEW_PX, wholeTexts } from '../timeline/overview.js';
import type { Picture } from '../timeline/picture.js';
import type { PanelState } from '../state.js';
import type { Theme } from '../theme.js';
import { RULER_PX, type TimelineView } from '../timeline/timelineView.js';

/** What pictures are made of. */
export interface ExportSources {
  readonly timeline: TimelineView;
  readonly flame: FlameView;
  readonly picture: () => Picture | null;
}

export interface ExportPart {
  readonly element: HTMLElement;
  update(state: PanelState): void;
  paint(theme: Theme): void;
}

function timelineOf(
  { timeline, picture }: ExportSources,
  state: PanelState,
  theme: Theme,
): Drawing | null {
  const size = timeline.size();
  if (size.widthPx === 0 || size.heightPx === 0) return null;
  const { heading, rate, latency } = wholeTexts(state);
  return timelineDrawing({
    state,
    theme,
    picture: picture(),
    headerPx: timeline.plot.offsetLeft,
    ...size,
    overviewPx: OVERVIEW_PX,
    rulerPx: RULER_PX,
    dpr: devicePixelRatio,
    overviewLines: [heading, rate, latency],
    measure: textMeasure(),
  });
}

function flameOf({ flame }: ExportSources, state: PanelState): Drawing | null {
  const shown = flame.shown();
  return shown === null ? null : flameDrawing(state, shown.frame, shown.about);
}

/** Makes the menu. */
export function createExportPart(handle: PanelHandle, sources: ExportSources): ExportPart {
  let theme: Theme | null = null;
  const drawingOf = (state: PanelState): Drawing | null => {
    if (theme === null || exportFault(state) !== null) return null;
    return state.view === 'flame' ? flameOf(sources, state) : timelineOf(sources, state, theme);
  };
  const save = (format: ImageFormat): void => {
    const state = handle.state();
    const drawing = drawingOf(state);
    if (drawing === null) {
      handle.notice('info', exportFault(state) ?? 'There is no picture to save yet.');
      return;
    }
    const image =
      format === 'png' ? pngImage(drawing, devicePixelRatio) : svgImage(drawing, textMeasure());
    if (image.kind === 'fault') handle.notice('error', image.text);
    else handle.post({ kind: 'saveImage', format: image.format, data: image.data });
  };
  const menu = createMenu('Export', 'save the picture or the data', [
    {
      label: 'Save as PNG…',
      title: 'what is on screen, as pixels',
      chosen: () => {
        save('png');
      },
    },
    {
      label: 'Save as SVG…',
      title: 'what is on screen, to be scaled and edited',
      chosen: () => {
        save('svg');
      },
    },
    {
      label: 'Export data…',
      title: 'the records of what is marked, else of what is shown, for other tools',
      chosen: () => {
        handle.post({ kind: 'exportRange', ...exportedRange(handle.state()) });
      },
    },
  ]);
  return {
    element: menu.element,
    update(state) {
      menu.element.hidden = state.snapshot?.emptyText !== null;
      const fault = exportFault(state);
      menu.setFault(0, fault);
      menu.setFault(1, fault);
    },
    paint(next) {
      theme = next;
    },
  };
}
