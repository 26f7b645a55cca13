/**
 * The course of a simulation.
 *
 * Time goes from event to event: an execution has computed, or has ended; an item arrives; a stage may let the next one in; a
 * batch has waited long enough. An event marks the stages that may go on because of it, and these are brought forward from
 * the last to the first, all in the same instant, until none is marked: room that appears at the end moves through the
 * pipeline in no time.
 */
import { Cores } from './cores.js';
import { Passing } from './passing.js';
import { Source } from './source.js';
import type { Line, StageState } from './stageState.js';
import { ARRIVAL, END, GATE, LINGER, State } from './state.js';
import type { SimulationOptions, SimulationResult, Workload } from './workload.js';

/** Events of a simulation at most, if it is not said otherwise: some ten seconds of work. */
export const DEFAULT_EVENTS = 20_000_000;

const NS_PER_S = 1e9;

export class Run {
  private readonly state: State;
  private readonly cores: Cores;
  private readonly passing: Passing;
  private readonly source: Source;
  private readonly lines: readonly (readonly [StageState, Line])[];
  private readonly sharesCores: boolean;
  private eventsLeft: number;
  private ended: SimulationResult['ended'] | null = null;

  constructor(workload: Workload, options: SimulationOptions) {
    this.state = new State(workload, options);
    this.cores = new Cores(workload.cores ?? Infinity, workload.loops);
    this.sharesCores = workload.cores !== null;
    this.source = new Source(this.state, workload.arrivals, options);
    this.passing = new Passing(this.state, () => {
      this.source.itemLeft();
    });
    this.lines = this.state.stages.flatMap((stage) =>
      stage.lines.map((line) => [stage, line] as const),
    );
    this.eventsLeft = options.maxEvents ?? DEFAULT_EVENTS;
    this.source.start();
    this.settle();
  }

  /** Goes on for so many events. False when the simulation has ended. */
  proceed(events: number): boolean {
    for (let i = 0; i < events && this.ended === null; i++) this.step();
    return this.ended === null;
  }

  result(): SimulationResult {
    const { window, nowNs, stages } = this.state;
    if (!window.counts) this.beginWindow();
    const durationNs = nowNs - window.startNs;
    const { latencies } = window;
    return {
      ended: this.ended ?? 'limit',
      throughputPerSec: durationNs > 0 ? (window.exits / durationNs) * NS_PER_S : 0,
      latencyNs: {
        mean: latencies.mean,
        p50: latencies.quantile(0.5),
        p95: latencies.quantile(0.95),
        p99: latencies.quantile(0.99),
      },
      stages: stages.map((stage) => stage.result(nowNs, durationNs)),
      items: window.exits,
      durationNs,
      meanInFlight: window.meanInFlight(nowNs),
    };
  }

  private step(): void {
    const { state, cores } = this;
    const { calendar } = state;
    const atNs = Math.min(calendar.leastTime, cores.nextNs);
    if (atNs > state.nowNs && !this.endInstant(atNs)) return;
    if (this.eventsLeft-- <= 0 || state.isOverfull) {
      this.ended = 'limit';
      return;
    }
    state.nowNs = Math.max(state.nowNs, atNs);
    if (calendar.leastTime <= atNs) this.happen(calendar.pop());
    else this.computed(cores.finish());
    this.settle();
  }

  /** Before time goes on: whether it is to. */
  private endInstant(nextNs: number): boolean {
    const { window } = this.state;
    if (window.isFull) this.ended = 'complete';
    else if (nextNs === Infinity) this.ended = 'stuck';
    else if (window.isWarm) this.beginWindow();
    return this.ended === null;
  }

  private beginWindow(): void {
    const { window, nowNs, stages } = this.state;
    window.begin(nowNs);
    for (const stage of stages) stage.resetSums(nowNs);
  }

  private happen(event: number): void {
    const about = event >>> 2;
    switch (event & 3) {
      case END:
        this.endExecution(about);
        break;
      case ARRIVAL:
        this.source.arrive();
        break;
      case GATE:
        this.state.stage(about).gateSet = false;
        this.state.mark(about);
        break;
      default: {
        const [stage, line] = this.lines[about] ?? [];
        if (stage === undefined || line === undefined) return;
        line.lingerSet = false;
        this.state.mark(stage.index);
      }
    }
  }

  private computed(execution: number): void {
    const { executions, nowNs, calendar } = this.state;
    const stage = this.state.stage(executions.stage[execution] ?? -1);
    if (stage.loop !== -1) this.cores.leaveLoop(stage.loop, nowNs);
    const waitNs = executions.waitNs[execution] ?? 0;
    if (waitNs > 0) calendar.push(nowNs + waitNs, execution * 4 + END);
    else this.endExecution(execution);
  }

  private endExecution(execution: number): void {
    const stage = this.state.stage(this.state.executions.stage[execution] ?? -1);
    stage.passTo(this.state.nowNs);
    stage.running--;
    this.passing.begin(execution, stage);
  }

  private settle(): void {
    do {
      for (let stage = this.state.takeMarked(); stage !== null; stage = this.state.takeMarked()) {
        this.advance(stage);
        if (this.state.isOverfull) return;
      }
    } while (this.source.hasEnded && this.closeStages());
  }

  /** Begins what can begin at a stage. */
  private advance(stage: StageState): void {
    for (;;) {
      if (stage.index === 0) this.source.fill();
      this.admit(stage);
      const line = this.startable(stage);
      if (line === null) return;
      if (stage.gateNs > this.state.nowNs) {
        this.setGate(stage);
        return;
      }
      this.start(stage, line);
    }
  }

  /** Lets those at the door in that find room in the queue. */
  private admit(stage: StageState): void {
    const { state } = this;
    while (stage.atDoor > 0 && stage.queued < stage.capacity) {
      let line: Line | null = null;
      for (const other of stage.lines) {
        if (other.doorCount > 0 && (line === null || this.isBefore(other, line))) line = other;
      }
      if (line === null) return;
      const execution = stage.letIn(line, state.executions);
      const item = state.executions.piece[execution] ?? -1;
      stage.passTo(state.nowNs);
      state.items.sinceNs[item] = state.nowNs;
      stage.enqueue(line, item, state.items);
      this.passing.resume(execution);
    }
  }

  /** Whether what is at the first line's door came before what is at the other's. */
  private isBefore(line: Line, other: Line): boolean {
    return this.doorSinceNs(line) < this.doorSinceNs(other);
  }

  private doorSinceNs(line: Line): number {
    const { items, executions } = this.state;
    return items.sinceNs[executions.piece[line.doorHead] ?? -1] ?? 0;
  }

  /** When the first of the line's items came. */
  private sinceNs(line: Line): number {
    return line.count > 0 ? (this.state.items.sinceNs[line.head] ?? 0) : this.doorSinceNs(line);
  }

  /** The line with a free lane and items for it, of several the one that has waited longest; null: none. */
  private startable(stage: StageState): Line | null {
    let best: Line | null = null;
    for (const line of stage.lines) {
      if (line.free === 0 || line.count + line.doorCount === 0) continue;
      if (!this.isBatchReady(stage, line)) continue;
      if (best === null || this.sinceNs(line) < this.sinceNs(best)) best = line;
    }
    return best;
  }

  private isBatchReady(stage: StageState, line: Line): boolean {
    if (line.count + line.doorCount >= stage.batchMin || stage.closed) return true;
    const dueNs = this.sinceNs(line) + stage.lingerNs;
    if (dueNs <= this.state.nowNs) return true;
    if (!line.lingerSet && dueNs < Infinity) {
      line.lingerSet = true;
      this.state.calendar.push(dueNs, line.id * 4 + LINGER);
    }
    return false;
  }

  private setGate(stage: StageState): void {
    if (stage.gateSet) return;
    stage.gateSet = true;
    this.state.calendar.push(stage.gateNs, stage.index * 4 + GATE);
  }

  /** An execution begins. */
  private start(stage: StageState, line: Line): void {
    const { state } = this;
    const { nowNs, executions } = state;
    const { ratePerSec } = stage.own;
    const { samples } = stage;
    stage.passTo(nowNs);
    line.free--;
    stage.begun();
    const execution = executions.add(stage.index, line.index);
    const count = Math.min(stage.batchMax, line.count + line.doorCount);
    this.take(stage, line, execution, count);
    if (ratePerSec !== null) stage.gateNs = nowNs + (count / ratePerSec) * NS_PER_S;
    const sample = stage.draw();
    const scale = stage.batchFactor(count);
    const cpuNs = (samples[sample] ?? 0) * scale;
    const ownNs = cpuNs + (samples[sample + 1] ?? 0) * scale;
    const totalNs = ownNs * stage.contentionFactor();
    const computesNs = Math.min(cpuNs, totalNs);
    if (computesNs > 0 && (this.sharesCores || stage.loop !== -1)) {
      executions.waitNs[execution] = totalNs - computesNs;
      this.cores.start(execution, computesNs, stage.loop, nowNs);
    } else state.calendar.push(nowNs + totalNs, execution * 4 + END);
  }

  /** Gives the line's first items to the execution, in order. */
  private take(stage: StageState, line: Line, execution: number, count: number): void {
    const { items, executions, nowNs } = this.state;
    let last = -1;
    for (let i = 0; i < count; i++) {
      const owner = line.count > 0 ? -1 : stage.letIn(line, executions);
      const item =
        owner === -1 ? stage.dequeue(line, items, nowNs) : stage.handOver(owner, executions);
      items.link[item] = -1;
      if (last === -1) executions.item[execution] = item;
      else if (i === 1) executions.rest[execution] = item;
      if (last !== -1) items.link[last] = item;
      else executions.rest[execution] = -1;
      last = item;
      if (owner !== -1) this.passing.resume(owner);
    }
  }

  /** Nothing arrives any more: finds the stages to which nothing comes any more. Whether there are more of them than before. */
  private closeStages(): boolean {
    let found = false;
    for (const stage of this.state.stages) {
      if (!stage.closed && stage.before.every((index) => this.state.stage(index).drained)) {
        stage.closed = true;
        this.state.mark(stage.index);
        found = true;
      }
      if (!stage.closed || stage.drained || !stage.isEmpty) continue;
      stage.drained = true;
      this.passing.flush(stage);
      found = true;
    }
    return found;
  }
}
