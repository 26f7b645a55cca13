/** A run of the command from its beginning to its end, as one block of a trial. */
import { ok, fail, type Result } from '../../agent/wire/result.js';
import type { KnobReport, PipelineReport, Report } from '../core/report/report.js';
import type { BlockFigures } from '../core/trials/blockFigures.js';
import type { SessionId } from '../engine/protocol.js';
import { reasonOf } from '../engine/reason.js';
import { observe, type RunOrder } from './observedRun.js';
import type { TuneParts } from './tuneCommand.js';

/** What came of it. */
export interface WholeRun {
  readonly figures: BlockFigures;
  readonly report: Report;
  /** Why it does not count; null: it does. */
  readonly failure: string | null;
}

/** What is to be run. */
export interface WholeRunOrder extends Omit<RunOrder, 'out'> {
  /** Whose figures count; null: those of the first one that is the program's own. */
  readonly pipeline: string | null;
  /** Live knobs that get a value as soon as the program has made them. */
  readonly knobs?: readonly StartValue[];
}

/** A live knob and the value that it gets; process ids differ from run to run, so names find it. */
export interface StartValue extends Pick<KnobReport, 'name' | 'stage' | 'queue'> {
  /** null: unlimited. */
  readonly to: number | null;
}

const POLL_MS = 25;

/** Runs the command once. Fails when it could not begin. */
export async function wholeRun(
  { engine, context }: Pick<TuneParts, 'engine' | 'context'>,
  { knobs = [], pipeline, ...order }: WholeRunOrder,
): Promise<Result<WholeRun>> {
  const work = async (
    session: SessionId,
    _: unknown,
    signal: AbortSignal,
  ): Promise<string | null> => setKnobs(engine, { session, signal }, knobs).catch(reasonOf);
  const observed = await observe(engine, context, { ...order, out: null }, work);
  if (!observed.ok) return fail(observed.error.message);
  const { exit, report, elapsedMs, outcome } = observed.value;
  const isFailed = exit.kind === 'signal' || exit.code !== 0;
  const how = exit.kind === 'signal' ? `ended by ${exit.signal}` : `exit code ${exit.code}`;
  return ok({
    report,
    figures: figuresOf(measuredPipeline(report, pipeline), elapsedMs),
    failure: isFailed ? how : outcome,
  });
}

/** Gives knobs their values as they appear. Resolves with what went wrong, or null. */
async function setKnobs(
  engine: TuneParts['engine'],
  { session, signal }: { readonly session: SessionId; readonly signal: AbortSignal },
  values: readonly StartValue[],
): Promise<string | null> {
  const left = [...values];
  while (left.length > 0) {
    if (signal.aborted) return `${left[0]?.name ?? 'a knob'} never appeared`;
    const { report } = await engine.call('snapshot', { session });
    const present = report.pipelines.flatMap((p) => p.knobs).filter(({ live }) => live);
    for (const value of [...left]) {
      const found = present.filter((knob) => isSameKnob(knob, value));
      if (found.length === 0) continue;
      for (const knob of found) {
        if (knob.value !== value.to)
          await engine.call('setKnob', { session, knob: knob.id, value: value.to });
      }
      left.splice(left.indexOf(value), 1);
    }
    if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return null;
}

/** Are they the same knob, maybe in two runs of the program? */
export function isSameKnob(
  a: Pick<KnobReport, 'name' | 'stage' | 'queue'>,
  b: Pick<KnobReport, 'name' | 'stage' | 'queue'>,
): boolean {
  return a.name === b.name && a.stage === b.stage && a.queue === b.queue;
}

/** The pipeline of that name; without a name the first one that is the program's own. */
export function measuredPipeline(report: Report, name: string | null): PipelineReport | undefined {
  return report.pipelines.find((p) =>
    name === null ? !p.isShared && !p.isImported : p.name === name,
  );
}

function figuresOf(pipeline: PipelineReport | undefined, elapsedMs: number): BlockFigures {
  const executions = sumOf(pipeline, ({ executions: n }) => n);
  return {
    fromNs: 0,
    toNs: elapsedMs * 1e6,
    completions: pipeline?.stages.at(-1)?.items ?? 0,
    throughputPerSec: pipeline?.throughputPerSec ?? 0,
    executions,
    errors: sumOf(pipeline, ({ errors }) => errors),
    latencyNs: pipeline?.latencyNs ?? null,
    latencyBy: 'items',
    rssBytes: null,
    loopDelayNs: null,
    cpuCores: null,
    lostRecords: 0,
  };
}

function sumOf(
  pipeline: PipelineReport | undefined,
  figure: (stage: PipelineReport['stages'][number]) => number,
): number {
  return pipeline?.stages.reduce((sum, stage) => sum + figure(stage), 0) ?? 0;
}
