/** Opens the bundled panel in headless Chromium, on a page like the one that VS Code makes: CSP, theme variables, root. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import { themes } from './themes.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const ORIGIN = 'http://panel.test';
const NONCE = 'harness';

/** Where the browser is; null when the machine has none. `CHROMIUM` names another one. */
export function browserPath(): string | null {
  const candidates = [
    process.env['CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  return candidates.find((c) => c !== undefined && existsSync(c)) ?? null;
}

/** Starts the browser. */
export function startBrowser(
  executablePath: string,
  args: readonly string[] = [],
): Promise<Browser> {
  const own = ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb', '--hide-scrollbars'];
  return chromium.launch({ executablePath, args: [...own, ...args] });
}

/** Bundles a source file for the browser. */
export async function bundle(entry: string): Promise<string> {
  const built = await esbuild.build({
    entryPoints: [path.join(root, entry)],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'chrome120',
    logLevel: 'silent',
    absWorkingDir: root,
  });
  return built.outputFiles[0]?.text ?? '';
}

/** The three files of the page, built from the sources. */
export interface Bundles {
  readonly panel: string;
  readonly css: string;
  readonly host: string;
}

export async function buildBundles(): Promise<Bundles> {
  const [panel, css, host] = await Promise.all([
    bundle('webview/main.ts'),
    bundle('webview/panel.css'),
    bundle('test/webview/harness/fakeHost.ts'),
  ]);
  return { panel, css, host };
}

/** The variables that a theme sets, as a stylesheet. */
export function themeCss(theme: keyof typeof themes): string {
  const style = Object.entries(themes[theme].variables)
    .map(([name, value]) => `--vscode-${name}: ${value};`)
    .join(' ');
  return `html { ${style} --vscode-font-family: sans-serif; }`;
}

function html(theme: keyof typeof themes): string {
  const { bodyClass, kind } = themes[theme];
  const csp = `default-src 'none'; style-src ${ORIGIN} 'nonce-${NONCE}'; script-src 'nonce-${NONCE}'`;
  // The variables come in a stylesheet of their own here; VS Code sets them on the html element before the page starts.
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sluice</title><meta property="csp-nonce" content="${NONCE}"><meta http-equiv="Content-Security-Policy" content="${csp}">
<link rel="stylesheet" href="/theme.css?${encodeURIComponent(themeCss(theme))}">
<link rel="stylesheet" href="/panel.css"></head>
<body class="${bodyClass}" data-vscode-theme-kind="${kind}"><div id="root"></div>
<script nonce="${NONCE}" src="/host.js"></script><script nonce="${NONCE}" src="/panel.js"></script></body></html>`;
}

/** A page with the panel on it, and what went wrong there: page errors, console errors, CSP violations. */
export interface PanelPage {
  readonly page: Page;
  readonly problems: readonly string[];
}

export async function openPanel(
  browser: Browser,
  bundles: Bundles,
  theme: keyof typeof themes = 'dark',
): Promise<PanelPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 860 } });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    const files: Record<string, [string, string]> = {
      '/': ['text/html', html(theme)],
      '/theme.css': ['text/css', decodeURIComponent(url.search.slice(1))],
      '/panel.css': ['text/css', bundles.css],
      '/host.js': ['text/javascript', bundles.host],
      '/panel.js': ['text/javascript', bundles.panel],
    };
    const [contentType, body] = files[url.pathname] ?? ['text/plain', ''];
    await route.fulfill({
      status: files[url.pathname] === undefined ? 404 : 200,
      contentType,
      body,
    });
  });
  await page.goto(`${ORIGIN}/`);
  return { page, problems };
}

/** Keeps a screenshot among the test artefacts. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = path.join(root, 'test-artifacts');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}
