/** Programs that can be attached to, for tests. */
import type { Attachable } from '../../../../extension/engine/attach.js';

export function attachable(pid: number, changes: Partial<Attachable> = {}): Attachable {
  return {
    kind: 'hello',
    protocol: 1,
    version: '0.1.0',
    pid,
    ppid: 1,
    title: `program${pid}.mjs`,
    runtime: 'node v20.20.2',
    cwd: '/home/me',
    sinceUnixMs: pid * 1000,
    state: 'dormant',
    by: null,
    flightMs: null,
    flightFile: null,
    flightProblem: null,
    ...changes,
  };
}
