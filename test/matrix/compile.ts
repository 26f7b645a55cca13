/** Compiles programs of the matrix, and puts the library's version where they find it. */
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import type { SourcePosition } from '../../agent/wire/manifest.js';
import { kept, unpackFromNpm } from '../support/npmPack.mjs';
import type { LibraryVersion, MatrixCase, ModuleFormat } from './matrix.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const programs = path.join(root, 'test/matrix/programs');
const packages = path.join(root, 'build/packages');

const extension = { esm: '.mjs', cjs: '.cjs' } as const;

/** The program, and then what belongs to it: files whose names begin like its own, such as `tinypoolTask.ts`. */
async function sourcesOf(program: string): Promise<string[]> {
  const stem = path.basename(program, '.ts');
  const files = (await readdir(programs)).filter((f) => f.startsWith(stem) && f.endsWith('.ts'));
  if (!files.includes(program)) throw new Error(`no test/matrix/programs/${program}`);
  return [program, ...files.filter((f) => f !== program)].map((file) => path.join(programs, file));
}

function outputOf(source: string, format: ModuleFormat): string {
  return path.basename(source, '.ts') + extension[format];
}

/**
 * Compiles a program into `folder`; returns the file to run. Packages stay outside, what it imports of its own goes in, and
 * `import.meta.url` works in CommonJS, too.
 */
export async function compile(
  program: string,
  format: ModuleFormat,
  folder: string,
): Promise<string> {
  const commonJs: esbuild.BuildOptions = {
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  };
  for (const source of await sourcesOf(program)) {
    await esbuild.build({
      // Not as an entry point: in a package of ES modules, default imports would not be those that tsc makes for CommonJS.
      stdin: {
        contents: await readFile(source, 'utf8'),
        sourcefile: source,
        resolveDir: programs,
        loader: 'ts',
      },
      outfile: path.join(folder, outputOf(source, format)),
      bundle: true,
      packages: 'external',
      platform: 'node',
      format,
      target: 'node20',
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'warning',
      ...(format === 'cjs' ? commonJs : {}),
    });
  }
  return path.join(folder, outputOf(program, format));
}

/** Where the package of this version lies, as npm unpacked it. */
function packageFolder(version: LibraryVersion): string {
  const { packed } = version;
  if (packed === undefined) return path.join(root, 'node_modules', version.folder);
  const folder = kept(path.join(packages, packed.replaceAll('/', '+')), (empty) => {
    unpackFromNpm(packed, empty);
  });
  return path.join(folder, 'package');
}

/**
 * Copies the version into `folder`/node_modules under the library's own name, because hooks know packages by their path.
 * What it depends on is found in the repository's node_modules, or comes along in its own.
 */
export async function provide(
  { library }: MatrixCase,
  version: LibraryVersion,
  folder: string,
): Promise<void> {
  const source = packageFolder(version);
  const manifest = JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  if (manifest.version !== version.version) {
    throw new Error(`${source} is version ${manifest.version}, not ${version.version}`);
  }
  const target = path.join(folder, 'node_modules', library);
  await mkdir(path.dirname(target), { recursive: true });
  await cp(source, target, { recursive: true, dereference: true });
}

/** Finds lines by their comment `// @name` at the end: the program's own, then those of the files that belong to it. */
export async function markersOf(program: string): Promise<(name: string) => SourcePosition> {
  const marked = new Map<string, SourcePosition>();
  for (const file of (await sourcesOf(program)).reverse()) {
    const lines = (await readFile(file, 'utf8')).split('\n');
    for (const [i, text] of lines.entries()) {
      const name = /\/\/ @(\S+)\s*$/.exec(text)?.[1];
      if (name === undefined) continue;
      if (marked.get(name)?.file === file) throw new Error(`two lines of ${file} are @${name}`);
      marked.set(name, { file, line: i + 1, column: text.search(/\S/) + 1 });
    }
  }
  return (name) => {
    const position = marked.get(name);
    if (position === undefined) throw new Error(`no line of ${program} is marked @${name}`);
    return position;
  };
}
