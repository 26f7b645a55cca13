/**
 * The tools over the editor's sessions. A bundle of its own (dist/assistants.cjs), loaded with the first call of a tool: the
 * start of the extension pays for none of it. Knows nothing of VS Code.
 */
import path from 'node:path';
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { type Answer, plainName } from '../../core/assistants/answer.js';
import { bottleneckAnswer } from '../../core/assistants/bottleneck.js';
import { knobChangeInput, orThrow, whichInput } from '../../core/assistants/inputs.js';
import { previewAnswer } from '../../core/assistants/preview.js';
import { reportAnswer } from '../../core/assistants/report.js';
import { sessionsAnswer } from '../../core/assistants/sessions.js';
import type { ReadingToolName } from '../../core/assistants/tools.js';
import { chooseKnob, choosePipeline, whyNotValue } from '../../core/assistants/which.js';
import type { KnobReport, Report } from '../../core/report/report.js';
import type { SessionId, SessionInfo } from '../../engine/protocol.js';
import type { CallEngine } from '../engineLink.js';

/** What the tools work with. */
export interface EditorToolContext {
  readonly call: CallEngine;
  /** Live ones first, then the newest first. */
  readonly sessions: () => readonly SessionInfo[];
  /** The session whose panel has the focus. */
  readonly inFront: () => SessionId | undefined;
  /** The edit of the source that makes the change, as a unified diff; null: it is not known where the value stands. */
  readonly previewEdit?: (
    session: SessionId,
    knob: KnobReport,
    value: number,
  ) => Promise<string | null>;
}

const NO_SESSION =
  'Ask the user to profile a program (Sluice: Profile Active File) or to open a capture (Sluice: Open Capture…).';

/** Answers a call. Rejects with an `Error` whose message is for the model. */
export async function runEditorTool(
  tool: ReadingToolName,
  input: unknown,
  context: EditorToolContext,
  signal: AbortSignal,
): Promise<Answer> {
  switch (tool) {
    case 'list_sessions':
      return listSessions(context.sessions());
    case 'report': {
      const which = orThrow(whichInput(input));
      const { info, report } = await reported(context, which.session, signal);
      const chosen =
        which.pipeline === null ? undefined : [orThrow(choosePipeline(report, which.pipeline))];
      return withRemark(reportAnswer(info.session, report, chosen), info);
    }
    case 'explain_bottleneck': {
      const which = orThrow(whichInput(input));
      const { info, report } = await reported(context, which.session, signal);
      const pipeline = orThrow(choosePipeline(report, which.pipeline));
      return withRemark(bottleneckAnswer(info.session, report, pipeline), info);
    }
    case 'preview_knob_change':
      return preview(input, context, signal);
  }
}

function listSessions(all: readonly SessionInfo[]): Answer {
  const listed = all.map((info) => ({
    id: info.session,
    title: info.title,
    state: info.state,
    executions: info.executions,
    bytes: info.bytes,
    changedUnixMs: null,
  }));
  return sessionsAnswer(listed, all.length, NO_SESSION);
}

async function preview(
  input: unknown,
  context: EditorToolContext,
  signal: AbortSignal,
): Promise<Answer> {
  const { session: id, value: to, ...wanted } = orThrow(knobChangeInput(input));
  const { info, report } = await reported(context, id, signal);
  const { session } = info;
  const chosen = orThrow(chooseKnob(report, wanted));
  const wrong = whyNotValue(chosen.knob, to);
  if (wrong !== null) throw new Error(wrong);
  const change = { session, knob: chosen.knob.id, value: to };
  const found = await context.call('previewKnob', change, signal);
  const edit = (await context.previewEdit?.(session, chosen.knob, to)) ?? null;
  return withRemark(previewAnswer({ ...chosen, session, to, preview: found, edit }), info);
}

async function reported(
  context: EditorToolContext,
  id: string | null,
  signal: AbortSignal,
): Promise<{ readonly info: SessionInfo; readonly report: Report }> {
  const info = orThrow(chooseSession(context, id));
  const report = await context.call('report', { session: info.session }, signal);
  return { info, report };
}

/** The session with this id, or with this capture; null: the one in front, else the first of the list. */
function chooseSession(context: EditorToolContext, id: string | null): Result<SessionInfo> {
  const all = context.sessions();
  const inFront = context.inFront();
  const found =
    id === null
      ? (all.find((info) => info.session === inFront) ?? all[0])
      : all.find((info) => info.session === id || path.basename(info.capturePath) === id);
  if (found !== undefined) return ok(found);
  if (all.length === 0) return fail(`There is no session. ${NO_SESSION}`);
  const ids = all.slice(0, 20).map((info) => info.session);
  return fail(`There is no session ${plainName(id ?? '')}. There are: ${ids.join(', ')}.`);
}

function withRemark(answer: Answer, { state }: SessionInfo): Answer {
  const remark =
    state === 'live'
      ? 'The session is live: it goes on.'
      : state === 'reading'
        ? 'The capture is still being read: this is about its beginning.'
        : null;
  return remark === null ? answer : { ...answer, text: `${answer.text}\n\n${remark}` };
}
