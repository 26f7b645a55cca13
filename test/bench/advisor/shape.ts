/** What a ground-truth pipeline is: a program, its knobs, and what is expected of advice about it. */
import type { BottleneckKind } from '../../../extension/core/report/report.js';

/** Values of knobs, by the names that the programs' `KNOBS` takes. */
export type Setting = Readonly<Record<string, number>>;

/** A knob of a program, and the values that are tried out one by one. */
export interface ShapeKnob {
  /** What the program's `KNOBS` calls it. */
  readonly key: string;
  /** Its name in the report, where that is another one: libraries name their knobs alike. */
  readonly name?: string;
  /** The stage that it tunes, where the name alone does not say which knob it is. */
  readonly stage?: string;
  readonly start: number;
  readonly values: readonly number[];
}

/** A pipeline with an optimum that is found by trying everything. */
export interface Shape {
  /** Its number in the list of shapes, `16a`. */
  readonly number: string;
  readonly name: string;
  /** File in `shapes/`. */
  readonly program: string;
  readonly env?: Readonly<Record<string, string>>;
  /** One sentence: what it is, and what is right to say about it. */
  readonly what: string;
  readonly knobs: readonly ShapeKnob[];
  /** `cores`: it computes, and is measured alone. `timers`: it mostly waits, so two can be measured at once. */
  readonly load: 'cores' | 'timers';
  /** `nothing`: no setting is better than the start, and who suggests one is wrong. */
  readonly expects: 'gain' | 'nothing';
  /** What holds the pipeline back at the start; any of these is right. */
  readonly bottleneck: readonly { readonly kind: BottleneckKind; readonly stage: string | null }[];
  /** Left out: 500 ms. */
  readonly warmUpMs?: number;
  /** Left out: 2,000 ms. */
  readonly measureMs?: number;
  /** Left out: 4,000 ms. */
  readonly captureMs?: number;
  /** The recorded program is killed outright instead of being asked to end. */
  readonly isKilled?: boolean;
  /** Another shape with the same program, whose sweep holds for this one too. */
  readonly sweepOf?: string;
}

/** Where every knob stands at the start. */
export function startOf({ knobs }: Shape): Setting {
  return Object.fromEntries(knobs.map(({ key, start }) => [key, start]));
}

/** All settings that are tried out: each value of each knob with each of the others. */
export function gridOf({ knobs }: Shape): readonly Setting[] {
  let grid: readonly Setting[] = [{}];
  for (const { key, values } of knobs) {
    grid = grid.flatMap((setting) => values.map((value) => ({ ...setting, [key]: value })));
  }
  return grid;
}

/** A setting as text that is the same for the same values: `a 4, b 2`. */
export function settingText(setting: Setting): string {
  return Object.keys(setting)
    .sort()
    .map((key) => `${key} ${setting[key] ?? ''}`)
    .join(', ');
}
