/** What both kinds of session tell the sessions view. */
import type { SessionModel } from '../core/sessionModel.js';
import type { SessionInfo } from './protocol.js';

/** `changed` events of one session are at least this far apart. */
export const EVENT_INTERVAL_MS = 250;

/** Joins what the model knows with what only the session knows. */
export function sessionInfo(
  model: SessionModel,
  own: Pick<SessionInfo, 'session' | 'capturePath' | 'state' | 'title' | 'readShare'>,
): SessionInfo {
  const { processes, executions, lostRecords, bytes } = model.info;
  return { ...own, processes, executions, lostRecords, bytes };
}
