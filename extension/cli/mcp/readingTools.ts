/** The tools that read, over this server's sessions. */
import type { Answer } from '../../core/assistants/answer.js';
import { bottleneckAnswer } from '../../core/assistants/bottleneck.js';
import { knobChangeInput, orThrow, whichInput } from '../../core/assistants/inputs.js';
import { previewAnswer } from '../../core/assistants/preview.js';
import { reportAnswer } from '../../core/assistants/report.js';
import { sessionsAnswer } from '../../core/assistants/sessions.js';
import { READING_TOOLS } from '../../core/assistants/tools.js';
import { chooseKnob, choosePipeline, whyNotValue } from '../../core/assistants/which.js';
import type { Report } from '../../core/report/report.js';
import type { EngineClient } from '../../engine/engineClient.js';
import { NO_SESSION_HINT, type Sessions, type UsableSession } from './sessions.js';
import type { ServerTool, ToolCall } from './toolCall.js';

/** One of each. */
export function readingTools(engine: EngineClient, sessions: Sessions): readonly ServerTool[] {
  const effect = 'reads';
  /** Hands the report of the session that was asked for to `tell`. */
  const withReport = async (
    id: string | null,
    call: ToolCall,
    tell: (usable: UsableSession, report: Report) => Answer | Promise<Answer>,
  ): Promise<Answer> =>
    sessions.use(id, call, async (usable) => {
      const { session } = usable;
      const report = await engine.call('report', { session }, call.signal);
      return withRemark(await tell(usable, report), usable, report);
    });
  return [
    {
      declaration: READING_TOOLS.list_sessions,
      effect,
      run: async () => {
        const { sessions: all, total } = await sessions.list();
        return sessionsAnswer(all, total, NO_SESSION_HINT);
      },
    },
    {
      declaration: READING_TOOLS.report,
      effect,
      run: async (input, call) => {
        const { session, pipeline } = orThrow(whichInput(input));
        return withReport(session, call, ({ id }, report) => {
          if (pipeline === null) return reportAnswer(id, report);
          return reportAnswer(id, report, [orThrow(choosePipeline(report, pipeline))]);
        });
      },
    },
    {
      declaration: READING_TOOLS.explain_bottleneck,
      effect,
      run: async (input, call) => {
        const { session, pipeline } = orThrow(whichInput(input));
        return withReport(session, call, ({ id }, report) =>
          bottleneckAnswer(id, report, orThrow(choosePipeline(report, pipeline))),
        );
      },
    },
    {
      declaration: READING_TOOLS.preview_knob_change,
      effect,
      run: async (input, call) => {
        const { session, value: to, ...wanted } = orThrow(knobChangeInput(input));
        return withReport(session, call, async (usable, report) => {
          const chosen = orThrow(chooseKnob(report, wanted));
          const wrong = whyNotValue(chosen.knob, to);
          if (wrong !== null) throw new Error(wrong);
          const change = { session: usable.session, knob: chosen.knob.id, value: to };
          const preview = await engine.call('previewKnob', change, call.signal);
          return previewAnswer({ ...chosen, session: usable.id, to, preview, edit: null });
        });
      },
    },
  ];
}

/** What is not over is told as it is now. */
function withRemark(answer: Answer, { freshness }: UsableSession, report: Report): Answer {
  const isRunning = report.capture.processes.some(({ ended }) => !ended);
  if (freshness === 'over' || !isRunning) return answer;
  const remark =
    freshness === 'live'
      ? 'The session is live: it goes on.'
      : 'The capture is still being written: it was read up to its last whole record. That a process stopped without a last word may just mean that it still runs.';
  return { ...answer, text: `${answer.text}\n\n${remark}` };
}
