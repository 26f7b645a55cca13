/**
 * What a host (the editor, the terminal) says to the engine and hears from it. The engine runs on a worker thread in the
 * editor and in the terminal's own thread there; both speak this protocol, so they do the same job through the same code.
 * Every request gets exactly one reply: `ok`, `failed`, and `failed` too when the engine is closed meanwhile.
 */
import type { KnobPreview } from '../core/advice/previewKnob.js';
import type { ExportFormat } from '../core/foreign/exportSession.js';
import type { ExportRange } from '../core/foreign/exportText.js';
import type { ViewReply, ViewRequest } from '../core/panel/view.js';
import type { HitReply, HitRequest } from '../core/panel/hit.js';
import type { Query, QueryReply } from '../core/panel/query.js';
import type { PanelSnapshot, SessionState } from '../core/panel/snapshot.js';
import type { Objective } from '../core/prediction/search.js';
import type { Report } from '../core/report/report.js';
import type { TrialRecord } from '../core/trials/record.js';
import type { KnobMove } from '../core/trials/setting.js';
import type { TrialStep } from '../core/trials/step.js';
import type { TrialOptions, TuneOptions, TuneResult } from '../core/trials/tuning.js';

export type SessionId = string & { readonly brand: 'SessionId' };

/** Requests and what each is answered with. */
export interface EngineCalls {
  /**
   * Starts listening (once) and opens a session that agents can join. The capture grows at `capturePath`. `successorOf`: a live
   * session whose address this one takes over, so that what starts in the same environment from now on joins this one.
   */
  createSession: {
    in: {
      readonly title: string;
      readonly capturePath: string;
      readonly successorOf?: SessionId;
    };
    out: { readonly session: SessionId; readonly url: string; readonly token: string };
  };
  /**
   * Reads a trace file: a capture, or what another tool wrote (`foreignCapture.ts`). Fails only when the file cannot be read
   * at all or is no trace.
   */
  openCapture: {
    in: {
      readonly path: string;
      /** Traces of other tools, of the same run, to put beside it (`besideCapture.ts`). */
      readonly beside?: readonly string[] | undefined;
    };
    out: { readonly session: SessionId };
  };
  /**
   * The same, but answers as soon as the file is known to be a capture; what has been read can be looked at meanwhile. `title`:
   * what the session is called, if not by its file.
   */
  beginCapture: {
    in: EngineCalls['openCapture']['in'] & { readonly title?: string | undefined };
    out: { readonly session: SessionId };
  };
  /** What is known now. `advise`: somebody looks on, so advice is renewed for later ones; it takes part of the engine's time. */
  snapshot: { in: { readonly session: SessionId; readonly advise?: boolean }; out: PanelSnapshot };
  /**
   * The report with advice, which is worked out for it. `earlier`: sessions of the same program under other settings. `isWatched`:
   * it is asked for again and again; then it holds the advice that is known, which is renewed as for `snapshot`.
   */
  report: {
    in: {
      readonly session: SessionId;
      readonly isWatched?: boolean;
      readonly earlier?: readonly SessionId[];
      readonly objective?: Objective;
    };
    out: Report;
  };
  /** What another value of a knob would do; worked out for exactly that setting. `knob` is the report's knob id. */
  previewKnob: {
    in: { readonly session: SessionId; readonly knob: string; readonly value: number };
    out: KnobPreview;
  };
  /**
   * Draws. `viewer` names who looks: the newest of its requests wins, and one that is still being drawn is given up, with null
   * for an answer.
   */
  view: {
    in: { readonly session: SessionId; readonly viewer: number; readonly request: ViewRequest };
    out: ViewReply | null;
  };
  hit: { in: { readonly session: SessionId; readonly request: HitRequest }; out: HitReply };
  /** Answers a question; of each kind the newest of a viewer counts, as with `view`. */
  query: {
    in: { readonly session: SessionId; readonly viewer: number; readonly query: Query };
    out: QueryReply | null;
  };
  /**
   * Writes the session to a file in the format of another tool (`.gz` compresses), or a stretch of it; resolves with the
   * files: `cpuprofile` gives one for each thread, beside `path`, unless there is one only or `thread` names it.
   */
  exportCapture: {
    in: {
      readonly session: SessionId;
      readonly path: string;
      readonly format: ExportFormat;
      readonly range: ExportRange | null;
      readonly thread: string | null;
    };
    out: { readonly files: readonly string[] };
  };
  /** Threads of which there are CPU samples. */
  sampledThreads: { in: { readonly session: SessionId }; out: readonly string[] };
  /**
   * Sets a live knob in the running process; resolves when the agent has confirmed. `knob` is the report's knob id; `value`
   * null: unlimited, for a knob that has been that.
   */
  setKnob: {
    in: { readonly session: SessionId; readonly knob: string; readonly value: number | null };
    out: null;
  };
  /**
   * Tries a change of knobs out on the running program: blocks with and without it by turns. Resolves with the verdict; then
   * the knobs are at the candidate if that was kept, else as they were. One at a time in a session. Fails when it cannot begin.
   */
  startTrial: {
    in: {
      readonly session: SessionId;
      /** null: the first one with live knobs. */
      readonly pipeline: string | null;
      readonly moves: readonly KnobMove[];
      /** Why it is tried, for the journal. */
      readonly why: string;
      readonly options: TrialOptions;
    };
    out: TrialRecord;
  };
  /** Searches for better settings, trial by trial; each is told as a `trial` event. Resolves when it is enough, or stopped. */
  startTuning: {
    in: { readonly session: SessionId; readonly tuning: TuneOptions };
    out: TuneResult;
  };
  /**
   * Stops the trial or the search that is under way; resolves when the knobs have their confirmed values again. `asked`: somebody
   * wants it; `over`: the program has ended.
   */
  stopTrials: { in: { readonly session: SessionId; readonly why: 'asked' | 'over' }; out: null };
  /** Samples every thread of every process, also of those that join later; resolves when at least one does. */
  startCpuProfile: {
    in: { readonly session: SessionId; readonly durationMs: number; readonly intervalUs: number };
    out: null;
  };
  /** Ends the profile that runs; resolves when the samples have been handed over. */
  stopCpuProfile: { in: { readonly session: SessionId }; out: null };
  /**
   * Follows items from stage to stage in every process that is connected, for so long (1 to 600,000 ms); what is learned
   * comes with the reports. Resolves when it was ordered; fails when some process refused.
   */
  learnTopology: { in: { readonly session: SessionId; readonly durationMs: number }; out: null };
  /** Lets agents go and closes the capture file; the session can still be looked at. */
  endSession: { in: { readonly session: SessionId }; out: null };
  /** Ends the session and forgets it. The capture file stays. */
  closeSession: { in: { readonly session: SessionId }; out: null };
  /**
   * Gives up the request with this id: a capture that is read, a report or a preview that is worked out. That one fails then,
   * unless it was done before; others go on as if nothing had been said.
   */
  cancel: { in: { readonly request: number }; out: null };
}

export type EngineCall = keyof EngineCalls;

export type EngineRequest = {
  [K in EngineCall]: {
    readonly id: number;
    readonly call: K;
    readonly input: EngineCalls[K]['in'];
  };
}[EngineCall];

export type EngineReply =
  | { readonly kind: 'ok'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

/** What the sessions view and the status bar show of a session. */
export interface SessionInfo {
  readonly session: SessionId;
  readonly title: string;
  readonly state: SessionState;
  readonly processes: readonly { readonly pid: number; readonly title: string }[];
  readonly executions: number;
  readonly lostRecords: number;
  readonly capturePath: string;
  readonly bytes: number;
  /** How much of a file has been read, 0..1; 1 for live sessions. */
  readonly readShare: number;
}

/** Unasked news, at most every 250 ms per session. */
export type EngineEvent =
  | { readonly kind: 'changed'; readonly info: SessionInfo }
  | { readonly kind: 'closed'; readonly session: SessionId }
  /** A search is on; `record`: a trial of it is over. */
  | {
      readonly kind: 'trial';
      readonly session: SessionId;
      readonly text: string;
      readonly record: TrialRecord | null;
    }
  /** How far the trial is that runs, alone or in a search. */
  | { readonly kind: 'trialStep'; readonly session: SessionId; readonly step: TrialStep }
  /** Trouble that is nobody's reply: a refused connection, a disk that is full. */
  | {
      readonly kind: 'problem';
      readonly session: SessionId | null;
      readonly message: string;
    };
