/** The list of programs that the editor can attach to. Nothing of VS Code in here. */
import path from 'node:path';
import type { Attachable, AttachList } from '../../engine/attach.js';

/** One line of the list, in the terms of a quick pick. */
export interface AttachPick {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  readonly program: Attachable;
}

function isWithin(folder: string, cwd: string): boolean {
  const relative = path.relative(folder, cwd);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

function stateOf({ state, by, flightMs }: Attachable): string {
  if (state === 'recording') return `recorded by ${by ?? 'somebody else'}`;
  return state === 'flight' && flightMs !== null
    ? `has its last ${Math.round(flightMs / 1000)} s`
    : '';
}

/** Programs of the workspace first, then the newest first: those are the ones that are looked for. */
export function attachPicks({ programs }: AttachList, folders: readonly string[]): AttachPick[] {
  const isOurs = ({ cwd }: Attachable): boolean => folders.some((folder) => isWithin(folder, cwd));
  return [...programs]
    .sort((a, b) => Number(isOurs(b)) - Number(isOurs(a)) || b.sinceUnixMs - a.sinceUnixMs)
    .map((program) => ({
      label: program.title,
      description: [`process ${program.pid}`, program.runtime, stateOf(program)]
        .filter((part) => part !== '')
        .join(', '),
      detail: program.cwd,
      program,
    }));
}

/** Why there is nothing to choose from. */
export function nothingToAttach({ silent }: AttachList): string {
  if (silent.length > 0) {
    return `Process ${silent.join(', ')} does not answer: its main thread is busy or stopped. Try again.`;
  }
  return (
    'No program with the Sluice agent runs. Start one with "node --require sluice/register", ' +
    'or let it import "sluice".'
  );
}
