/**
 * How a thread takes part: it begins to record when the process does, ends with it, and begins again with the next
 * recording. It looks at a word in shared memory whenever a probe asks whether to record, and never waits for a message,
 * because the event loop of a pool's thread may not turn for as long as there is work.
 */
import { threadId as ownThreadId } from 'node:worker_threads';
import { Control } from './control.js';
import { CpuSampler } from './cpuProfile/sampler.js';
import { exitMs } from './drainThread.js';
import { startGauges } from './gauges.js';
import type { ThreadRecorder } from './recorder.js';
import { ThreadLink } from './threadLink.js';
import type { AgentEnvironment } from './uplink.js';

/** What a thread has only while it records. */
class Participation {
  readonly link: ThreadLink;
  readonly #recorder: ThreadRecorder;
  readonly #sampler: CpuSampler;
  readonly #stopGauges: () => void;

  constructor(recorder: ThreadRecorder, environment: AgentEnvironment) {
    this.#recorder = recorder;
    this.link = new ThreadLink(environment);
    recorder.attach(this.link);
    this.#sampler = new CpuSampler(this.link);
    this.#stopGauges = startGauges(recorder, this.link);
  }

  /** The recording is over, the program goes on: lets go of everything. */
  end(): void {
    this.#stopGauges();
    this.#sampler.close();
    this.#recorder.detach();
    this.link.close();
  }

  /** The thread ends: hands over what was held back. */
  exit(): void {
    this.#stopGauges();
    this.#sampler.close();
    this.#recorder.flush();
    this.#recorder.learning.declare();
    // A thread may be over before the drain thread has come up, on a busy machine; nothing can be handed over until then.
    if (!this.link.control.isReady) this.link.control.wait('ready', exitMs());
    this.link.flush();
    this.link.close();
  }
}

/** Makes this thread follow the process. `atExit` is called when the thread ends, after its last record. */
export function follow(
  recorder: ThreadRecorder,
  environment: AgentEnvironment,
  atExit: () => void,
): void {
  let part: Participation | undefined;
  /** Threads that this one has started and that run. */
  const threads = new Set<number>();
  recorder.follow(new Control(environment.control).words, (state) => {
    if (part !== undefined && part.link.recording !== Math.abs(state)) {
      part.end();
      part = undefined;
    }
    if (part !== undefined || state <= 0) return;
    part = new Participation(recorder, environment);
    for (const threadId of threads) announce(part.link, threadId);
  });
  // A ring is a mebibyte of shared memory, and pools come and go: the drain thread lets it go when its thread has ended.
  process.on('worker', (worker) => {
    const { threadId } = worker;
    threads.add(threadId);
    if (part !== undefined) announce(part.link, threadId);
    worker.once('exit', () => {
      threads.delete(threadId);
      part?.link.post({ kind: 'threadEnd', threadId });
    });
  });
  process.once('exit', () => {
    try {
      part?.exit();
      atExit();
    } catch {
      // The exit code belongs to the program, and there is no time left to tell anyone.
    }
  });
  recorder.look();
}

/** Threads end with the one that started them, and then nobody is told of their end. */
function announce(link: ThreadLink, threadId: number): void {
  link.post({ kind: 'threadStart', threadId, parent: ownThreadId });
}
