/** What an agent sent, decoded into plain values. */
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import { BlobName, Category } from '../../../../agent/wire/format.js';
import {
  checkDeclaration,
  checkStageSummary,
  type Declaration,
  type DeclarationOf,
  type StageSummary,
} from '../../../../agent/wire/manifest.js';
import type { FxtEvent, FxtRecord } from '../../../../agent/wire/records.js';
import { joinWord } from '../../../../agent/wire/ticks.js';
import { parseJson } from '../../../../agent/wire/validate.js';

export interface CapturedEvent {
  readonly category: string;
  readonly name: string;
  /** Koid of the lane. */
  readonly lane: number;
  readonly startNs: number;
  /** End of a duration; id of a counter. */
  readonly extra: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export class Capture {
  readonly events: CapturedEvent[] = [];
  /** Executions that came, by stage; also when `events` are not kept. */
  readonly counts = new Map<string, number>();
  readonly records: FxtRecord[] = [];
  readonly declarations: Declaration[] = [];
  readonly summaries: StageSummary[] = [];
  readonly problems: string[] = [];
  readonly #keepsEvents: boolean;
  readonly #reader = new FxtReader({
    event: (event) => {
      if (event.category === Category.stage) {
        this.counts.set(event.name, (this.counts.get(event.name) ?? 0) + 1);
      }
      if (this.#keepsEvents) this.events.push(captured(event));
    },
    record: (record) => {
      this.records.push(record);
      if (record.kind === 'blob') this.#lines(record.name, new TextDecoder().decode(record.bytes));
    },
  });

  constructor({ keepsEvents = true } = {}) {
    this.#keepsEvents = keepsEvents;
  }

  push(frame: Uint8Array): void {
    this.#reader.push(frame);
  }

  /** The events of a category, and a name where one is given. */
  of(category: string, name?: string): CapturedEvent[] {
    return this.events.filter(
      (e) => e.category === category && (name === undefined || e.name === name),
    );
  }

  declared<K extends Declaration['kind']>(kind: K): DeclarationOf<K>[] {
    return this.declarations.filter((d): d is DeclarationOf<K> => d.kind === kind);
  }

  /** Pairs of executions on one lane that overlap. */
  overlaps(): string[] {
    const found: string[] = [];
    const lastOn = new Map<number, CapturedEvent>();
    for (const event of this.of('stage').toSorted((x, y) => x.startNs - y.startNs)) {
      const before = lastOn.get(event.lane);
      if (before !== undefined && before.extra > event.startNs)
        found.push(`${before.name} ${event.name}`);
      lastOn.set(event.lane, event);
    }
    return found;
  }

  lost(): { records: number; executions: number } {
    const total = { records: 0, executions: 0 };
    for (const loss of this.declared('loss')) {
      total.records += loss.records;
      total.executions += loss.executions ?? 0;
    }
    return total;
  }

  #lines(name: string, text: string): void {
    for (const line of text.split('\n').filter((l) => l !== '')) {
      if (name === BlobName.summary) {
        const summary = parseJson(line, checkStageSummary, 'summary');
        if (summary.ok) this.summaries.push(summary.value);
        else this.problems.push(summary.error);
      } else {
        const declaration = parseJson(line, checkDeclaration, 'manifest');
        if (declaration.ok) this.declarations.push(declaration.value);
        else this.problems.push(declaration.error);
      }
    }
  }
}

function captured(event: FxtEvent): CapturedEvent {
  return {
    category: event.category,
    name: event.name,
    lane: Number(event.thread.thread),
    startNs: Number(joinWord(event.ticksHi, event.ticksLo)),
    extra: Number(joinWord(event.extraHi, event.extraLo)),
    args: Object.fromEntries(event.args.slice(0, event.argCount).map((a) => [a.name, a.value])),
  };
}
