/** The side of a stream that is read from: one execution is one `_read` until what it pushes is there. */
import type { Recorder } from '../src/probe.js';
import type { StreamStage } from './streamSite.js';
import { wrapOwn, type StreamTap } from './streamTap.js';

/** A zlib stream waits in the middle of a chunk until its output is read; others call back and wait then. */
function waitsInside(stream: object): boolean {
  return typeof Reflect.get(stream, '_processChunk') === 'function';
}

/** Watches one stream. A transform's executions are those of its writes; here only its output is watched. */
export class ReadWatch {
  readonly #tap: StreamTap;
  readonly #recorder: Recorder;
  readonly #stage: StreamStage;
  readonly #isTransform: boolean;
  readonly #waitsInside: boolean;
  /** The request under way; -1: none. */
  #slot = -1;
  #startNs = 0;
  /** Is `_read` on the stack? */
  #isInRead = false;
  #pushes = 0;
  #blockedSinceNs: number | undefined;

  constructor(tap: StreamTap, stage: StreamStage) {
    this.#tap = tap;
    this.#recorder = tap.recorder;
    this.#stage = stage;
    this.#isTransform = tap.shape === 'transform';
    this.#waitsInside = this.#isTransform && waitsInside(tap.stream);
    this.#wrapRead();
  }

  /**
   * Something was pushed (or the end), and there is room for more or not. True when it was within `_read`: then the depth is
   * recorded at its end, with the same reading of the clock.
   */
  pushed(isChunk: boolean, hasRoom: boolean): boolean {
    if (this.#isTransform) {
      const isInside = this.#waitsInside && this.#tap.writesIfAny?.runningSlot !== undefined;
      if (isInside && isChunk && !hasRoom) this.#blockedSinceNs = this.#recorder.now();
    } else if (this.#isInRead) {
      if (isChunk) this.#pushes++;
      return true;
    } else {
      this.#answered(isChunk, hasRoom);
    }
    return false;
  }

  /** A push outside of `_read`: the answer to a request, or one that nobody asked for. */
  #answered(isChunk: boolean, hasRoom: boolean): void {
    const nowNs = this.#recorder.now();
    // The chunk that was not asked for counts; the time that it took is not known.
    if (this.#slot < 0 && isChunk) {
      this.#slot = this.#stage.probe.begin();
      this.#startNs = nowNs;
    }
    this.#finish(isChunk ? 1 : 0, nowNs);
    if (isChunk && !hasRoom) this.#blockedSinceNs = nowNs;
  }

  /** The stream is destroyed: a request that was not answered has failed, or did no work. */
  close(isFailed: boolean): void {
    if (isFailed) this.#finish(1, this.#recorder.now(), true);
    else this.#finish(0, 0);
    this.#blockedSinceNs = undefined;
  }

  #wrapRead(): void {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the wrapper's own `this` is the stream
    const watch = this;
    wrapOwn(
      this.#tap.stream,
      '_read',
      (original) =>
        function (this: unknown, ...args: unknown[]) {
          if (!watch.#recorder.active) return Reflect.apply(original, this, args);
          watch.#goOn();
          if (watch.#isTransform) {
            watch.#tap.writesIfAny?.readAgain();
            return Reflect.apply(original, this, args);
          }
          return watch.#run(original, this, args);
        },
    );
  }

  /** Somebody reads: the source, or the inside of a zlib stream, goes on. */
  #goOn(): void {
    const sinceNs = this.#blockedSinceNs;
    if (sinceNs === undefined) return;
    this.#blockedSinceNs = undefined;
    const nowNs = this.#recorder.now();
    if (!this.#isTransform) {
      this.#stage.recordBlocked(sinceNs, nowNs);
      if (this.#slot < 0) this.#begin(nowNs);
      return;
    }
    const writes = this.#tap.writesIfAny;
    const slot = writes?.runningSlot;
    if (slot !== undefined) writes?.recordWait(slot, sinceNs, nowNs);
  }

  #run(original: (...args: unknown[]) => unknown, self: unknown, args: unknown[]): unknown {
    // A request that was not answered yet goes on; Node asks again when something else was pushed or put back.
    if (this.#slot < 0) this.#begin(this.#recorder.now());
    this.#isInRead = true;
    this.#pushes = 0;
    try {
      return Reflect.apply(original, self, args);
    } finally {
      this.#isInRead = false;
      if (this.#pushes > 0) {
        const nowNs = this.#recorder.now();
        this.#finish(this.#pushes, nowNs);
        this.#tap.noteOutput(nowNs);
        if (this.#tap.stream.readableLength >= this.#tap.stream.readableHighWaterMark) {
          this.#blockedSinceNs = nowNs;
        }
      }
    }
  }

  #begin(startNs: number): void {
    this.#startNs = startNs;
    this.#slot = this.#stage.probe.begin();
  }

  /** Ends the request with so many chunks; 0: without an execution. */
  #finish(items: number, endNs: number, failed = false): void {
    const slot = this.#slot;
    if (slot < 0) return;
    this.#slot = -1;
    if (items === 0) {
      this.#stage.probe.cancel(slot);
      return;
    }
    this.#stage.ended(slot, endNs);
    const detail = items === 1 && !failed ? undefined : { item: undefined, items, failed };
    this.#stage.probe.end(slot, this.#startNs, endNs, detail);
  }
}
