/**
 * The panel in a browser, the engine in a worker beside it: what frames cost while ten million executions are panned and zoomed
 * through; and opening, beside speedscope with the same executions.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { workerEngine } from '../../extension/engine/engineClient.js';
import { browserPath, bundle, startBrowser, themeCss } from '../webview/harness/openPanel.js';
import type { BenchRow } from './bench.js';
import type { FrameTimes, Move } from './support/benchHost.js';
import { serve, type Served } from './support/benchServer.js';
import { temporaryFolder, writeChromeJson, writeFxt } from './support/madeFiles.js';
import { quantile } from './support/quantile.js';

const MANY = 10_000_000;
const FRAMES = 300;
const PATIENCE_MS = 300_000;
/** Sizes in executions that both can take. */
const COMPARED = [200_000, 1_000_000] as const;
const root = fileURLToPath(new URL('../..', import.meta.url));

const page = (kind: string): string => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>bench</title><style>${themeCss('dark')}</style><link rel="stylesheet" href="/panel.css"></head>
<body class="vscode-dark" data-vscode-theme-kind="${kind}"><div id="root"></div>
<script src="/host.js"></script><script src="/panel.js"></script></body></html>`;

async function texts(): Promise<Served['texts']> {
  return {
    '/': page('vscode-dark'),
    '/blank': '<!doctype html><title>blank</title>',
    '/panel.css': await bundle('webview/panel.css'),
    '/panel.js': await bundle('webview/main.ts'),
    '/host.js': await bundle('test/bench/support/benchHost.ts'),
    '/worker.js': await bundle('test/bench/support/benchWorker.ts'),
  };
}

/** Bytes that a page and its workers take, after a collection. */
function memoryOf(onPage: Page): Promise<number> {
  return onPage.evaluate(async () => {
    const measure: unknown = Reflect.get(performance, 'measureUserAgentSpecificMemory');
    if (typeof measure !== 'function') return NaN;
    const told = (await Reflect.apply(measure, performance, [])) as { readonly bytes: number };
    return told.bytes;
  });
}

interface Opening {
  readonly wholeMs: number;
  readonly firstMs: number;
  readonly bytes: number;
}

async function newPage(browser: Browser): Promise<Page> {
  const made = await browser.newPage({ viewport: { width: 1440, height: 860 } });
  made.setDefaultTimeout(PATIENCE_MS);
  return made;
}

/** Opens a capture with the panel; the page stays. */
async function openPanel(browser: Browser, origin: string, file: string): Promise<[Page, Opening]> {
  const onPage = await newPage(browser);
  await onPage.goto(`${origin}/#/data/${file}`);
  await onPage.waitForFunction(() => !Number.isNaN(window.bench.shown().wholeMs), null, {
    polling: 50,
  });
  const shown = await onPage.evaluate(() => window.bench.shown());
  return [onPage, { ...shown, bytes: await memoryOf(onPage) }];
}

/** Opens the same as Chrome JSON with speedscope. Its bar of views stands on the page once there is something to view. */
async function openSpeedscope(browser: Browser, origin: string, file: string): Promise<Opening> {
  const onPage = await newPage(browser);
  const url = encodeURIComponent(`${origin}/data/${file}`);
  await onPage.goto(`${origin}/speedscope/index.html#profileURL=${url}`);
  await onPage.waitForFunction(
    () => document.body.innerText.includes('Time Order') && document.querySelector('canvas'),
    null,
    { polling: 50 },
  );
  const wholeMs = await onPage.evaluate(
    () =>
      new Promise<number>((resolve) => {
        requestAnimationFrame(() => {
          requestAnimationFrame(() => {
            resolve(performance.now());
          });
        });
      }),
  );
  const bytes = await memoryOf(onPage);
  await onPage.close();
  return { wholeMs, firstMs: wholeMs, bytes };
}

/** What a frame may take at 60 a second. */
const FRAME_MS = 16.7;

function frameRows(
  name: string,
  all: readonly FrameTimes[],
  promise: Pick<BenchRow, 'max'>,
): BenchRow[] {
  const busy = all.flatMap((t) => t.busyMs);
  const period = all.flatMap((t) => t.periodMs);
  const long = all.flatMap((t) => t.longMs);
  const pictures = all.reduce((sum, t) => sum + t.pictures, 0);
  const at = (values: readonly number[], share: number): number => quantile(values, share);
  const periods = [0.5, 0.95, 0.99].map((share) => at(period, share).toFixed(1)).join(', ');
  return [
    { name: `${name}: frame time p50`, value: at(busy, 0.5), unit: 'ms' },
    {
      name: `${name}: frame time p95`,
      value: at(busy, 0.95),
      unit: 'ms',
      ...promise,
      note: `${busy.length} frames, input to paint; from frame to frame p50, p95, p99: ${periods} ms; ${pictures} new pictures`,
    },
    { name: `${name}: frame time p99`, value: at(busy, 0.99), unit: 'ms' },
    {
      name: `${name}: tasks of more than 50 ms`,
      value: long.length,
      unit: '',
      note: long.length === 0 ? '' : `longest ${Math.max(...long).toFixed(0)} ms`,
    },
  ];
}

const move = (onPage: Page, kind: Move, count: number): Promise<FrameTimes> =>
  onPage.evaluate(([k, n]) => window.bench.frames(k, n), [kind, count] as const);

/** Pans at several depths of zoom, and zooms all the way in and out again. */
async function framesOf(onPage: Page): Promise<BenchRow[]> {
  // What is compiled once is not what is measured.
  await move(onPage, 'zoom in', 20);
  await move(onPage, 'pan', 60);
  await move(onPage, 'zoom out', 20);
  const pans: FrameTimes[] = [];
  const zooms: FrameTimes[] = [];
  for (let depth = 0; depth < 4; depth++) {
    pans.push(await move(onPage, 'pan', FRAMES));
    zooms.push(await move(onPage, 'zoom in', 60));
  }
  zooms.push(await move(onPage, 'zoom out', 240));
  return [
    ...frameRows('panning through 10 M executions', pans, { max: FRAME_MS }),
    // Each step of zoom brings a new picture, which is painted within a frame.
    ...frameRows('zooming through 10 M executions', zooms, {}),
  ];
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** Seconds to import the JSON as well, in the engine. */
async function importMs(file: string, pagesFolder: string): Promise<number> {
  const engine = workerEngine(path.join(root, 'dist/engine.cjs'), { pagesFolder });
  try {
    const start = performance.now();
    const { session } = await engine.call('openCapture', { path: file });
    await engine.call('snapshot', { session });
    return performance.now() - start;
  } finally {
    await engine.dispose();
  }
}

async function compare(
  browser: Browser,
  origin: string,
  folder: string,
  executions: number,
): Promise<BenchRow[]> {
  const [fxt, json] = [`${executions}.fxt`, `${executions}.json`];
  writeFxt(path.join(folder, fxt), executions);
  writeChromeJson(path.join(folder, json), executions);
  const [onPage, own] = await openPanel(browser, origin, fxt);
  await onPage.close();
  const other = await openSpeedscope(browser, origin, json);
  const imported = await importMs(path.join(folder, json), folder);
  const blank = await newPage(browser);
  await blank.goto(`${origin}/blank`);
  const blankBytes = await memoryOf(blank);
  await blank.close();
  const what = `${executions / 1e6} M executions`;
  const isPromised = executions === 1_000_000;
  return [
    {
      name: `speedscope opening ${what}, per Sluice: time to the picture`,
      value: other.wholeMs / own.wholeMs,
      unit: 'x',
      ...(isPromised ? { min: 20 } : {}),
      note: `${seconds(other.wholeMs)} as Chrome JSON; Sluice ${seconds(own.wholeMs)} as its capture (first picture, of what had been read: ${seconds(own.firstMs)}); that JSON imported by Sluice: ${seconds(imported)}`,
    },
    {
      name: `speedscope opening ${what}, per Sluice: memory`,
      value: (other.bytes - blankBytes) / (own.bytes - blankBytes),
      unit: 'x',
      ...(isPromised ? { min: 5 } : {}),
      note: `${megabytes(other.bytes)} and ${megabytes(own.bytes)}: page and workers, after a collection, less an empty page`,
    },
  ];
}

/** Measures in a browser; without one there is nothing to measure. */
export async function bench(): Promise<BenchRow[]> {
  const executable = browserPath();
  if (executable === null) throw new Error('no Chromium here: set CHROMIUM to its path');
  const folder = temporaryFolder();
  const speedscope = path.join(root, 'node_modules/speedscope/dist/release');
  const folders = { data: folder.path, speedscope };
  const { server, origin } = await serve({ texts: await texts(), folders });
  const browser = await startBrowser(executable, [
    '--enable-blink-features=ForceEagerMeasureMemory',
  ]);
  try {
    const rows: BenchRow[] = [];
    for (const executions of COMPARED) {
      rows.push(...(await compare(browser, origin, folder.path, executions)));
    }
    writeFxt(path.join(folder.path, 'many.fxt'), MANY);
    const [onPage, { bytes }] = await openPanel(browser, origin, 'many.fxt');
    rows.push(...(await framesOf(onPage)), {
      name: 'memory of the page with 10 M executions, per execution',
      value: bytes / MANY,
      unit: 'bytes',
      note: 'panel and engine',
    });
    return rows;
  } finally {
    await browser.close();
    server.close();
    folder.remove();
  }
}
