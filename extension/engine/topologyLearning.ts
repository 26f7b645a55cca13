/** Asks the processes of a live session to learn which stage feeds which. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { Profiled } from './cpuProfiling.js';

/** Resolves when all that are connected have answered. Fails when none is, or with the reasons of those that refused. */
export async function learnTopology(
  processes: readonly Profiled[],
  durationMs: number,
): Promise<Result<null>> {
  const connected = processes.filter((p) => p.connection !== null);
  if (connected.length === 0) return fail('no process is connected that could be followed');
  const answers = await Promise.all(
    connected.map(async ({ name, connection }) => {
      const answer = await connection?.request({ kind: 'learnTopology', durationMs });
      return answer?.ok === false ? [`${name} does not learn: ${answer.error}`] : [];
    }),
  );
  const refusals = answers.flat();
  return refusals.length === 0 ? ok(null) : fail(refusals.join('; '));
}
