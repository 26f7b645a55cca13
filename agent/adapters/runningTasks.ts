/** Tasks that are under way, by the id that their library gives them. */
import type { ExecutionDetail, Recorder, StageProbe } from '../src/probe.js';

interface Execution {
  readonly stage: StageProbe;
  readonly slot: number;
  readonly startNs: number;
}

/** The detail of an execution that failed. */
export const FAILED: ExecutionDetail = { item: undefined, items: 1, failed: true };

/** Records tasks of one worker from the message that brings them to the one that answers. */
export class RunningTasks {
  readonly #recorder: Recorder;
  readonly #running = new Map<unknown, Execution>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** The task has begun. */
  begin(id: unknown, stage: StageProbe): void {
    const slot = stage.begin();
    this.#running.set(id, { stage, slot, startNs: this.#recorder.now() });
  }

  /** The task is over; one that is not known is ignored. */
  end(id: unknown, isOk: boolean): void {
    const execution = this.#running.get(id);
    if (execution === undefined) return;
    this.#running.delete(id);
    const { stage, slot, startNs } = execution;
    stage.end(slot, startNs, this.#recorder.now(), isOk ? undefined : FAILED);
  }

  /** Whoever ran the tasks is gone: all have failed. */
  endAll(): void {
    for (const id of [...this.#running.keys()]) this.end(id, false);
  }
}
