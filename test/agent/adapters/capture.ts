/** What an agent said, in the words of the manifest. */
import { BlobName, Category, EventType } from '../../../agent/wire/format.js';
import { FxtReader } from '../../../agent/wire/fxtReader.js';
import {
  checkDeclaration,
  type Declaration,
  type DeclarationOf,
} from '../../../agent/wire/manifest.js';
import { NdjsonLines } from '../../../agent/wire/ndjsonLines.js';
import type { FxtEvent } from '../../../agent/wire/records.js';
import { joinWord } from '../../../agent/wire/ticks.js';
import { parseJson } from '../../../agent/wire/validate.js';

/** One execution or wait. */
export interface Span {
  readonly name: string;
  readonly lane: bigint;
  readonly startNs: number;
  readonly endNs: number;
  readonly isFailed: boolean;
  /** Items that an execution handled; 1 for waits. */
  readonly items: number;
  /** How long the item had waited; undefined when nobody knew. */
  readonly waitUs: number | undefined;
}

/** A depth that was reported. */
export interface Depth {
  readonly queue: string;
  readonly depth: number;
}

/** What the agent said so far. */
export class Capture {
  readonly declarations: Declaration[] = [];
  readonly executions: Span[] = [];
  readonly waits: Span[] = [];
  readonly depths: Depth[] = [];
  readonly #manifest = new NdjsonLines((line) => {
    const declaration = parseJson(line, checkDeclaration, 'manifest line');
    if (!declaration.ok) throw new Error(declaration.error);
    this.declarations.push(declaration.value);
  });

  /** Everything declared of one kind, in order. */
  of<K extends Declaration['kind']>(kind: K): DeclarationOf<K>[] {
    return this.declarations.filter((d): d is DeclarationOf<K> => d.kind === kind);
  }

  /** The last declaration of a stage. */
  stage(name: string): DeclarationOf<'stage'> {
    return lastOf(this.of('stage'), name);
  }

  queue(name: string): DeclarationOf<'queue'> {
    return lastOf(this.of('queue'), name);
  }

  /**
   * The knobs of a library as they were declared first: when what a knob tunes is collected before the program ends, the knob
   * is declared once more, as no longer live.
   */
  firstKnobs(library: string): DeclarationOf<'knob'>[] {
    const first = new Map<number, DeclarationOf<'knob'>>();
    for (const knob of this.of('knob')) {
      if (knob.via === library && !first.has(knob.id)) first.set(knob.id, knob);
    }
    return [...first.values()];
  }

  knob(name: string): DeclarationOf<'knob'> {
    return lastOf(this.of('knob'), name);
  }

  /** Executions of a stage by start. */
  executionsOf(stage: string): Span[] {
    return this.executions
      .filter(({ name }) => name === stage)
      .sort((a, b) => a.startNs - b.startNs);
  }

  depthsOf(queue: string): number[] {
    return this.depths.filter((d) => d.queue === queue).map(({ depth }) => depth);
  }

  /**
   * The threads that the spans ran in, one for each declaration of one of their lanes. A lane of a thread that has ended
   * goes to the next one, so it may be declared again, but never twice for the same thread.
   */
  threadsOf(spans: readonly Span[]): string[] {
    const used = new Set(spans.map(({ lane }) => Number(lane)));
    const declared = this.of('lane').filter(({ lane }) => used.has(lane));
    const pairs = new Set(declared.map(({ lane, thread }) => `${lane} ${thread}`));
    const known = new Set(declared.map(({ lane }) => lane));
    if (pairs.size !== declared.length) throw new Error('a thread declares a lane twice');
    if (known.size !== used.size) throw new Error('lanes that nobody declared');
    return declared.map(({ thread }) => thread);
  }

  /** Takes in one frame of records. */
  readerOf(): FxtReader {
    return new FxtReader({
      event: (event) => {
        this.#take(event);
      },
      record: (record) => {
        if (record.kind === 'blob' && record.name === BlobName.manifest)
          this.#manifest.push(record.bytes);
      },
    });
  }

  #take(event: FxtEvent): void {
    const args = new Map(
      event.args.slice(0, event.argCount).map(({ name, value }) => [name, value]),
    );
    if (event.eventType === EventType.counter && event.category === Category.queue) {
      this.depths.push({ queue: event.name, depth: Number(args.get('depth')) });
    }
    if (event.eventType !== EventType.durationComplete) return;
    const span: Span = {
      name: event.name,
      lane: event.thread.thread,
      startNs: Number(joinWord(event.ticksHi, event.ticksLo)),
      endNs: Number(joinWord(event.extraHi, event.extraLo)),
      isFailed: args.get('outcome') === 'error',
      items: Number(args.get('items') ?? 1),
      waitUs: args.has('waitUs') ? Number(args.get('waitUs')) : undefined,
    };
    if (event.category === Category.stage) this.executions.push(span);
    if (event.category === Category.wait) this.waits.push(span);
  }
}

function lastOf<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.findLast((d) => d.name === name);
  if (found === undefined) throw new Error(`no ${name} among ${all.map((d) => d.name).join(', ')}`);
  return found;
}

/** How many of the spans overlap at most. */
export function peakOf(spans: readonly Span[]): number {
  const edges = spans
    .flatMap(({ startNs, endNs }) => [
      { at: startNs, step: 1 },
      { at: endNs, step: -1 },
    ])
    // An end at the moment of a start comes first: they do not overlap.
    .sort((a, b) => a.at - b.at || a.step - b.step);
  let running = 0;
  let peak = 0;
  for (const { step } of edges) {
    running += step;
    peak = Math.max(peak, running);
  }
  return peak;
}
