/** The drain thread. Started by `DrainThread` in the main thread; everything it needs comes in `workerData`. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../wire/result.js';
import { Control } from '../control.js';
import { isDrainStart, type FromDrainThread, type ToDrainThread } from '../drainThread.js';
import { Drain } from './drain.js';

function run(): void {
  const start: unknown = workerData;
  assert(isDrainStart(start), 'the drain thread was started by somebody else');
  const control = new Control(start.environment.control);
  const stop = (): void => {
    control.state = 'stopped';
    control.raise('flushed');
    // Only this thread: the program does not notice.
    process.exit(0);
  };
  const tell = (message: FromDrainThread): void => {
    parentPort?.postMessage(message);
  };
  const drain = new Drain(start, control, { stopped: stop, tell });
  // A bug in here costs the user the profile and nothing else.
  process.on('uncaughtException', (error) => {
    control.state = 'stopped';
    drain.failed(`the agent failed and has stopped recording: ${error.stack ?? error.message}`);
    setTimeout(stop, 50);
  });
  // Only our own main thread has the other end.
  parentPort?.on('message', (message: ToDrainThread) => {
    if (message.kind === 'finish') drain.finish();
    else if (message.kind === 'attach') drain.attach(message.engine);
    else drain.writeFlight(message.folder);
  });
  drain.run();
  control.raise('ready');
  // Those who are attached to begin now: what they say is heard from the first word on, and nobody had to wait.
  if (start.recording.isAttached) control.state = 'recording';
  tell({ kind: 'ready' });
}

run();
