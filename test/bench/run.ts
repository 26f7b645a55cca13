/**
 * `npm run bench`: finds every `*.bench.ts`, runs one after the other in a process of its own (so that one suite's heap and
 * optimised code do not colour the next) and prints one table. Times on a shared machine mean little; ratios within one
 * run mean a lot, and those carry the promises: a broken one makes the command fail.
 *
 *   npm run bench [-- agent] [-- --write]     --write records the table in docs/benchmarks.md
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import type { BenchRow } from './bench.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const docs = path.join(root, 'docs/benchmarks.md');
const marker = '<!-- figures below are written by `npm run bench -- --write` -->';

function format(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}

function verdict(row: BenchRow): string {
  const above = row.max !== undefined && row.value > row.max;
  const below = row.min !== undefined && row.value < row.min;
  if (row.max === undefined && row.min === undefined) return '';
  const promise = row.max === undefined ? `at least ${row.min ?? ''}` : `at most ${row.max}`;
  return above || below ? `**broken**: ${promise}` : `kept: ${promise}`;
}

function table(rows: readonly BenchRow[]): string {
  const lines = rows.map(
    (r) => `| ${r.name} | ${format(r.value)} ${r.unit} | ${verdict(r)} | ${r.note ?? ''} |`,
  );
  return ['| what | measured | promise | note |', '|---|---|---|---|', ...lines].join('\n');
}

/** What finds files beside itself still does, wherever it was bundled to. */
const ownPlaces: esbuild.Plugin = {
  name: 'own places',
  setup(build) {
    // Packages are not bundled, so these are all files of the project.
    build.onLoad({ filter: /\.(ts|mjs)$/ }, ({ path: file }) => {
      const url = JSON.stringify(pathToFileURL(file).href);
      return {
        contents: readFileSync(file, 'utf8').replace(/(?<!')import\.meta\.url\b/g, url),
        loader: file.endsWith('.ts') ? 'ts' : 'js',
      };
    });
  },
};

/**
 * Compiled and bundled as users get it. What compiles TypeScript while it loads wraps functions to keep their names, and that
 * costs a call wherever one is made.
 */
async function bundle(file: string): Promise<string> {
  const outfile = path.join(root, 'build/bench', path.basename(file).replace(/\.ts$/, '.mjs'));
  await esbuild.build({
    stdin: {
      contents: `import { bench } from ${JSON.stringify(file)};
process.stdout.write('\\n@@' + JSON.stringify(await bench()) + '\\n');`,
      resolveDir: here,
    },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    plugins: [ownPlaces],
  });
  return outfile;
}

async function runApart(file: string): Promise<readonly BenchRow[]> {
  const child = spawnSync(process.execPath, ['--expose-gc', await bundle(file)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  });
  const line = child.stdout.split('\n').find((l) => l.startsWith('@@'));
  if (child.status !== 0 || line === undefined) {
    throw new Error(`${path.basename(file)} failed: ${child.stdout}`);
  }
  return JSON.parse(line.slice(2)) as BenchRow[];
}

function machine(): string {
  const cpu = os.cpus()[0]?.model ?? 'unknown CPU';
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return `${os.availableParallelism()} cores, ${cpu}, ${memory} GiB, ${os.type()} ${os.release()}, Node ${process.version}`;
}

async function runAll(args: readonly string[]): Promise<void> {
  const wanted = args.filter((a) => !a.startsWith('--'));
  const files = readdirSync(here)
    .filter(
      (f) => f.endsWith('.bench.ts') && (wanted.length === 0 || wanted.some((w) => f.includes(w))),
    )
    .sort();
  if (files.length === 0) throw new Error(`no benchmark matches ${wanted.join(' ')}`);
  const sections: { readonly rows: readonly BenchRow[]; readonly text: string }[] = [];
  for (const file of files) {
    const rows = await runApart(path.join(here, file));
    const text = `### ${file.replace('.bench.ts', '')}\n\n${table(rows)}`;
    console.log(`\n${text}`);
    sections.push({ rows, text });
  }
  const head = `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine()}.`;
  console.log(`\n${head}`);
  if (args.includes('--write')) {
    const kept = readFileSync(docs, 'utf8').split(marker)[0] ?? '';
    writeFileSync(
      docs,
      [kept.trimEnd(), marker, head, ...sections.map((s) => s.text), ''].join('\n\n'),
    );
  }
  const broken = sections.flatMap((s) => s.rows).filter((r) => verdict(r).includes('broken'));
  for (const row of broken) console.error(`promise broken: ${row.name}: ${row.value} ${row.unit}`);
  if (broken.length > 0) process.exitCode = 1;
}

await runAll(process.argv.slice(2));
