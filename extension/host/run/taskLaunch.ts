/** Tasks of the type "sluice", as data. Knows nothing of VS Code. */
import path from 'node:path';
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { launchOfCommand, type Launch } from './launch.js';

/** Type of the tasks, as in package.json. */
export const TASK_TYPE = 'sluice';

/** What a task says: its definition, checked. */
export interface TaskLaunch {
  readonly launch: Launch;
  /** Is the panel to be opened? */
  readonly opensPanel: boolean;
}

/** Reads a task's definition; `folder` is that of the workspace, where the command runs unless `cwd` says otherwise. */
export function launchOfTask(definition: unknown, folder: string): Result<TaskLaunch> {
  if (typeof definition !== 'object' || definition === null)
    return fail('The task has no definition.');
  const field = (name: string): unknown => Reflect.get(definition, name);
  const command = field('command');
  if (typeof command !== 'string' || command.trim() === '') {
    return fail('A task of the type "sluice" needs a "command", such as "node build.mjs".');
  }
  const cwd = field('cwd') ?? '';
  if (typeof cwd !== 'string') return fail('"cwd" of the task must be a path.');
  const env = environmentOf(field('env'));
  if (env === null) return fail('"env" of the task must be an object of texts.');
  const launch = launchOfCommand(command.trim(), path.resolve(folder, cwd));
  return ok({ launch: { ...launch, env }, opensPanel: field('panel') !== false });
}

function environmentOf(value: unknown): Readonly<Record<string, string>> | null {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')
    ? Object.fromEntries(entries)
    : null;
}
