/** Takes the advisor at its word: records a shape, applies what the report plans, and again, until it plans nothing. */
import path from 'node:path';
import {
  apply,
  planned,
  readAdvice,
  type Advice,
  type AdvisedChange,
  type Interval,
} from './advice.js';
import { environmentOf, measure, programOf, root, runNode, workFolder } from './children.js';
import { isFalse, type Outcome } from './score.js';
import { settingText, startOf, type Setting, type Shape } from './shape.js';
import type { Sweep } from './sweep.js';

const MAX_CHANGES = 3;
const CAPTURE_MS = 4000;
const cli = path.join(root, 'dist/cli.cjs');

/** What became of a shape. */
export interface Verdict {
  readonly shape: Shape;
  readonly start: Setting;
  readonly end: Setting;
  /** Items per second, from the sweep. */
  readonly startPerSec: number;
  readonly endPerSec: number;
  readonly bestPerSec: number;
  readonly best: string;
  /** Changes that were applied without a prediction, to see what they do. */
  readonly probes: number;
  /** One for each change that was applied as planned. */
  readonly outcomes: readonly Outcome[];
  /** What was claimed and is not so, one text each. */
  readonly falseClaims: readonly string[];
  /** Planned for knobs that the program does not take from outside. */
  readonly unknownKnobs: readonly string[];
  readonly bottleneck: Advice['bottleneck'];
  readonly isNamedRight: boolean;
  /** Recording, reports and plain runs, not the sweep. */
  readonly tookMs: number;
}

/** A run whose report is asked for. */
export interface CaptureRun {
  readonly shape: Shape;
  readonly setting: Setting;
  readonly turnsPerMs: number;
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Records a shape's program with the built command line, for as long as the shape says. */
export async function record(run: CaptureRun): Promise<void> {
  const { shape, setting, turnsPerMs, file } = run;
  const durationMs = shape.captureMs ?? CAPTURE_MS;
  const command = ['--', process.execPath, programOf(shape)];
  const args = [cli, 'run', '--out', file, '--no-report'];
  const asked = shape.isKilled === true ? [] : ['--duration', `${durationMs / 1000}s`];
  const killed = shape.isKilled === true ? { KILL_AFTER_MS: String(durationMs) } : undefined;
  const done = runNode({
    args: [...args, ...asked, ...command],
    env: { ...environmentOf(shape, setting, turnsPerMs), ...run.env, ...killed },
    expectedMs: durationMs,
  });
  if (killed === undefined) await done;
  // The command's own end is passed on, so this one is no success.
  else await done.catch(() => undefined);
}

/** The report of a capture that knows of earlier ones. */
export async function adviceOf(file: string, earlier: readonly string[]): Promise<Advice> {
  const args = [cli, 'report', file, '--format', 'json'];
  const before = earlier.flatMap((each) => ['--earlier', each]);
  return readAdvice(await runNode({ args: [...args, ...before], env: {}, expectedMs: 20_000 }));
}

/** Follows the advice about one shape. */
export class Trial {
  readonly #shape: Shape;
  readonly #sweep: Sweep;
  readonly #turnsPerMs: number;
  readonly #captures: string[] = [];
  readonly #outcomes: Outcome[] = [];
  readonly #falseClaims = new Set<string>();
  readonly #unknownKnobs = new Set<string>();
  /** Settings that were recorded, with what Sluice measured of them. */
  readonly #visited: { readonly setting: Setting; readonly perSec: number }[] = [];
  #setting: Setting;
  #probes = 0;

  constructor(shape: Shape, sweep: Sweep, turnsPerMs: number) {
    this.#shape = shape;
    this.#sweep = sweep;
    this.#turnsPerMs = turnsPerMs;
    this.#setting = startOf(shape);
  }

  async run(): Promise<Verdict> {
    const startMs = performance.now();
    const first = await this.#advise();
    for (let advice = first; await this.#follow(advice); advice = await this.#advise()) {
      if (this.#visited.length > MAX_CHANGES) break;
    }
    // Who tries keeps what was better.
    const kept = this.#visited.reduce((a, b) => (b.perSec > a.perSec ? b : a));
    this.#setting = kept.setting;
    const tookMs = performance.now() - startMs;
    const { bottleneck } = first;
    return {
      shape: this.#shape,
      start: startOf(this.#shape),
      end: this.#setting,
      startPerSec: (await this.#sweep.at(startOf(this.#shape))).itemsPerSec,
      endPerSec: (await this.#sweep.at(this.#setting)).itemsPerSec,
      bestPerSec: this.#sweep.best.itemsPerSec,
      best: this.#sweep.best.setting,
      probes: this.#probes,
      outcomes: this.#outcomes,
      falseClaims: [...this.#falseClaims],
      unknownKnobs: [...this.#unknownKnobs],
      bottleneck,
      isNamedRight: this.#shape.bottleneck.some(
        ({ kind, stage }) => kind === bottleneck.kind && stage === bottleneck.stage,
      ),
      tookMs,
    };
  }

  async #advise(): Promise<Advice> {
    const file = path.join(workFolder, `${this.#shape.name}.${this.#captures.length}.fxt`);
    await record({
      shape: this.#shape,
      setting: this.#setting,
      turnsPerMs: this.#turnsPerMs,
      file,
    });
    const advice = await adviceOf(file, this.#captures);
    this.#captures.push(file);
    const perSec = advice.steady?.throughputPerSec ?? advice.throughputPerSec;
    this.#visited.push({ setting: this.#setting, perSec });
    for (const change of advice.suggestions) {
      this.#judge(advice, [change], change.predicted.throughputPerSec);
    }
    return advice;
  }

  /** Applies the plan and measures what comes of it; false when there is nothing to apply. */
  async #follow(advice: Advice): Promise<boolean> {
    if (this.#visited.length > MAX_CHANGES) return false;
    if (advice.plan === null) return this.#probe(advice);
    const changes = planned(advice);
    const { setting } = apply(this.#shape, this.#setting, { advice, changes });
    if (settingText(setting) === settingText(this.#setting)) {
      this.#judge(advice, changes, advice.plan.throughputPerSec);
      return false;
    }
    const figures = await measure(this.#shape, setting, this.#turnsPerMs);
    await this.#sweep.at(setting);
    this.#judge(advice, changes, advice.plan.throughputPerSec);
    this.#setting = setting;
    this.#outcomes.push({
      predicted: advice.plan.throughputPerSec,
      observed: figures.itemsPerSec,
    });
    return true;
  }

  /** Without a plan: what is worth a trial, one at a time. Nothing is predicted of it. */
  #probe(advice: Advice): boolean {
    const [first] = advice.probes ?? [];
    if (first === undefined) return false;
    const { setting } = apply(this.#shape, this.#setting, { advice, changes: [first] });
    const text = settingText(setting);
    if (this.#visited.some((visited) => settingText(visited.setting) === text)) return false;
    this.#setting = setting;
    this.#probes++;
    return true;
  }

  #judge(advice: Advice, changes: readonly AdvisedChange[], predicted: Interval): void {
    const { setting, known } = apply(this.#shape, this.#setting, { advice, changes });
    if (known < changes.length) {
      for (const { knob } of changes) this.#unknownKnobs.add(knob);
    }
    const before = this.#sweep.known(settingText(this.#setting));
    const after = known === changes.length ? this.#sweep.known(settingText(setting)) : undefined;
    const truth =
      before === undefined || after === undefined
        ? undefined
        : { before: before.itemsPerSec, after: after.itemsPerSec };
    const claim = {
      predicted,
      present: advice.steady?.throughputPerSec ?? advice.throughputPerSec,
      truth,
    };
    if (isFalse(claim, this.#shape.expects)) {
      const change = changes.map(({ knob, to }) => `${knob} to ${to}`).join(', ');
      this.#falseClaims.add(`${change} was to give ${predicted.mid.toFixed(0)}/s`);
    }
  }
}
