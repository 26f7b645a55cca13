/** The tools that do something: run a program, attach to one, set a knob, stop. Each asks the user first. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { integerIn, listOf, nullable, object, text } from '../../../agent/wire/validate.js';
import { type Answer, DATA_NOTICE, quotedName, sentence } from '../../core/assistants/answer.js';
import { checked, knobChangeInput, orThrow } from '../../core/assistants/inputs.js';
import {
  knobProperties,
  type ToolDeclaration,
  whichProperties,
} from '../../core/assistants/tools.js';
import { chooseKnob, whyNotValue } from '../../core/assistants/which.js';
import { formatCount, printable } from '../../core/format.js';
import { knobText } from '../../core/report/adviceFacts.js';
import type { EngineClient } from '../../engine/engineClient.js';
import type { LiveSession, LiveSessions } from './liveSessions.js';
import type { Sessions } from './sessions.js';
import type { ServerTool, ToolCall } from './toolCall.js';

/** Longest wait for a program. */
const MAX_WAIT_SEC = 600;
const DEFAULT_WAIT_SEC = 20;
const MAX_ARGUMENTS = 256;
/** Longest command and folder: what is longer cannot be shown to the user in full. */
const MAX_SHOWN = 3000;

const checkRun = object({
  command: listOf(text(8192), MAX_ARGUMENTS),
  folder: nullable(text(4096)),
  waitSeconds: nullable(integerIn(0, MAX_WAIT_SEC)),
});
const checkAttach = object({ pid: integerIn(1, 2 ** 31 - 1) });
const checkStop = object({ session: nullable(text(1024)) });

const asks = 'The user is asked first and may decline.';
const { session } = whichProperties;

/** Declarations of the tools that do something. */
export const LIVE_TOOLS = {
  profile_command: {
    name: 'profile_command',
    title: 'Profile a command',
    description: `Runs a command with the Sluice agent in it and in every Node.js process that it starts, as a live session of its own, and waits for its end or for some seconds. ${asks} It has no input and no shell: give the program and its arguments one by one. It goes on when the time is over; stop_session stops it.`,
    inputSchema: {
      type: 'object',
      properties: {
        command: {
          type: 'array',
          items: { type: 'string' },
          minItems: 1,
          maxItems: MAX_ARGUMENTS,
          description: 'The program and its arguments: ["node", "app.js"]',
        },
        folder: {
          type: 'string',
          description: 'Folder to run it in. Left out: that of the server.',
        },
        waitSeconds: {
          type: 'integer',
          minimum: 0,
          maximum: MAX_WAIT_SEC,
          description: `How long to wait for its end before answering (${DEFAULT_WAIT_SEC}).`,
        },
      },
      required: ['command'],
      additionalProperties: false,
    },
  },
  attach: {
    name: 'attach',
    title: 'Attach to a program',
    description: `Makes a running program that has the Sluice agent in it (sluice ps lists them) record for a live session. ${asks} The program goes on as it was after stop_session.`,
    inputSchema: {
      type: 'object',
      properties: { pid: { type: 'integer', minimum: 1, description: 'Its process id.' } },
      required: ['pid'],
      additionalProperties: false,
    },
  },
  set_knob: {
    name: 'set_knob',
    title: 'Set a knob',
    description: `Sets a knob of a running program that can be set while it runs (the report says which) in a live session of this server. ${asks} Preview it with preview_knob_change first.`,
    inputSchema: {
      type: 'object',
      properties: { ...whichProperties, ...knobProperties },
      required: ['knob', 'value'],
      additionalProperties: false,
    },
  },
  stop_session: {
    name: 'stop_session',
    title: 'Stop a session',
    description: `Ends a live session of this server: a program that it runs is stopped, one that it was attached to goes on; the capture stays. ${asks}`,
    inputSchema: { type: 'object', properties: { session }, additionalProperties: false },
  },
} as const satisfies Readonly<Record<string, ToolDeclaration>>;

/** What the tools work with. */
export interface LiveToolContext {
  readonly engine: EngineClient;
  readonly sessions: Sessions;
  readonly live: LiveSessions;
}

/** One of each. */
export function liveTools(context: LiveToolContext): readonly ServerTool[] {
  return [
    {
      declaration: LIVE_TOOLS.profile_command,
      effect: 'destructive',
      run: async (input, call) => profileCommand(context, input, call),
    },
    {
      declaration: LIVE_TOOLS.attach,
      effect: 'writes',
      run: async (input, call) => {
        const { pid } = orThrow(checked(checkAttach, input));
        const program = orThrow(await context.live.find(pid));
        const what = `${sentence(program.title)} (process id ${pid}, in ${sentence(program.cwd)})`;
        orThrow(await call.confirm(`Let Sluice record this running program?\n${what}`));
        return startedAnswer(context, orThrow(await context.live.attach(program, call.signal)));
      },
    },
    {
      declaration: LIVE_TOOLS.set_knob,
      effect: 'destructive',
      run: async (input, call) => setKnob(context, input, call),
    },
    {
      declaration: LIVE_TOOLS.stop_session,
      effect: 'destructive',
      run: async (input, call) => stopSession(context, input, call),
    },
  ];
}

async function profileCommand(
  context: LiveToolContext,
  input: unknown,
  call: ToolCall,
): Promise<Answer> {
  const { command, folder, waitSeconds } = orThrow(checked(checkRun, input));
  const [file, ...args] = command;
  if (file === undefined || file === '') throw new Error('arguments.command: it names no program');
  const cwd = await folderOf(folder);
  const question = `Run this command under Sluice, in ${printable(cwd)}?\n${shownCommand(command)}`;
  if (question.length > MAX_SHOWN) {
    throw new Error(
      'arguments.command: it is too long to be shown to the user; put it into a script',
    );
  }
  orThrow(await call.confirm(question));
  const started = orThrow(await context.live.run([file, ...args], cwd));
  const waitMs = (waitSeconds ?? DEFAULT_WAIT_SEC) * 1000;
  const isWanted = await waitForEnd(started, waitMs, call);
  if (!isWanted) {
    await context.live.stop(started);
    throw new Error('it was cancelled, and the program was stopped');
  }
  if (started.program?.end !== null) await context.live.settled(started);
  return startedAnswer(context, started);
}

/** As one would type it. */
function shownCommand(command: readonly string[]): string {
  const words = command.map((word) => (/^[\w./:=@+-]+$/.test(word) ? word : JSON.stringify(word)));
  return printable(words.join(' '));
}

async function folderOf(folder: string | null): Promise<string> {
  const cwd = path.resolve(folder ?? '.');
  const found = await stat(cwd).catch(() => null);
  if (found?.isDirectory() === true) return cwd;
  throw new Error(`arguments.folder: ${sentence(cwd)} is no folder`);
}

/** Until the program ends or the time is over; false when nobody wants it any more. */
async function waitForEnd(
  { program, title }: LiveSession,
  waitMs: number,
  { signal, progress }: ToolCall,
): Promise<boolean> {
  progress(0, `${sentence(title)} runs`);
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', settle);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(settle, waitMs);
    signal.addEventListener('abort', settle, { once: true });
    if (signal.aborted) settle();
    void program?.ended.then(settle);
  });
}

async function startedAnswer({ engine }: LiveToolContext, live: LiveSession): Promise<Answer> {
  const { report, state } = await engine.call('snapshot', { session: live.session });
  const { program } = live;
  const { executions, processes } = report.capture;
  const how = program === null ? 'attached' : (program.end ?? `running (pid ${program.pid})`);
  const output = program?.output.slice(-40) ?? [];
  const lines = [
    `Session ${quotedName(live.id)}: ${quotedName(live.title)}, ${how}.`,
    DATA_NOTICE,
    `${formatCount(executions)} executions so far, in ${formatCount(processes.length)} processes; session ${state}.`,
    `Capture: ${quotedName(path.basename(live.capturePath))}`,
    ...(executions === 0 ? report.notes.slice(0, 3).map((note) => sentence(note)) : []),
    ...(output.length === 0
      ? []
      : [
          'The end of its output:',
          '```',
          ...output.map((line) => sentence(line, 300).replaceAll('```', "'''")),
          '```',
        ]),
    'Ask for report or explain_bottleneck of this session next.',
  ];
  const capture = path.basename(live.capturePath);
  return { text: lines.join('\n'), data: { session: live.id, capture, executions } };
}

async function setKnob(
  { engine, sessions }: LiveToolContext,
  input: unknown,
  call: ToolCall,
): Promise<Answer> {
  const { session: id, value, ...wanted } = orThrow(knobChangeInput(input));
  const live = sessions.live(id);
  const { report } = await engine.call('snapshot', { session: live.session });
  const { knob, pipeline } = orThrow(chooseKnob(report, wanted));
  const name = sentence(knobText(pipeline.knobs, knob.id));
  if (!knob.live)
    throw new Error(
      `${name} cannot be set while the program runs: change it in the source and start it again`,
    );
  const wrong = whyNotValue(knob, value);
  if (wrong !== null) throw new Error(wrong);
  const before = knob.value === null ? 'unlimited' : formatCount(knob.value);
  const change = `${name}: ${before} → ${formatCount(value)}`;
  orThrow(
    await call.confirm(`Set this knob of the running program ${sentence(live.title)}?\n${change}`),
  );
  await engine.call('setKnob', { session: live.session, knob: knob.id, value });
  const text = `Done: ${change}. Measure for a while, then ask for the report again.`;
  return { text, data: { session: live.id, knob: knob.id, from: knob.value, to: value } };
}

async function stopSession(
  { sessions, live }: LiveToolContext,
  input: unknown,
  call: ToolCall,
): Promise<Answer> {
  const one = sessions.live(orThrow(checked(checkStop, input)).session);
  const what = one.program === null ? 'Let this program go' : 'Stop this program';
  if (!live.isOver(one))
    orThrow(await call.confirm(`${what} and end its session?\n${sentence(one.title)}`));
  await live.stop(one);
  const capture = path.basename(one.capturePath);
  return {
    text: `Session ${quotedName(one.id)} is over. Its capture stays, as session ${quotedName(capture)}.`,
    data: { session: one.id, capture },
  };
}
