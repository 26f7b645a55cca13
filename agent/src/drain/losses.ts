/** Counts what was made and will never arrive, until the next manifest line tells it. */
import type { DeclarationOf } from '../../wire/manifest.js';

type LossLine = DeclarationOf<'loss'>;

/** One loss to count. `stage` null: several, or not known which. */
export interface Loss {
  readonly where: LossLine['where'];
  readonly stage: string | null;
  readonly pipeline: string | null;
  readonly records: number;
  readonly executions: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/** Sums losses by place and stage; bounded by the number of stages. */
export class LossBook {
  readonly #open = new Map<string, LossLine>();

  add(loss: Loss): void {
    if (loss.records === 0) return;
    const key = `${loss.where}\0${loss.pipeline ?? ''}\0${loss.stage ?? ''}`;
    const known = this.#open.get(key);
    this.#open.set(key, {
      kind: 'loss',
      where: loss.where,
      stage: loss.stage,
      pipeline: loss.pipeline,
      records: loss.records + (known?.records ?? 0),
      executions: loss.executions + (known?.executions ?? 0),
      fromNs: Math.min(loss.fromNs, known?.fromNs ?? Infinity),
      toNs: Math.max(loss.toNs, known?.toNs ?? 0),
    });
  }

  /** What was lost since the last call, one line per place and stage. */
  take(): LossLine[] {
    const lines = [...this.#open.values()];
    this.#open.clear();
    return lines;
  }
}
