/**
 * `npm run bench:advisor`: pipelines whose optimum is known by trying everything, and what becomes of them when somebody does
 * what Sluice suggests.
 *
 *   npm run bench:advisor [-- shape ...] [-- --sweep] [-- --write]
 *
 * `--sweep` measures all settings anew; else what is known of this machine and these programs is taken from
 * build/bench/advisor. `--sweep-only` stops there. `--write` writes the table into docs/advisor.md and wants all shapes.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Trial, type Verdict } from './advisor.js';
import { root, workFolder } from './children.js';
import { machineText, turnsPerMs } from './machine.js';
import type { Shape } from './shape.js';
import { shapes } from './shapes.js';
import { Sweep } from './sweep.js';
import { curveText, remarks, shapeTable, verdictTable } from './table.js';

const docs = path.join(root, 'docs/advisor.md');
const begin = '<!-- written by `npm run bench:advisor -- --write` -->';
const end = '<!-- end of what is written -->';
const flags = ['--sweep', '--sweep-only', '--write'];

function wantedShapes(names: readonly string[]): readonly Shape[] {
  const known = shapes.map(({ name }) => name);
  const strange = names.filter((name) => !known.includes(name));
  if (strange.length > 0) {
    throw new Error(`no shape ${strange.join(', ')}; there are: ${known.join(', ')}`);
  }
  return names.length === 0 ? shapes : shapes.filter(({ name }) => names.includes(name));
}

/** The shape whose settings are measured for this one. */
function measuredAs(shape: Shape): Shape {
  return shapes.find(({ name }) => name === shape.sweepOf) ?? shape;
}

function write(verdicts: readonly Verdict[], tookMs: number): void {
  const text = readFileSync(docs, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${docs} lacks the marks between which the table belongs`);
  }
  const date = new Date().toISOString().slice(0, 10);
  const head = `Measured on ${date}: ${machineText()}; ${Math.round(tookMs / 1000)} s without the sweeps.`;
  const parts = [begin, shapeTable(shapes), head, verdictTable(verdicts), end];
  writeFileSync(docs, `${before}${parts.join('\n\n')}${after}`);
}

async function main(args: readonly string[]): Promise<void> {
  const strange = args.filter((arg) => arg.startsWith('--') && !flags.includes(arg));
  if (strange.length > 0) throw new Error(`unknown option ${strange.join(', ')}`);
  const names = args.filter((arg) => !arg.startsWith('--'));
  const wanted = wantedShapes(names);
  if (args.includes('--write') && names.length > 0) throw new Error('--write wants all shapes');
  if (!existsSync(path.join(root, 'dist/cli.cjs'))) throw new Error('npm run build comes first');
  await mkdir(workFolder, { recursive: true });
  const turns = await turnsPerMs();
  const sweeps = new Map<string, Sweep>();
  for (const shape of wanted) {
    const { name } = measuredAs(shape);
    if (sweeps.has(name)) continue;
    const sweep = await Sweep.of(measuredAs(shape), turns, args.includes('--sweep'));
    sweeps.set(name, sweep);
    console.log(`${shape.number} ${name}\n${curveText(sweep)}`);
  }
  if (args.includes('--sweep-only')) return;
  const startMs = performance.now();
  const verdicts: Verdict[] = [];
  for (const shape of wanted) {
    const sweep = sweeps.get(measuredAs(shape).name);
    if (sweep === undefined) continue;
    const verdict = await new Trial(shape, sweep, turns).run();
    verdicts.push(verdict);
    process.stderr.write(`${shape.name} ${Math.round(verdict.tookMs / 1000)} s\n`);
  }
  console.log(`\n${verdictTable(verdicts)}\n\n${verdicts.map(remarks).join('')}`);
  if (args.includes('--write')) write(verdicts, performance.now() - startMs);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
