/** Takes the screenshots without asserting anything: `node --import tsx test/webview/harness/shoot.ts [theme …]`. */
import { browserPath, buildBundles, keepScreenshot, openPanel, startBrowser } from './openPanel.js';
import { themes } from './themes.js';

const executable = browserPath();
if (executable === null) throw new Error('no Chromium found: set CHROMIUM to its path');
const wanted = process.argv.slice(2);
const browser = await startBrowser(executable);
const bundles = await buildBundles();
for (const name of ['dark', 'light', 'hc', 'hc-light'] as const) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { page, problems } = await openPanel(browser, bundles, name);
  await page.evaluate('harness.show("live", 13500)');
  await page.waitForSelector('#root[data-state="live"]');
  await page.waitForTimeout(1500);
  await keepScreenshot(page, `panel-${name}`);
  console.log(name, themes[name].kind, problems);
  await page.close();
}
await browser.close();
