/** Profiles debug sessions whose launch configuration says `"sluice": true`. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.js';
import type { Log } from '../log.js';
import { DEBUG_TYPES, judge, type Configuration, type OuterOptions } from './debugLaunch.js';
import type { DebugRecorder } from './debugRecorder.js';
import { nodeOptionsIn } from './nodeOptions.js';

/** Follows the debug sessions of the window until it is disposed. */
export function registerDebugProfiling(recorder: DebugRecorder, log: Log): Disposable {
  const store = new DisposableStore();
  const provider: vscode.DebugConfigurationProvider = {
    // The last to be asked: variables are replaced by then, and what other providers change has been changed.
    resolveDebugConfigurationWithSubstitutedVariables: async (_folder, config) => {
      const verdict = judge(config);
      if (verdict.kind === 'leave') return config;
      try {
        if (verdict.kind === 'refused') throw new Error(verdict.reason);
        if (!vscode.workspace.isTrusted) {
          throw new Error('Programs are profiled only in a trusted workspace.');
        }
        const prepared = await recorder.prepare(config, await outerOptions(config));
        return { ...config, ...prepared };
      } catch (error) {
        // The user wanted to debug first of all: that goes on without us.
        const message = error instanceof Error ? error.message : String(error);
        log.warn(message);
        void vscode.window.showWarningMessage(`Sluice: ${message}`);
        return config;
      }
    },
  };
  for (const type of DEBUG_TYPES) {
    store.add(vscode.debug.registerDebugConfigurationProvider(type, provider));
  }
  store.add(
    vscode.debug.onDidStartDebugSession((session) => {
      recorder.started(session.configuration);
    }),
  );
  store.add(
    vscode.debug.onDidTerminateDebugSession((session) => {
      recorder.ended(session.configuration);
    }),
  );
  return store;
}

async function outerOptions(config: Configuration): Promise<OuterOptions> {
  return {
    ofFile: await optionsOfFile(config['envFile']),
    ofHost: process.env['NODE_OPTIONS'],
    pythonPath: process.env['PYTHONPATH'],
  };
}

/** A file that cannot be read is for the debugger to complain about. */
async function optionsOfFile(envFile: unknown): Promise<string | undefined> {
  if (typeof envFile !== 'string' || !path.isAbsolute(envFile)) return undefined;
  const text = await readFile(envFile, 'utf8').catch(() => '');
  return nodeOptionsIn(text);
}
