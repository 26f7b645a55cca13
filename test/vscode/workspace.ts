/** A folder to work in: a copy of the fixture, with `sluice` and `p-queue` where a program looks for them. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { projectRoot } from './workbench/window.js';

/** The folder; `remove` must be called. */
export interface TestWorkspace {
  readonly folder: string;
  file(name: string): string;
  remove(): void;
}

export function makeWorkspace(): TestWorkspace {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-ws-'));
  cpSync(path.join(import.meta.dirname, 'fixtures/workspace'), folder, { recursive: true });
  const modules = path.join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(projectRoot, path.join(modules, 'sluice'));
  symlinkSync(path.join(projectRoot, 'node_modules/p-queue'), path.join(modules, 'p-queue'));
  return {
    folder,
    file: (name) => path.join(folder, name),
    remove: () => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
