/**
 * The arrows between the layers, as the bundles show them. The compiler keeps a layer from importing what its tsconfig does
 * not reference; this test also catches what the compiler cannot: a bundle that drags in a layer it has no business with.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from '../../esbuild.mjs';
import { bundledPackages, noticeOf, noticesText } from '../../scripts/tasks/notices.mjs';

/** Every arrow that exists. A file may import from its own layer and from the layers on the right. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  'agent/wire': [],
  'agent/src': ['agent/wire'],
  'agent/adapters': ['agent/wire', 'agent/src'],
  'extension/core': ['agent/wire'],
  'extension/source': ['agent/wire', 'extension/core'],
  'extension/engine': ['agent/wire', 'extension/core'],
  'extension/host': ['agent/wire', 'extension/core', 'extension/engine'],
  'extension/cli': ['agent/wire', 'extension/core', 'extension/engine'],
  webview: ['extension/core', 'agent/wire'],
};

/** Packages that only one file may import: the seam through which they can be replaced. */
const seams: Readonly<Record<string, string>> = {
  '@vscode/webview-ui-toolkit': 'webview/controls.ts',
  '@vscode/tree-sitter-wasm': 'extension/source/syntax/parser.ts',
};

function layerOf(file: string): string | undefined {
  return Object.keys(arrows).find((layer) => file.startsWith(`${layer}/`));
}

interface Input {
  readonly imports: readonly { readonly path: string }[];
}

function check(file: string, input: Input): string[] {
  const layer = layerOf(file);
  if (layer === undefined) return [];
  return input.imports.flatMap(({ path: target }) => {
    const to = layerOf(target);
    if (to !== undefined && to !== layer && !arrows[layer]?.includes(to)) {
      return [`${file} imports ${target}: no arrow from ${layer} to ${to}`];
    }
    const seam = Object.entries(seams).find(([pkg]) => target.includes(`node_modules/${pkg}/`));
    if (seam !== undefined && seam[1] !== file)
      return [`${file} imports ${seam[0]}: only ${seam[1]} may`];
    return [];
  });
}

describe('layers', () => {
  let metafiles: Awaited<ReturnType<typeof build>> = {};
  before(async () => {
    metafiles = await build({ write: false });
  });

  it('import only along the arrows of ARCHITECTURE.md', () => {
    const inputs = Object.values(metafiles).flatMap((m) => Object.entries(m.inputs));
    assert.ok(inputs.some(([file]) => layerOf(file) === 'agent/wire'));
    assert.deepEqual(
      inputs.flatMap(([file, input]) => check(file, input)),
      [],
    );
  });

  it('load nothing at their start that only one command or a tool needs', () => {
    const has = (bundle: string, part: string): boolean =>
      Object.keys(metafiles[bundle]?.inputs ?? {}).some((file) => file.includes(part));
    const protocol = 'node_modules/@modelcontextprotocol/';
    assert.deepEqual([has('dist/mcp.cjs', protocol), has('dist/cli.cjs', protocol)], [true, false]);
    const answers = 'core/assistants/answer.ts';
    assert.deepEqual(
      [has('dist/assistants.cjs', answers), has('dist/extension.cjs', answers)],
      [true, false],
    );
  });

  it('hold no package whose licence is not told', () => {
    const packages = bundledPackages(metafiles);
    assert.ok(packages.includes('node_modules/zod') && packages.includes('node_modules/ws'));
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const notices = packages.map((folder) => noticeOf(root, folder));
    assert.deepEqual(
      notices.filter(({ licence, texts }) => licence === null && texts.length === 0),
      [],
    );
    const text = noticesText(root, metafiles);
    for (const { name, version } of notices) assert.ok(text.includes(`\n${name} ${version} (`));
  });

  it('leave the parser to the bundle that is loaded when it is needed', () => {
    const holders = Object.entries(metafiles).filter(([, { inputs }]) =>
      Object.keys(inputs).some((file) => file.includes('tree-sitter')),
    );
    assert.deepEqual(
      holders.map(([out]) => out),
      ['dist/source.cjs'],
    );
  });

  it('are told apart: a planted arrow is found', () => {
    const planted = { imports: [{ path: 'extension/core/format.ts' }] };
    assert.equal(check('agent/wire/ticks.ts', planted).length, 1);
    assert.equal(check('webview/main.ts', planted).length, 0);
    const toolkit = {
      imports: [{ path: 'node_modules/@vscode/webview-ui-toolkit/dist/index.js' }],
    };
    assert.equal(check('webview/main.ts', toolkit).length, 1);
    assert.equal(check('webview/controls.ts', toolkit).length, 0);
  });
});
