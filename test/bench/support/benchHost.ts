/**
 * Stands in for VS Code on the bench page: passes messages between the panel and the engine in a worker, and measures what
 * frames cost while it moves the picture as a hand would.
 */
import type { FromWebview, ToWebview } from '../../../extension/core/panel/messages.js';

const engine = new Worker('/worker.js');
const longTasks: number[] = [];
let isRead = false;
/** Since the page was asked for: the first picture on screen, and the first of all that is in the file. */
const shown = { firstMs: NaN, wholeMs: NaN };

function afterPaint(then: () => void): void {
  requestAnimationFrame(() => {
    requestAnimationFrame(then);
  });
}

engine.addEventListener('message', ({ data }: MessageEvent<ToWebview>) => {
  if (data.kind === 'snapshot') isRead = data.snapshot.state === 'capture';
  if (data.kind === 'view' && data.reply.sections.length > 0) {
    const isWhole = isRead;
    afterPaint(() => {
      if (Number.isNaN(shown.firstMs)) shown.firstMs = performance.now();
      if (isWhole && Number.isNaN(shown.wholeMs)) shown.wholeMs = performance.now();
    });
  }
  postMessage(data, '*');
});

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) longTasks.push(entry.duration);
}).observe({ type: 'longtask' });

/** What frames took while something moved. */
export interface FrameTimes {
  /** From the input that moves the picture until the browser has painted: what the page's thread is busy. */
  readonly busyMs: readonly number[];
  /** From frame to frame. */
  readonly periodMs: readonly number[];
  /** Tasks of more than 50 ms. */
  readonly longMs: readonly number[];
  /** Pictures that came meanwhile. */
  readonly pictures: number;
}

export type Move = 'pan' | 'zoom in' | 'zoom out';

function wheel(move: Move, frame: number): WheelEvent {
  const plot = document.querySelector('canvas#timeline')?.getBoundingClientRect();
  const clientX = (plot?.left ?? 0) + (plot?.width ?? 0) * 0.4;
  const clientY = (plot?.top ?? 0) + 20;
  const base = { bubbles: true, cancelable: true, clientX, clientY };
  // There and back, so that a long time of panning stays within the session.
  if (move === 'pan') {
    return new WheelEvent('wheel', { ...base, deltaX: frame % 240 < 120 ? 24 : -24 });
  }
  return new WheelEvent('wheel', { ...base, ctrlKey: true, deltaY: move === 'zoom in' ? -40 : 40 });
}

/** Moves the picture with each frame. */
function frames(move: Move, count: number): Promise<FrameTimes> {
  const canvas = document.querySelector('canvas#timeline');
  const painted = new MessageChannel();
  const busyMs: number[] = [];
  const periodMs: number[] = [];
  let pictures = 0;
  const onMessage = ({ data }: MessageEvent<ToWebview>): void => {
    if (data.kind === 'view') pictures++;
  };
  engine.addEventListener('message', onMessage);
  const longBefore = longTasks.length;
  return new Promise((resolve) => {
    let frame = 0;
    let lastNs = NaN;
    // Behind the frame that it was posted in: the page has been laid out and painted by then.
    painted.port2.onmessage = ({ data }: MessageEvent<number>) => {
      busyMs.push(performance.now() - data);
    };
    const tick = (atMs: number): void => {
      if (frame > 1) periodMs.push(atMs - lastNs);
      lastNs = atMs;
      if (frame++ === count) {
        engine.removeEventListener('message', onMessage);
        resolve({ busyMs, periodMs, longMs: longTasks.slice(longBefore), pictures });
        return;
      }
      // Before the input, so that it runs before the panel's own drawing in the next frame.
      requestAnimationFrame(tick);
      const startMs = performance.now();
      canvas?.dispatchEvent(wheel(move, frame));
      painted.port1.postMessage(startMs);
    };
    requestAnimationFrame(tick);
  });
}

// As with the viewer it is compared with, what to open stands in the page's address.
engine.postMessage({ open: location.hash.slice(1) });

const bench = {
  shown: (): typeof shown => shown,
  frames,
};

declare global {
  interface Window {
    bench: typeof bench;
  }
}

Object.assign(window, {
  bench,
  acquireVsCodeApi: () => ({
    postMessage: (message: FromWebview) => {
      engine.postMessage(message);
    },
    getState: () => null,
    setState: () => undefined,
  }),
});
