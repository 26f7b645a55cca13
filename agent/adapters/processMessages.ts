/** A process that was forked: the handling of its parent's messages is a stage named after its script. */
import type { EventEmitter } from 'node:events';
import path from 'node:path';
import type { Recorder, StageProbe } from '../src/probe.js';
import { patchMethod } from './construct.js';
import { canEmit, emitMessage, Handling } from './messageHandlers.js';

type Emit = (this: EventEmitter, event: unknown, ...args: unknown[]) => unknown;

/** Libraries whose own messages these are: their tasks are measured elsewhere. */
const ownedByLibrary =
  process.env['TINYPOOL_WORKER_ID'] !== undefined ||
  /[\\/]workerpool[\\/](?:src|dist)[\\/]worker\.js$/.test(process.argv[1] ?? '');

let isOwned = ownedByLibrary;

/** The messages of this process belong to a library that measures them. */
export function disownProcessMessages(): void {
  isOwned = true;
}

/** Watches the messages of the parent process, if there is one that sends any. */
export function watchProcessMessages(recorder: Recorder): void {
  if (typeof process.send !== 'function' || isOwned) return;
  const script = process.argv[1];
  const name = script === undefined ? 'node' : path.basename(script, path.extname(script));
  let stage: StageProbe | undefined;
  patchMethod<Emit>(
    process,
    'emit',
    (original) =>
      function (this: EventEmitter, event, ...args) {
        if (event !== 'message' || isOwned || !recorder.active || !canEmit(this)) {
          return Reflect.apply(original, this, [event, ...args]);
        }
        stage ??= recorder.stage({
          name: `${name} message`,
          kind: 'cpu',
          parallelism: 1,
          via: 'child_process',
        });
        return emitMessage(this, args, new Handling(recorder, stage));
      },
  );
}
