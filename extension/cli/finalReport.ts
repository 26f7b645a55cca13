/** The report of a session that a command ends with. */
import type { Report } from '../core/report/report.js';
import type { EngineClient } from '../engine/engineClient.js';
import type { SessionId } from '../engine/protocol.js';

/** With advice where it is printed; working that out takes a second, which nobody waits for in vain. */
export async function finalReport(
  engine: EngineClient,
  session: SessionId,
  output: 'text' | 'json' | 'none',
): Promise<Report> {
  if (output !== 'none') return engine.call('report', { session });
  return (await engine.call('snapshot', { session })).report;
}
