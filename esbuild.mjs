// Bundles. One entry a row; everything a user needs is inside, so installing Sluice installs nothing else.

import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { noticesText } from './scripts/tasks/notices.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));

const node = { platform: 'node', format: 'cjs', target: 'node20' };
const nodeModule = { platform: 'node', format: 'esm', target: 'node20' };
const browser = { platform: 'browser', format: 'iife', target: 'chrome120' };

/**
 * import-in-the-middle keeps what it has hooked in one module, which its generated wrappers import from beside the loader.
 * The preload must use that same instance, so it is a bundle of its own and stays outside of this one.
 */
const sharedRegistry = {
  name: 'shared-registry',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/lib\/register$/ }, ({ importer }) =>
      importer.includes('import-in-the-middle')
        ? { path: './iitm/registry.cjs', external: true }
        : undefined,
    );
  },
};

/** What is seldom needed is a bundle of its own, loaded when it is: `import('./mcp/main.js')` becomes that of a file in dist. */
const apart = (filter, bundle) => ({
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: bundle, external: true } : undefined,
    );
  },
});

/** Entry points by artefact. Paths of the outputs are known to the code that loads them at run time. */
export const bundles = [
  { in: 'agent/src/index.ts', out: 'dist/agent/index.cjs', options: node },
  {
    in: 'agent/adapters/face.mjs',
    out: 'dist/agent/index.mjs',
    options: { ...nodeModule, external: ['./index.cjs'] },
  },
  { in: 'agent/adapters/register.ts', out: 'dist/agent/register.cjs', options: node },
  {
    in: 'agent/adapters/start.ts',
    out: 'dist/agent/start.cjs',
    options: { ...node, plugins: [sharedRegistry] },
  },
  { in: 'agent/adapters/hooks/iitm/hook.ts', out: 'dist/agent/iitm/hook.mjs', options: nodeModule },
  {
    in: 'agent/adapters/hooks/iitm/sync.ts',
    out: 'dist/agent/iitm/sync.cjs',
    // Its parsers want a file URL of theirs for `createRequire`.
    options: {
      ...node,
      define: { 'import.meta.url': 'bundleUrl' },
      banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
    },
  },
  {
    in: 'agent/adapters/hooks/iitm/registry.ts',
    out: 'dist/agent/iitm/registry.cjs',
    options: node,
  },
  {
    in: 'agent/adapters/hooks/iitm/register.mjs',
    out: 'dist/agent/iitm/lib/register.js',
    options: { ...nodeModule, external: ['../registry.cjs'] },
  },
  { in: 'agent/src/drain/main.ts', out: 'dist/agent/drain.cjs', options: node },
  { in: 'extension/engine/worker.ts', out: 'dist/engine.cjs', options: node },
  // Loaded when somebody first asks where a knob stands in the source; nothing else holds a parser.
  { in: 'extension/source/index.ts', out: 'dist/source.cjs', options: node },
  {
    in: 'extension/host/extension.ts',
    out: 'dist/extension.cjs',
    options: {
      ...node,
      external: ['vscode'],
      plugins: [
        apart(/^\.\/editorTools\.js$/, './assistants.cjs'),
        apart(/\/engine\/attach\.js$/, './attach.cjs'),
      ],
    },
  },
  { in: 'extension/host/assistants/editorTools.ts', out: 'dist/assistants.cjs', options: node },
  { in: 'extension/engine/attach.ts', out: 'dist/attach.cjs', options: node },
  {
    in: 'extension/cli/main.ts',
    out: 'dist/cli.cjs',
    options: {
      ...node,
      banner: { js: '#!/usr/bin/env node' },
      plugins: [apart(/^\.\/mcp\/main\.js$/, './mcp.cjs')],
    },
  },
  { in: 'extension/cli/mcp/main.ts', out: 'dist/mcp.cjs', options: node },
  { in: 'webview/main.ts', out: 'dist/webview/panel.js', options: browser },
  { in: 'webview/panel.css', out: 'dist/webview/panel.css', options: browser },
];

/** What `dist/source.cjs` parses with, beside it in `dist/grammars`. */
const grammars = ['', '-javascript', '-typescript', '-tsx', '-python'].map(
  (language) => `tree-sitter${language}.wasm`,
);

async function copyGrammars() {
  const from = path.dirname(createRequire(import.meta.url).resolve('@vscode/tree-sitter-wasm'));
  const to = path.join(root, 'dist/grammars');
  await mkdir(to, { recursive: true });
  await Promise.all(grammars.map((file) => copyFile(path.join(from, file), path.join(to, file))));
}

/** The Python agent needs no build: it is copied as it is, without what Python itself has made beside it. */
export async function copyPythonAgent(to = path.join(root, 'dist/agent/python')) {
  const isSource = (file) => !/__pycache__|\.md$|\.toml$|\.egg-info/.test(path.basename(file));
  await rm(to, { recursive: true, force: true });
  await cp(path.join(root, 'agent/python'), to, { recursive: true, filter: isSource });
}

function optionsOf(bundle, { minify, write = true }) {
  return {
    entryPoints: [path.join(root, bundle.in)],
    outfile: path.join(root, bundle.out),
    bundle: true,
    sourcemap: 'linked',
    sourcesContent: false,
    minify,
    write,
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: root,
    ...bundle.options,
  };
}

/** Builds everything; returns esbuild's metafile of each bundle, by output path. */
export async function build({ minify = true, write = true } = {}) {
  if (write) await Promise.all([copyGrammars(), copyPythonAgent()]);
  const results = await Promise.all(
    bundles.map(async (b) => [
      b.out,
      (await esbuild.build(optionsOf(b, { minify, write }))).metafile,
    ]),
  );
  return Object.fromEntries(results);
}

/** Rebuilds on change until the process ends. */
export async function watch() {
  await Promise.all([copyGrammars(), copyPythonAgent()]);
  const contexts = await Promise.all(
    bundles.map((b) => esbuild.context(optionsOf(b, { minify: false }))),
  );
  await Promise.all(contexts.map((c) => c.watch()));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--watch')) await watch();
  else {
    const metafiles = await build();
    await writeFile(path.join(root, 'dist/NOTICES.txt'), noticesText(root, metafiles));
  }
}
