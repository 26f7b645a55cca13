/** `sluice tune` over an engine that makes everything up: commands really run, but nothing is recorded of them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { WriteStream } from 'node:tty';
import { parseArguments } from '../../../extension/cli/arguments.js';
import type { TuneParts } from '../../../extension/cli/tuneCommand.js';
import type { KnobReport, PipelineReport, Report } from '../../../extension/core/report/report.js';
import {
  TRIAL_SCHEMA,
  type JournalEntry,
  type TrialRecord,
} from '../../../extension/core/trials/record.js';
import { EngineClient } from '../../../extension/engine/engineClient.js';
import type { EngineReply, EngineRequest, SessionId } from '../../../extension/engine/protocol.js';
import { JournalFile } from '../../../extension/engine/trials/journalFile.js';
import { pipelineOf, reportOf } from '../host/fakes.js';

/** Values of knobs by name. */
export type Setting = Readonly<Record<string, number | null>>;

/** What a made-up program is like. */
export interface FakeProgram {
  /** What its live knobs begin with. */
  readonly knobs: Setting;
  readonly pipelines?: (setting: Setting) => readonly PipelineReport[];
  /** A program was begun, the first one is 1. */
  readonly onRun?: (run: number) => void;
}

export interface FakeTune {
  readonly parts: TuneParts;
  /** The setting of each run at its end, and of each live trial at its begin. */
  readonly runs: Setting[];
  readonly trials: Setting[];
  readonly said: () => string;
  readonly dispose: () => Promise<void>;
}

export function knobOf(name: string, value: number | null): KnobReport {
  const kind = 'parallelism';
  const of = { name, kind, value, min: 1, max: null, live: true } as const;
  return { ...of, id: name, stage: 'work', queue: null, via: 'api', remark: null, source: null };
}

/** `args`: of `sluice tune`, with the command. */
export async function fakeTune(
  args: readonly string[],
  { knobs, pipelines, onRun }: FakeProgram,
): Promise<FakeTune> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-tune-'));
  await mkdir(path.join(folder, 'agent'));
  await writeFile(path.join(folder, 'agent', 'register.cjs'), '');
  const journalPath = path.join(folder, 'trials.jsonl');
  const parsed = parseArguments(['tune', '--journal', journalPath, ...args]);
  if (!parsed.ok || parsed.value.kind !== 'tune') throw new Error('no arguments of tune');
  const runs: Setting[] = [];
  const trials: Setting[] = [];
  let setting: Record<string, number | null> = {};
  let begun = 0;
  const report = (): Report => {
    const own = Object.entries(setting).map(([name, value]) => knobOf(name, value));
    return reportOf({ pipelines: [...(pipelines?.(setting) ?? [pipelineOf({ knobs: own })])] });
  };
  const answer = ({ call, input }: EngineRequest): unknown => {
    switch (call) {
      case 'createSession':
        setting = { ...knobs };
        onRun?.((begun += 1));
        return { session: `s${begun}` as SessionId, url: 'ws://127.0.0.1:1/agent', token: 't' };
      case 'setKnob':
        setting[input.knob] = input.value;
        return null;
      case 'startTrial':
        trials.push({ ...setting });
        for (const { knob, to } of input.moves) setting[knob] = to;
        return entryOf({ seed: input.options.seed });
      case 'endSession':
        runs.push({ ...setting });
        return null;
      case 'snapshot':
        return { state: 'ended', report: report() };
      case 'report':
        return report();
      default:
        return null;
    }
  };
  const { engine, context, said } = surroundings(folder, answer);
  const journal = new JournalFile(journalPath, parsed.value, () => undefined);
  const dispose = async (): Promise<void> => {
    await journal.flush();
    await engine.dispose();
    await rm(folder, { recursive: true });
  };
  return { parts: { engine, args: parsed.value, context, journal }, runs, trials, said, dispose };
}

function surroundings(
  folder: string,
  answer: (request: EngineRequest) => unknown,
): Pick<TuneParts, 'engine' | 'context'> & Pick<FakeTune, 'said'> {
  let reply: (reply: EngineReply) => void = () => undefined;
  const engine = new EngineClient({
    start: (receiver) => {
      reply = (made) => {
        receiver.reply(made);
      };
    },
    send: (request) => {
      // The answers of the table above have only what `sluice tune` looks at.
      reply({ kind: 'ok', id: request.id, output: answer(request) });
    },
    dispose: () => Promise.resolve(),
  });
  let said = '';
  const stream = { write: (text: string) => (said += text) } as unknown as WriteStream;
  const context = { stdout: stream, stderr: stream, env: process.env, distFolder: folder };
  return { engine, context, said: () => said };
}

/** A line of a journal about a trial that was kept. */
export function entryOf(changes: Partial<TrialRecord> = {}): JournalEntry {
  return {
    schema: TRIAL_SCHEMA,
    ...{ kind: 'live', atUnixMs: 1, pipeline: null, why: 'a step up', objective: 'throughput' },
    ...{ knobs: [], variable: null, blocks: [], effect: null, p: null, pAdjusted: null },
    ...{ leastEffect: 0.03, noise: null, verdict: 'kept', reason: 'Better.', seed: 1 },
    ...{ command: ['node', 'app.js'], cwd: '/', input: null, environment: null },
    ...changes,
  };
}

/** A knob of such a line. */
export function turned(
  name: string,
  [before, candidate, after]: readonly [number | null, number, number | null],
): TrialRecord['knobs'][number] {
  const { id, kind, stage, queue, source } = knobOf(name, before);
  return { id, name, kind, stage, queue, source, before, candidate, after };
}
