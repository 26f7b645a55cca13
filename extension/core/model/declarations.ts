/** Declarations and summaries, line by line, into the trace store. A bad line becomes a note, never an exception. */
import {
  checkDeclaration,
  checkStageSummary,
  type Declaration,
  type DeclarationOf,
  type StageSummary,
} from '../../../agent/wire/manifest.js';
import { parseJson } from '../../../agent/wire/validate.js';
import { pidOf, VIA_IMPORT, type Process, type Stage } from './entities.js';
import type { TraceStore } from './store.js';

/** Encoded histograms kept per stage before they are merged: over an hour at one a second. */
const MAX_PENDING_HISTOGRAMS = 4096;
/** Keys kept to recognise a repeated line; beyond it a repetition after a reconnect would count twice, and says so. */
const MAX_SEEN = 200_000;
/**
 * Libraries that run pipelines of their own, by what declares them. Such a pipeline is not the program's only one: stages that
 * belong to none do not become part of it.
 */
const LIBRARIES_WITH_PIPELINES: ReadonlySet<string> = new Set(['ray']);

/** Applies manifest and summary lines. One for the whole session: it remembers which lines it has seen. */
export class DeclarationReader {
  private readonly store: TraceStore;
  private readonly seen = new Set<string>();

  constructor(store: TraceStore) {
    this.store = store;
  }

  /** One line of the manifest. */
  manifestLine(process: Process, line: string): void {
    const parsed = parseJson(line, checkDeclaration, 'manifest');
    if (parsed.ok) this.apply(process, parsed.value);
    else this.store.note(`A declaration of process ${pidOf(process)} was skipped: ${parsed.error}`);
  }

  /** One line of the summary stream. */
  summaryLine(process: Process, line: string): void {
    const parsed = parseJson(line, checkStageSummary, 'summary');
    if (parsed.ok) this.summary(process, parsed.value);
    else this.store.note(`A summary of process ${pidOf(process)} was skipped: ${parsed.error}`);
  }

  private apply(process: Process, d: Declaration): void {
    switch (d.kind) {
      case 'pipeline':
        this.pipeline(d.name);
        return;
      case 'stage':
        this.stage(process, d);
        return;
      case 'queue':
        this.queue(process, d);
        return;
      case 'lane':
        this.store.declareLane(process, d);
        return;
      case 'link':
        this.link(process, d);
        return;
      case 'knob':
        this.knob(process, d);
        return;
      case 'knobChange':
        this.knobChange(process, d);
        return;
      case 'loss':
        this.loss(process, d);
        return;
      case 'gap':
        this.gap(process, d);
        return;
      default:
        this.ofProcess(process, d);
    }
  }

  /** Declarations about a process as a whole. */
  private ofProcess(
    process: Process,
    d: DeclarationOf<'process' | 'environment' | 'cost' | 'note' | 'end'>,
  ): void {
    switch (d.kind) {
      case 'process':
        process.declared = d;
        this.store.shape++;
        return;
      case 'environment':
        process.environment = d;
        return;
      case 'cost':
        process.cost = d;
        return;
      case 'note':
        this.store.note(d.message);
        return;
      case 'end':
        process.ended = true;
        this.bookUnannounced(process, d.executions);
    }
  }

  private pipeline(name: string): void {
    if (this.store.isFull('pipelines', this.store.pipelineNames.size)) return;
    this.store.pipelineNames.add(name);
    this.store.shape++;
  }

  private pipelineOf({ pipeline, via }: DeclarationOf<'stage' | 'queue'>): void {
    // Threads of a trace beside a capture have a name in common, and no pipeline that others could belong to.
    if (pipeline === null || via === VIA_IMPORT || LIBRARIES_WITH_PIPELINES.has(via)) return;
    this.pipeline(pipeline);
  }

  private stage(process: Process, d: DeclarationOf<'stage'>): void {
    this.pipelineOf(d);
    const stage = this.store.stage(process, d.name, d.pipeline);
    if (stage === null) return;
    stage.declared = d;
    stage.parallelism.declare(d.parallelism, this.store.newestNs);
    this.store.shape++;
    this.store.adoptLanes(stage);
  }

  private queue(process: Process, d: DeclarationOf<'queue'>): void {
    this.pipelineOf(d);
    const queue = this.store.queue(process, d.id, d.name);
    if (queue === null) return;
    queue.declared = d;
    queue.name = d.name;
    queue.capacity.declare(d.capacity, this.store.newestNs);
    this.store.shape++;
  }

  private link(process: Process, d: DeclarationOf<'link'>): void {
    const key = `${d.pipeline ?? ''}\n${d.from}\n${d.to}`;
    if (!process.links.has(key) && this.store.isFull('links', process.links.size)) return;
    process.links.set(key, d);
    this.store.shape++;
  }

  private knob(process: Process, d: DeclarationOf<'knob'>): void {
    const known = process.knobs.get(d.id);
    if (known !== undefined) {
      known.declared = d;
      known.value = d.value;
    } else if (!this.store.isFull('knobs', process.knobs.size)) {
      process.knobs.set(d.id, { process, declared: d, value: d.value });
    }
  }

  private knobChange(process: Process, d: DeclarationOf<'knobChange'>): void {
    if (this.isRepeated(`knob ${process.provider} ${d.knob} ${d.atNs} ${String(d.to)}`)) return;
    const knob = process.knobs.get(d.knob);
    if (knob === undefined) {
      this.store.note(
        `Process ${pidOf(process)} changed a knob that it never declared (${d.knob}).`,
      );
      return;
    }
    const atNs = this.store.clock.atMonotonic(d.atNs);
    knob.value = d.to;
    const { name, knobKind } = knob.declared;
    if (!this.store.isFull('knob changes', this.store.knobChanges.length)) {
      const { from, to } = d;
      const whose = { provider: process.provider, knob: d.knob };
      this.store.knobChanges.push({ atNs, name, from, to, ...whose });
    }
    if (knobKind === 'parallelism' && knob.declared.stage !== null) {
      const stage = this.store.stage(process, knob.declared.stage, knob.declared.pipeline);
      stage?.parallelism.change(atNs, d.from, d.to);
    } else if (knobKind === 'queueDepth' && knob.declared.queue !== null) {
      const name = knob.declared.queue;
      const queue = [...process.queues.values()].find((q) => q.name === name);
      queue?.capacity.change(atNs, d.from, d.to);
    }
    this.store.shape++;
  }

  private loss(process: Process, d: DeclarationOf<'loss'>): void {
    const what = `${d.where} ${String(d.stage)} ${String(d.pipeline)}`;
    if (this.isRepeated(`loss ${process.provider} ${what} ${d.fromNs} ${d.toNs} ${d.records}`)) {
      return;
    }
    const executions = d.executions ?? 0;
    this.store.lostRecords += d.records;
    this.store.lostExecutions += executions;
    process.lostExecutions += executions;
    if (d.stage !== null && d.where !== 'names') {
      const stage = this.store.stage(process, d.stage, d.pipeline);
      if (stage !== null) stage.lost[d.where] += executions;
    }
    if (this.store.isFull('stretches of loss', this.store.losses.length)) return;
    this.store.losses.push({
      fromNs: this.store.clock.atMonotonic(d.fromNs),
      toNs: this.store.clock.atMonotonic(d.toNs),
      records: d.records,
      executions,
      told: { provider: process.provider, line: d },
    });
  }

  /** Nobody listened, so nobody knows: neither idle nor busy, and no loss either, because no records were made. */
  private gap(process: Process, d: DeclarationOf<'gap'>): void {
    if (this.isRepeated(`gap ${process.provider} ${d.fromNs}`)) return;
    if (this.store.isFull('gaps', this.store.losses.length)) return;
    const fromNs = this.store.clock.atMonotonic(d.fromNs);
    const toNs = Math.max(this.store.clock.atMonotonic(d.toNs), fromNs);
    process.gaps.push({ fromNs, toNs });
    this.store.losses.push({ fromNs, toNs, records: 0, executions: 0, told: null });
    const seconds = ((toNs - fromNs) / 1e9).toFixed(1);
    this.store.note(
      `Process ${pidOf(process)} was not recorded for ${seconds} s, because nobody listened: rates and shares leave that time out.`,
    );
    this.store.shape++;
  }

  /**
   * Executions that the agent made but that neither arrived nor were announced as lost: they were in a frame that was on its
   * way when a connection broke, so not even the agent knows. The summaries say which stage misses how many, unless they
   * were in that frame too; then the process's total says how many.
   */
  private bookUnannounced(process: Process, executions: number): void {
    this.store.countAll();
    const stages = [...process.stages.values()];
    for (const stage of stages) {
      const { summary, received, lost } = stage;
      const known = received.executions + lost.ring + lost.socket;
      this.bookLost(process, stage, summary.executions - known);
    }
    const received = stages.reduce((sum, stage) => sum + stage.received.executions, 0);
    const only = stages.length === 1 ? (stages[0] ?? null) : null;
    this.bookLost(process, only, executions - received - process.lostExecutions);
  }

  private bookLost(process: Process, stage: Stage | null, executions: number): void {
    if (executions <= 0) return;
    if (stage !== null) stage.lost.socket += executions;
    process.lostExecutions += executions;
    this.store.lostRecords += executions;
    this.store.lostExecutions += executions;
  }

  private summary(process: Process, s: StageSummary): void {
    const stage = this.store.stage(process, s.stage, s.pipeline);
    if (stage === null) return;
    const { summary } = stage;
    const key = `${s.fromNs} ${s.toNs} ${s.executions} ${s.busyNs}`;
    if (summary.seen.has(key)) return;
    if (summary.seen.size < MAX_SEEN) summary.seen.add(key);
    summary.executions += s.executions;
    summary.items += s.items;
    summary.errors += s.errors;
    summary.busyNs += s.busyNs;
    summary.pending.push(s.histogram);
    if (summary.pending.length > MAX_PENDING_HISTOGRAMS) mergePending(stage, this.store);
  }

  private isRepeated(key: string): boolean {
    if (this.seen.has(key)) return true;
    if (this.seen.size < MAX_SEEN) this.seen.add(key);
    else this.store.note('So many knob changes and losses that repeated ones may count twice.');
    return false;
  }
}

/** Decodes the histograms that a stage's summaries brought since the last call. */
export function mergePending(stage: Stage, store: TraceStore): void {
  for (const encoded of stage.summary.pending.splice(0)) {
    const merged = stage.summary.service.addEncoded(encoded);
    if (!merged.ok) store.note(`A summary of stage ${stage.name} was skipped: ${merged.error}`);
  }
}
