/**
 * One trial on a running program: blocks of the setting as it is and of the candidate by turns, as `core/trials` plans them.
 *
 * Time is the session's own: a block is a stretch between two moments of it, and its figures are read when everything that
 * ended in it has arrived. That takes a second (`SETTLED_NS`), and the next block runs meanwhile.
 */
import type { BlockFigures } from '../../core/trials/blockFigures.js';
import { blockOrder, type Side } from '../../core/trials/blockOrder.js';
import { trialNs, type BlockTiming } from '../../core/trials/blockTiming.js';
import {
  decide,
  harmSoFar,
  stopped,
  type Decision,
  type TrialBlock,
  type TrialTerms,
} from '../../core/trials/decision.js';
import { Random } from '../../core/statistics/random.js';
import { KnobSwitch, type KnobTurner, type TurnedKnob } from './knobSwitch.js';

/**
 * Agents send what ended within some 50 ms; but times of items from end to end are known for what is a second old
 * (`PipelineAnalysis`), when records of all threads and processes have come.
 */
export const SETTLED_NS = 1.1e9;
const POLL_MS = 20;
/** Gauges come four times a second, so nothing for so long means that the program hangs or is gone. */
const SILENCE_MS = 10_000;
/** A change is in the records a moment after it was confirmed. */
const SEEN_MS = 1000;
/** Libraries report a knob's value anew a moment after it was set; what comes later is the program's own doing. */
const OWN_CHANGE_NS = 500e6;

/** The session that a trial runs in. */
export interface TrialHost {
  readonly knobs: KnobTurner;
  /** The newest moment of session time. */
  newestNs(): number;
  figures(pipeline: string, range: { fromNs: number; toNs: number }): BlockFigures | null;
  /** Knobs that were turned, from number `from` on. */
  turns(from: number): readonly { knob: string; to: number | null; atNs: number }[];
  /** Why there is no program to try anything on; null: there is one. */
  over(): string | null;
}

export interface TrialPlan {
  readonly pipeline: string;
  /** Empty: nothing changes, all blocks are under the same setting. */
  readonly knobs: readonly TurnedKnob[];
  readonly blocksPerSide: number;
  readonly timing: BlockTiming;
  readonly seed: number;
  /** Told when a block begins, with its number from 1 on and the milliseconds to the verdict at most. */
  readonly began?: (block: number, leftMs: number) => void;
}

export interface TrialOutcome extends Decision {
  readonly blocks: readonly TrialBlock[];
}

/** Why a trial does not go on. */
interface Interruption {
  readonly verdict: 'rolledBack' | 'aborted';
  readonly reason: string;
}

interface Pending {
  readonly side: Side;
  readonly fromNs: number;
  readonly toNs: number;
}

/** Runs one plan. */
export class LiveTrial {
  readonly #host: TrialHost;
  readonly #plan: TrialPlan;
  readonly #terms: TrialTerms;
  readonly #signal: AbortSignal;
  readonly #switch: KnobSwitch;
  readonly #blocks: TrialBlock[] = [];
  #pending: Pending[] = [];
  /** Changes of knobs that have been seen, and when the newest of our own took effect. */
  #turnsSeen = 0;
  #changedNs = -Infinity;

  /** `signal` stops it; its reason is told when it is a text. */
  constructor(host: TrialHost, plan: TrialPlan, terms: TrialTerms, signal: AbortSignal) {
    this.#host = host;
    this.#plan = plan;
    this.#terms = terms;
    this.#signal = signal;
    this.#switch = new KnobSwitch(host.knobs, plan.knobs);
  }

  /** Runs the trial. When it resolves the program is under the candidate if that was kept, else as it was. */
  async run(): Promise<TrialOutcome> {
    this.#turnsSeen = this.#host.turns(0).length;
    try {
      const interruption = await this.#runBlocks();
      const decision =
        interruption === null
          ? decide(this.#blocks, this.#terms)
          : stopped(interruption.verdict, interruption.reason, this.#blocks, this.#terms);
      return { ...(await this.#carriedOut(decision)), blocks: this.#blocks };
    } finally {
      await this.#switch.dispose();
    }
  }

  async #carriedOut(decision: Decision): Promise<Decision> {
    if (decision.verdict !== 'kept') return decision;
    const kept = await this.#switch.keep();
    if (kept.ok) return decision;
    return {
      ...decision,
      verdict: 'aborted',
      reason: `The candidate could not be kept: ${kept.error}.`,
    };
  }

  async #runBlocks(): Promise<Interruption | null> {
    const { blocksPerSide, timing, seed, knobs } = this.#plan;
    const order = blockOrder(blocksPerSide, new Random(seed));
    let atNs = this.#host.newestNs();
    for (const [i, side] of order.entries()) {
      const leftNs = trialNs(timing, order.length - i, SETTLED_NS);
      this.#plan.began?.(i + 1, Math.ceil(leftNs / 1e6));
      const isChange = knobs.length > 0 && this.#switch.side !== side;
      if (isChange) {
        const failed = await this.#turn(side);
        if (failed !== null) return failed;
        atNs = Math.max(this.#changedNs, atNs) + timing.warmUpNs;
      }
      const block = {
        side: knobs.length > 0 ? side : 'a',
        fromNs: atNs,
        toNs: atNs + timing.blockNs,
      } as const;
      this.#pending.push(block);
      const stop = await this.#until(block.toNs);
      if (stop !== null) return stop;
      atNs = block.toNs;
    }
    return this.#until(atNs + SETTLED_NS);
  }

  async #turn(side: Side): Promise<Interruption | null> {
    const turned = await this.#switch.to(side);
    if (!turned.ok) return { verdict: 'aborted', reason: `${turned.error}.` };
    const startMs = performance.now();
    const wanted = this.#plan.knobs.length;
    this.#changedNs = this.#host.newestNs();
    for (;;) {
      const turns = this.#ownTurns();
      if (turns.length >= wanted) {
        this.#turnsSeen += this.#host.turns(this.#turnsSeen).length;
        this.#changedNs = Math.max(...turns.map(({ atNs }) => atNs));
        return null;
      }
      // A knob that was at the value already says nothing.
      if (performance.now() - startMs > SEEN_MS) return null;
      await pause(POLL_MS);
    }
  }

  #ownTurns(): readonly { knob: string; atNs: number }[] {
    return this.#host
      .turns(this.#turnsSeen)
      .filter(({ knob }) => this.#plan.knobs.some((own) => own.knob === knob));
  }

  /** Waits until the session is so far, and reads blocks as they get complete. */
  async #until(ns: number): Promise<Interruption | null> {
    let newestNs = this.#host.newestNs();
    let heardMs = performance.now();
    for (;;) {
      const stop = this.#read() ?? this.#trouble();
      if (stop !== null) return stop;
      if (newestNs >= ns) return null;
      await pause(POLL_MS);
      const now = this.#host.newestNs();
      if (now > newestNs) heardMs = performance.now();
      newestNs = now;
      if (performance.now() - heardMs > SILENCE_MS) {
        return aborted(`Nothing was heard from the program for ${SILENCE_MS / 1000} s.`);
      }
    }
  }

  /** Reads the blocks that are complete. */
  #read(): Interruption | null {
    const settledNs = this.#host.newestNs() - SETTLED_NS;
    for (
      let [next] = this.#pending;
      next !== undefined && next.toNs <= settledNs;
      [next] = this.#pending
    ) {
      this.#pending = this.#pending.slice(1);
      const { side, fromNs, toNs } = next;
      const figures = this.#host.figures(this.#plan.pipeline, { fromNs, toNs });
      if (figures === null) return aborted(`There is no pipeline ${this.#plan.pipeline} any more.`);
      this.#blocks.push({ side, figures });
      const harm = harmSoFar(this.#blocks, this.#terms);
      if (harm !== null) return { verdict: 'rolledBack', reason: `Taken back early: ${harm}.` };
    }
    return null;
  }

  #trouble(): Interruption | null {
    if (this.#signal.aborted) {
      const reason: unknown = this.#signal.reason;
      return aborted(typeof reason === 'string' ? reason : 'It was stopped.');
    }
    const over = this.#host.over();
    if (over !== null) return aborted(over);
    const { lost } = this.#switch;
    if (lost !== null) return aborted(`The candidate was taken back by the program: ${lost}.`);
    const late = this.#ownTurns().find(({ atNs }) => atNs > this.#changedNs + OWN_CHANGE_NS);
    if (late !== undefined) return aborted('The program turned the knob itself meanwhile.');
    return null;
  }
}

function aborted(reason: string): Interruption {
  return { verdict: 'aborted', reason };
}

async function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
