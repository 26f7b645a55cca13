/** Counts what was made and will never arrive, until the next manifest line tells it. */
import type { DeclarationOf } from '../../wire/manifest.js';
import type { RingLoss } from '../ring.js';
import type { ThreadRing } from './threads.js';

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

interface Time {
  readonly fromNs: number;
  readonly toNs: number;
}

/**
 * Books what a ring lost, after it was read: what is no execution at once, executions as soon as it is known whose they are.
 */
export function bookRingLoss(book: LossBook, ring: ThreadRing, loss: RingLoss, time: Time): void {
  const where = 'ring';
  const others = loss.records - loss.executions;
  book.add({ where, stage: null, pipeline: null, records: others, executions: 0, ...time });
  ring.lanes.lost(loss.executions);
  for (const { totals, executions } of ring.lanes.settle()) {
    const { stage, pipeline } = totals;
    book.add({ where, stage, pipeline, records: executions, executions, ...time });
  }
}

/** The ring will not be read again: books executions that no lane was found for. */
export function bookRest(book: LossBook, { lanes, readAtNs }: ThreadRing): void {
  const { open } = lanes;
  const time = { fromNs: readAtNs, toNs: readAtNs };
  book.add({
    where: 'ring',
    stage: null,
    pipeline: null,
    records: open,
    executions: open,
    ...time,
  });
  lanes.lost(-open);
}
