import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as esbuild from 'esbuild';
import { profileInOriginal } from '../../../agent/src/drain/profileMaps.js';
import { SourceMaps } from '../../../agent/src/drain/sourceMaps.js';

const source = `// A line that is not in the output.
interface Options { readonly limit: number }

export function work(options: Options): number {
  return options.limit * 2; // here
}
`;

describe('source maps that Node does not know', () => {
  let folder = '';
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice maps '));
    await mkdir(at('src'));
    await writeFile(at('src', 'work.ts'), source);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Compiles the source and returns where its marked line went. */
  async function compile(
    options: esbuild.BuildOptions,
    change: (text: string) => string = (text) => text,
  ): Promise<{ file: string; line: number; column: number }> {
    const out = at('out', 'work.js');
    await esbuild.build({
      entryPoints: [at('src', 'work.ts')],
      outfile: out,
      sourcemap: 'linked',
      ...options,
    });
    const { readFile } = await import('node:fs/promises');
    const text = change(await readFile(out, 'utf8'));
    await writeFile(out, text);
    const lines = text.split('\n');
    const line = lines.findIndex((l) => l.includes('options.limit')) + 1;
    return { file: out, line, column: (lines[line - 1] ?? '').indexOf('options.limit') + 1 };
  }

  const expected = (): object => ({ file: at('src', 'work.ts'), line: 5, column: 10 });

  it('lie beside the file', async () => {
    assert.deepEqual(new SourceMaps().original(await compile({})), expected());
  });

  it('stand in the file', async () => {
    assert.deepEqual(new SourceMaps().original(await compile({ sourcemap: 'inline' })), expected());
  });

  it('may have a root', async () => {
    assert.deepEqual(
      new SourceMaps().original(await compile({ sourceRoot: at('elsewhere', 'deep') })),
      { ...expected(), file: at('elsewhere', 'src', 'work.ts') },
    );
  });

  it('are found by file URL, too', async () => {
    const place = await compile({});
    const { pathToFileURL } = await import('node:url');
    const url = { ...place, file: pathToFileURL(place.file).href };
    assert.deepEqual(new SourceMaps().original(url), expected());
  });

  it('change nothing where there is none, it cannot be read, or it leads nowhere', async () => {
    const nothing = await compile({ sourcemap: false });
    assert.deepEqual(new SourceMaps().original(nothing), nothing);
    const gone = await compile({}, (text) => text.replace('work.js.map', 'gone.js.map'));
    assert.deepEqual(new SourceMaps().original(gone), gone);
    const broken = await compile({});
    await writeFile(at('out', 'work.js.map'), '{"version":3,"mappings":42}');
    assert.deepEqual(new SourceMaps().original(broken), broken);
    await writeFile(at('out', 'work.js.map'), 'no JSON');
    assert.deepEqual(new SourceMaps().original(broken), broken);
    const bundler = {
      version: 3,
      sources: ['webpack://app/./src/work.ts'],
      names: [],
      mappings: 'AAAA',
    };
    await writeFile(at('out', 'work.js.map'), JSON.stringify(bundler));
    assert.deepEqual(new SourceMaps().original(broken), broken);
    const unknown = { file: at('nowhere.js'), line: 1, column: 1 };
    assert.deepEqual(new SourceMaps().original(unknown), unknown);
    const builtin = { file: 'node:fs', line: 1, column: 1 };
    assert.deepEqual(new SourceMaps().original(builtin), builtin);
  });

  it('leave a place in the source as it is', () => {
    const place = { file: at('src', 'work.ts'), line: 5, column: 10 };
    assert.deepEqual(new SourceMaps().original(place), place);
  });

  it('put the frames of CPU profiles where they were written', async () => {
    const { file, line, column } = await compile({});
    const frame = { functionName: 'work', scriptId: '7' };
    const compiled = { ...frame, url: file, lineNumber: line - 1, columnNumber: column - 1 };
    const idle = { ...frame, functionName: '(idle)', url: '', lineNumber: -1, columnNumber: -1 };
    const piece = (at: object): { bytes: Uint8Array } => ({
      bytes: new TextEncoder().encode(
        JSON.stringify({
          nodes: [
            { id: 1, callFrame: idle },
            { id: 2, callFrame: at },
          ],
        }),
      ),
    });
    const maps = new SourceMaps();
    const source = { ...frame, url: at('src', 'work.ts'), lineNumber: 4, columnNumber: 9 };
    assert.deepEqual(profileInOriginal(piece(compiled), maps), piece(source));
    const unchanged = piece(source);
    assert.equal(profileInOriginal(unchanged, maps), unchanged);
  });
});
