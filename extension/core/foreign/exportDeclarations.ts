/**
 * The declarations of a session again, from what became of them in the store: with them an exported trace can be imported as
 * what it was. Times are those of the export, nanoseconds after its base.
 */
import type { Declaration, DeclarationOf, StageSummary } from '../../../agent/wire/manifest.js';
import { mergePending } from '../model/declarations.js';
import type { Knob, Process, Queue, Stage } from '../model/entities.js';
import type { StepHistory } from '../model/steps.js';
import type { KnobChange, TraceStore } from '../model/store.js';
import { EVERYTHING, type ExportRange } from './exportText.js';

/** Session time to time of the export. */
export type ToTime = (ns: number) => number;

/** Everything declared with a time; the base of an export lies before all of them. */
export function firstTimeNs(store: TraceStore): number {
  const at = (monotonicNs: number): number => store.clock.atMonotonic(monotonicNs);
  let firstNs = store.oldestNs;
  for (const { declared, cost, gaps } of store.processes.values()) {
    if (declared !== null) firstNs = Math.min(firstNs, at(declared.anchorMonotonicNs));
    if (cost !== null) firstNs = Math.min(firstNs, at(cost.atNs));
    for (const gap of gaps) firstNs = Math.min(firstNs, gap.fromNs);
  }
  for (const { atNs } of store.knobChanges) firstNs = Math.min(firstNs, atNs);
  for (const { fromNs } of store.losses) firstNs = Math.min(firstNs, fromNs);
  return Number.isFinite(firstNs) ? Math.floor(firstNs) : 0;
}

/** Lines that stand before the events of a process. `isFirst`: also those of the whole session. */
export function openingLines(
  store: TraceStore,
  process: Process,
  { toTime, isFirst }: { readonly toTime: ToTime; readonly isFirst: boolean },
): readonly Declaration[] {
  const lines: Declaration[] = [];
  const { declared, environment, links } = process;
  if (declared !== null) {
    const anchorNs = store.clock.atMonotonic(declared.anchorMonotonicNs);
    lines.push({ ...declared, anchorMonotonicNs: toTime(anchorNs) });
  }
  if (environment !== null) lines.push(environment);
  if (isFirst) {
    for (const name of store.pipelineNames) lines.push({ kind: 'pipeline', name });
    for (const message of store.notes) lines.push({ kind: 'note', code: 'note', message });
  }
  const changes = changesOfKind(store, process);
  for (const stage of process.stages.values()) lines.push(...stageLines(stage, changes));
  for (const queue of process.queues.values()) lines.push(...queueLines(queue, changes));
  lines.push(...links.values(), ...knobLines(store, process));
  return lines;
}

/**
 * What a declaration says: what a value was before the first of its knob's changes, which say what it became. Changes that
 * nobody dated cannot be told again at their times, so then it is what the value was last.
 */
function firstValue(
  { steps }: StepHistory,
  declared: number | null,
  changes: readonly KnobChange[],
): number | null {
  return steps.length > 1 && changes.length > 0 ? (steps[0]?.value ?? null) : declared;
}

function stageLines(
  { declared, name, parallelism }: Stage,
  changes: ChangesOfKind,
): DeclarationOf<'stage'>[] {
  if (declared === null) return [];
  const value = firstValue(parallelism, declared.parallelism, changes('parallelism', name));
  return [{ ...declared, parallelism: value }];
}

function queueLines(
  { declared, capacity }: Queue,
  changes: ChangesOfKind,
): DeclarationOf<'queue'>[] {
  if (declared === null) return [];
  const value = firstValue(capacity, declared.capacity, changes('queueDepth', declared.name));
  return [{ ...declared, capacity: value }];
}

/** Changes of the knobs of a kind that tune the stage or queue of a name. */
type ChangesOfKind = (kind: 'parallelism' | 'queueDepth', tuned: string) => readonly KnobChange[];

function changesOfKind(store: TraceStore, process: Process): ChangesOfKind {
  const changes = changesOf(store, process);
  return (kind, tuned) =>
    changes.filter((change) => {
      const knob = process.knobs.get(change.knob)?.declared;
      return (
        knob?.knobKind === kind && tuned === (kind === 'parallelism' ? knob.stage : knob.queue)
      );
    });
}

/** Knobs as they were at first. */
function knobLines(store: TraceStore, process: Process): readonly Declaration[] {
  const changes = changesOf(store, process);
  return [...process.knobs.values()].map(({ declared }) => {
    const first = changes.find(({ knob }) => knob === declared.id);
    return first === undefined ? declared : { ...declared, value: first.from };
  });
}

/** What became of them; behind the events, because a session's times count from the first one that is read. */
function knobChangeLines(
  store: TraceStore,
  process: Process,
  toTime: ToTime,
): readonly Declaration[] {
  const changes = changesOf(store, process);
  const lines = changes.map(({ knob, from, to, atNs }): Declaration => {
    return { kind: 'knobChange', knob, from, to, atNs: toTime(atNs), by: 'program' };
  });
  // Should more have been declared than changed.
  const now = [...process.knobs.values()].filter((knob) => hasMoved(knob, changes));
  return [...lines, ...now.map(({ declared, value }) => ({ ...declared, value }))];
}

function changesOf(store: TraceStore, { provider }: Process): readonly KnobChange[] {
  return store.knobChanges.filter((change) => change.provider === provider);
}

function hasMoved({ declared, value }: Knob, changes: readonly KnobChange[]): boolean {
  const last = changes.findLast(({ knob }) => knob === declared.id);
  return last !== undefined && last.to !== value;
}

/** What closing lines are about. */
export interface Closing {
  readonly toTime: ToTime;
  readonly range: ExportRange;
  /** Executions of the process that were written. */
  readonly written: number;
}

/** Lines that stand behind the events of a process. */
export function closingLines(
  store: TraceStore,
  process: Process,
  { toTime, range, written }: Closing,
): readonly Declaration[] {
  const lossTime: ToTime = (ns) => toTime(store.clock.atMonotonic(ns));
  const losses = store.losses.flatMap(({ told, ...during }) => {
    if (told?.provider !== process.provider || !overlaps(during, range)) return [];
    const { fromNs, toNs } = told.line;
    return [{ ...told.line, fromNs: lossTime(fromNs), toNs: lossTime(toNs) }];
  });
  const gaps = process.gaps.filter((gap) => overlaps(gap, range));
  const lines: Declaration[] = [
    ...knobChangeLines(store, process, toTime),
    ...losses,
    ...gaps.map(({ fromNs, toNs }) => {
      return { kind: 'gap' as const, fromNs: toTime(fromNs), toNs: toTime(toNs) };
    }),
  ];
  const { cost } = process;
  if (cost !== null) lines.push({ ...cost, atNs: lossTime(cost.atNs) });
  if (process.ended) {
    const told = losses.reduce((sum, line) => sum + (line.executions ?? 0), 0);
    // Of all of the session also those that are missing without anybody having said so.
    const executions = range === EVERYTHING ? executionsOf(process) : written + told;
    lines.push({ kind: 'end', atNs: toTime(store.newestNs), executions });
  }
  return lines;
}

function overlaps(
  { fromNs, toNs }: { readonly fromNs: number; readonly toNs: number },
  range: ExportRange,
): boolean {
  return fromNs < range.toNs && toNs >= range.fromNs;
}

function executionsOf({ stages, lostExecutions }: Process): number {
  const received = [...stages.values()].reduce((sum, s) => sum + s.received.executions, 0);
  return received + lostExecutions;
}

/** Totals of stages of which records are missing: one line stands for all that the agent sent. */
export function summaryLines(
  store: TraceStore,
  process: Process,
  toTime: ToTime,
): readonly StageSummary[] {
  return [...process.stages.values()].flatMap((stage) => {
    const { summary, lost } = stage;
    if (lost.ring + lost.socket === 0 || summary.executions === 0) return [];
    mergePending(stage, store);
    const { executions, items, errors, busyNs, service } = summary;
    return [
      {
        stage: stage.name,
        pipeline: stage.pipelineName,
        fromNs: toTime(store.oldestNs),
        toNs: toTime(store.newestNs),
        ...{ executions, items, errors, busyNs },
        covered: service.weight === executions ? null : service.weight,
        histogram: service.encoded(),
      },
    ];
  });
}
