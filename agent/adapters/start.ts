/** What the preload starts in a thread that is to be watched, now or when somebody attaches: the recorder and the hooks. */
import type { Recorder } from '../src/probe.js';
import { isConcerned, startRecorder } from '../src/runtime.js';
import { callerPosition } from '../src/sourcePosition.js';
import { adapters, builtinAdapters, deviceAdapters } from './all.js';
import { installBuiltins } from './hooks/builtins.js';
import { hookLoaders } from './hooks/loaders.js';
import { Libraries } from './hooks/libraries.js';
import { takeMark } from './piscinaStage.js';
import { watchPiscinaWorker } from './piscinaWorker.js';
import { takeWorkerpoolMark } from './workerpoolMark.js';
import { watchWorkerpoolThread } from './workerpoolTasks.js';

function start(recorder: Recorder): void {
  const mark = takeMark();
  if (mark !== undefined) watchPiscinaWorker(recorder, mark);
  const workerpoolMark = takeWorkerpoolMark();
  if (workerpoolMark !== undefined) watchWorkerpoolThread(recorder, workerpoolMark);
  const context = { recorder, callerPosition };
  installBuiltins(builtinAdapters, context);
  hookLoaders(new Libraries([...adapters, ...deviceAdapters], context), {
    bundleFolder: __dirname,
    // Pools come and go with the load, and a loader thread would make each of their threads three times as dear.
    mayStartLoaderThread: mark === undefined && workerpoolMark === undefined,
    recorder,
  });
}

// Other worker threads were started before the agent was, or are the agent's own.
if (isConcerned()) start(startRecorder());
