/** The answer to `list_sessions`. */
import { formatBytes, formatCount } from '../format.js';
import { DATA_NOTICE, listed, plainName, quotedName, textOf, type Answer } from './answer.js';

/** A session as an assistant sees it. */
export interface ListedSession {
  readonly id: string;
  readonly title: string;
  /** `recent`: a capture that changed a moment ago, so somebody may still be writing it. */
  readonly state: 'waiting' | 'live' | 'reading' | 'ended' | 'capture' | 'recent';
  /** null: not known before the capture is read. */
  readonly executions: number | null;
  readonly bytes: number | null;
  /** Unix time of the last change, in milliseconds; null: not known. */
  readonly changedUnixMs: number | null;
}

/** Sessions that an answer lists. */
export const MAX_SESSIONS = 50;

const states: Readonly<Record<ListedSession['state'], string>> = {
  waiting: 'live, no process has joined yet',
  live: 'live',
  reading: 'capture, being read',
  ended: 'ended',
  capture: 'capture',
  recent: 'capture, changed a moment ago',
};

/** Lists them in this order. `total`: how many there are; `hint`: what to do when there is none. */
export function sessionsAnswer(
  sessions: readonly ListedSession[],
  total: number,
  hint: string,
): Answer {
  const shown = sessions.slice(0, MAX_SESSIONS);
  const data = shown.map(({ id, title, state, executions, bytes, changedUnixMs }) => ({
    id: plainName(id),
    title: plainName(title),
    state,
    executions,
    bytes,
    changed: changedUnixMs === null ? null : new Date(changedUnixMs).toISOString(),
  }));
  if (shown.length === 0)
    return { text: `There is no session. ${hint}`, data: { sessions: [], total: 0 } };
  const lines = listed(shown, MAX_SESSIONS, (s) => `- ${lineOf(s)}`);
  const more =
    total > shown.length ? [`- (and ${formatCount(total - shown.length)} older ones)`] : [];
  return { text: textOf([DATA_NOTICE, '', ...lines, ...more]), data: { sessions: data, total } };
}

function lineOf({ id, title, state, executions, bytes, changedUnixMs }: ListedSession): string {
  const facts = [states[state]];
  if (title !== id) facts.push(quotedName(title));
  if (executions !== null) facts.push(`${formatCount(executions)} executions`);
  if (bytes !== null) facts.push(formatBytes(bytes));
  if (changedUnixMs !== null) facts.push(`changed ${new Date(changedUnixMs).toISOString()}`);
  return `${quotedName(id)}: ${facts.join(', ')}`;
}
