/** Tasks of the type "sluice": a command line that is profiled each time the task runs, also before a debug session. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { SessionId } from '../../engine/protocol.js';
import type { Disposable } from '../disposables.js';
import { launchOfScriptIn } from './npmLens.js';
import { scriptPlaces } from './npmScripts.js';
import type { Profiler } from './profiler.js';
import { launchOfTask, TASK_TYPE } from './taskLaunch.js';
import { ProgramTerminal } from './terminal.js';

/** What tasks work with. */
export interface TaskContext {
  readonly profiler: Pick<Profiler, 'start'>;
  readonly show: (session: SessionId, title: string) => void;
}

/** Scripts of a folder that are offered as tasks. */
const MAX_OFFERED = 50;

class ProfiledTasks implements vscode.TaskProvider {
  readonly #context: TaskContext;

  constructor(context: TaskContext) {
    this.#context = context;
  }

  /** The scripts of each folder's package.json, for "Run Task". */
  async provideTasks(): Promise<vscode.Task[]> {
    if (!vscode.workspace.isTrusted) return [];
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(
      (folder) => folder.uri.scheme === 'file',
    );
    return (await Promise.all(folders.map(async (folder) => this.#tasksOf(folder)))).flat();
  }

  /** A task that stands in tasks.json. */
  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const folder = folderOf(task.scope);
    if (folder === undefined) return undefined;
    return this.#task(task.definition, task.scope ?? vscode.TaskScope.Workspace, task.name);
  }

  async #tasksOf(folder: vscode.WorkspaceFolder): Promise<vscode.Task[]> {
    const file = vscode.Uri.joinPath(folder.uri, 'package.json');
    const text = await vscode.workspace.fs.readFile(file).then(
      (bytes) => new TextDecoder().decode(bytes),
      () => '',
    );
    const scripts = scriptPlaces(text)?.scripts ?? [];
    return scripts.slice(0, MAX_OFFERED).flatMap(({ name }) => {
      const launch = launchOfScriptIn(file, name);
      if (launch === null) return [];
      return this.#task({ type: TASK_TYPE, command: launch.command }, folder, launch.title);
    });
  }

  #task(
    definition: vscode.TaskDefinition,
    scope: NonNullable<vscode.Task['scope']>,
    name: string,
  ): vscode.Task {
    const run = async (resolved: vscode.TaskDefinition): Promise<vscode.Pseudoterminal> =>
      this.#run(resolved, folderOf(scope) ?? '');
    return new vscode.Task(definition, scope, name, TASK_TYPE, new vscode.CustomExecution(run));
  }

  async #run(definition: vscode.TaskDefinition, folder: string): Promise<vscode.Pseudoterminal> {
    if (!vscode.workspace.isTrusted) {
      throw new Error('Programs are profiled only in a trusted workspace.');
    }
    const task = launchOfTask(definition, folder);
    if (!task.ok) throw new Error(task.error);
    const { launch, opensPanel } = task.value;
    return new Promise((resolve, reject) => {
      this.#context.profiler
        .start(launch, (run) => {
          resolve(new ProgramTerminal(run, launch.command, 'closes'));
          return run;
        })
        .then((session) => {
          if (opensPanel) this.#context.show(session, launch.title);
        }, reject);
    });
  }
}

/** Where the task runs; undefined: in no folder on a disk. */
function folderOf(scope: vscode.Task['scope']): string | undefined {
  const folder = typeof scope === 'object' ? scope : (vscode.workspace.workspaceFolders ?? [])[0];
  return folder?.uri.scheme === 'file' ? path.resolve(folder.uri.fsPath) : undefined;
}

/** Makes VS Code offer the tasks. */
export function registerTasks(context: TaskContext): Disposable {
  return vscode.tasks.registerTaskProvider(TASK_TYPE, new ProfiledTasks(context));
}
