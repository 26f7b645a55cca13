/**
 * The truth about a shape: every setting of its grid, measured by the program itself without Sluice. Each is measured as
 * often as the others, in rounds of random order, so that what else the machine does falls on all of them alike; where the
 * rounds disagree there are more. Kept in a file, since the advisor changes more often than the programs.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  listOf,
  nullable,
  numberIn,
  object,
  parseJson,
  text,
  type Checked,
} from '../../../agent/wire/validate.js';
import { measure, workFolder } from './children.js';
import { medianOf } from './score.js';
import { fingerprint, versionOf } from './machine.js';
import { gridOf, settingText, type Setting, type Shape } from './shape.js';

const ROUNDS = 2;
/** Runs of one setting that differ by more than this share were disturbed: there are more, to this number. */
const MAX_SPREAD = 0.08;
const MAX_ROUNDS = 5;
/** Shapes that wait measure so many settings at once. */
const AT_ONCE = 2;

const checkRun = object({
  setting: text(),
  itemsPerSec: numberIn(0, 1e9),
  latencyP95Ms: nullable(numberIn(0, 1e9)),
});
const checkSweep = object({ fingerprint: text(), version: text(), runs: listOf(checkRun) });
type Run = Checked<typeof checkRun>;

/** What was measured at a setting: medians over its runs (of two: the mean). */
export interface Truth {
  readonly setting: string;
  readonly itemsPerSec: number;
  /** Largest less smallest of the runs, as a share of their median. */
  readonly spread: number;
  readonly latencyP95Ms: number | null;
}

/** The sweep of a shape. */
export class Sweep {
  readonly #shape: Shape;
  readonly #turnsPerMs: number;
  readonly #version: string;
  #runs: readonly Run[] = [];

  private constructor(shape: Shape, turnsPerMs: number, version: string) {
    this.#shape = shape;
    this.#turnsPerMs = turnsPerMs;
    this.#version = version;
  }

  /** From the file where that is of this machine and this program; else it is measured now. */
  static async of(shape: Shape, turnsPerMs: number, isForced: boolean): Promise<Sweep> {
    const sweep = new Sweep(shape, turnsPerMs, await versionOf(shape));
    if (!isForced) await sweep.#read();
    await sweep.#measureGrid();
    return sweep;
  }

  /** What is known, in the order of the grid; further settings behind it. */
  get truths(): readonly Truth[] {
    const names = [
      ...new Set([...gridOf(this.#shape).map(settingText), ...this.#runs.map((r) => r.setting)]),
    ];
    return names.map((name) => this.known(name)).filter((truth) => truth !== undefined);
  }

  /** The best of the grid. */
  get best(): Truth {
    const grid = gridOf(this.#shape).map(settingText);
    const first = this.known(grid[0] ?? '');
    if (first === undefined) throw new Error(`${this.#shape.name}: nothing was measured`);
    return grid
      .map((name) => this.known(name))
      .filter((truth) => truth !== undefined)
      .reduce((best, truth) => (truth.itemsPerSec > best.itemsPerSec ? truth : best), first);
  }

  /** What was measured at a setting (`settingText`); undefined when it was not. */
  known(setting: string): Truth | undefined {
    const runs = this.#runs.filter((run) => run.setting === setting);
    if (runs.length === 0) return undefined;
    const rates = runs.map((run) => run.itemsPerSec);
    const itemsPerSec = medianOf(rates);
    const latencies = runs.map((run) => run.latencyP95Ms).filter((ms) => ms !== null);
    const spread = itemsPerSec > 0 ? (Math.max(...rates) - Math.min(...rates)) / itemsPerSec : 0;
    const latencyP95Ms = latencies.length === 0 ? null : medianOf(latencies);
    return { setting, itemsPerSec, spread, latencyP95Ms };
  }

  /** Measures a setting that may lie beside the grid, unless it is known. */
  async at(setting: Setting): Promise<Truth> {
    const name = settingText(setting);
    const known = this.known(name);
    if (known !== undefined) return known;
    for (let round = 0; round < ROUNDS; round++) await this.#measure(setting);
    await this.#write();
    const truth = this.known(name);
    if (truth === undefined) throw new Error(`${this.#shape.name}: ${name} was not measured`);
    return truth;
  }

  async #measureGrid(): Promise<void> {
    const missing = gridOf(this.#shape).filter((s) => this.known(settingText(s)) === undefined);
    if (missing.length === 0) return;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const unsettled = missing.filter((s) => round < ROUNDS || this.#isUnsettled(s));
      await this.#measureAll(shuffled(unsettled, round + 1));
    }
    await this.#write();
  }

  #isUnsettled(setting: Setting): boolean {
    return (this.known(settingText(setting))?.spread ?? 0) > MAX_SPREAD;
  }

  async #measureAll(left: Setting[]): Promise<void> {
    const atOnce = this.#shape.load === 'timers' ? AT_ONCE : 1;
    const lanes = Array.from({ length: atOnce }, async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        await this.#measure(next);
      }
    });
    await Promise.all(lanes);
  }

  async #measure(setting: Setting): Promise<void> {
    const figures = await measure(this.#shape, setting, this.#turnsPerMs);
    const { itemsPerSec, latencyP95Ms } = figures;
    this.#runs = [...this.#runs, { setting: settingText(setting), itemsPerSec, latencyP95Ms }];
  }

  get #file(): string {
    return path.join(workFolder, `${this.#shape.name}.json`);
  }

  async #read(): Promise<void> {
    const json = await readFile(this.#file, 'utf8').catch(() => null);
    const sweep = json === null ? null : parseJson(json, checkSweep, this.#file);
    if (sweep?.ok !== true || sweep.value.fingerprint !== fingerprint()) return;
    if (sweep.value.version === this.#version) this.#runs = sweep.value.runs;
  }

  async #write(): Promise<void> {
    await mkdir(workFolder, { recursive: true });
    const kept = { fingerprint: fingerprint(), version: this.#version, runs: this.#runs };
    await writeFile(this.#file, JSON.stringify(kept, null, 1));
  }
}

/** In random order, the same for the same seed. */
function shuffled<T>(values: readonly T[], seed: number): T[] {
  const keyed = values.map((value, i) => ({ value, key: hash(seed * 1000 + i) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
}

function hash(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return (h ^ (h >>> 16)) >>> 0;
}
