/** Children that are started at one place, and what is watched of each. */
import type { Recorder, StageProbe } from '../src/probe.js';
import type { SourcePosition } from '../wire/manifest.js';
import { FAILED } from './runningTasks.js';
import type { ChildWatch } from './workerOwner.js';

type Send = (...args: unknown[]) => unknown;

/** The stage of one place. */
export class ChildSite {
  readonly recorder: Recorder;
  readonly stage: StageProbe;
  readonly #via: string;
  readonly #source: SourcePosition | undefined;
  #reply: StageProbe | undefined;
  #alive = 0;
  #most = 0;

  constructor(recorder: Recorder, name: string, source: SourcePosition | undefined, via: string) {
    this.recorder = recorder;
    this.#via = via;
    this.#source = source;
    this.stage = recorder.stage({ name, kind: 'io', via, source });
  }

  /** The handling of the children's messages, here. */
  reply(): StageProbe {
    this.#reply ??= this.recorder.stage({
      name: `${this.stage.name} reply`,
      kind: 'cpu',
      parallelism: 1,
      via: this.#via,
      source: this.#source,
    });
    return this.#reply;
  }

  /** A child was started. The workers of a cluster are there to work side by side: as many as there ever were. */
  started(): void {
    this.#alive++;
    if (this.#via !== 'cluster' || this.#alive <= this.#most) return;
    this.#most = this.#alive;
    this.stage.setParallelism(this.#most);
  }

  ended(): void {
    this.#alive--;
  }
}

/** One child: an execution of its place's stage, or its owner's affair. */
export class ChildTap {
  readonly #owner: ChildSite | ChildWatch;
  readonly #slot: number;
  readonly #startNs: number;
  #isOpen = true;

  constructor(owner: ChildSite | ChildWatch) {
    this.#owner = owner;
    const isOurs = owner instanceof ChildSite;
    this.#slot = isOurs ? owner.stage.begin() : -1;
    this.#startNs = isOurs ? owner.recorder.now() : 0;
    if (isOurs) owner.started();
  }

  /** The child is gone. */
  ended(isFailed: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const owner = this.#owner;
    owner.ended();
    if (!(owner instanceof ChildSite)) return;
    const endNs = owner.recorder.now();
    owner.stage.end(this.#slot, this.#startNs, endNs, isFailed ? FAILED : undefined);
  }

  /** A message came from the child. */
  received(message: unknown): void {
    if (!(this.#owner instanceof ChildSite)) this.#owner.received(message);
  }

  /** The stage in which messages of the child are handled; undefined when its owner knows better. */
  replyStage(): StageProbe | undefined {
    return this.#owner instanceof ChildSite ? this.#owner.reply() : undefined;
  }

  /** The owner wants to see what is sent to the child. Call it when the child has been started. */
  watchSends(child: object): void {
    const owner = this.#owner;
    const property = Object.getOwnPropertyDescriptor(child, 'send');
    const send: unknown = property?.value;
    if (owner instanceof ChildSite || typeof send !== 'function') return;
    const watched: Send = function (this: unknown, ...args) {
      owner.sent(args[0]);
      return Reflect.apply(send, this, args) as unknown;
    };
    Object.defineProperty(watched, 'name', { value: send.name, configurable: true });
    Object.defineProperty(watched, 'length', { value: send.length, configurable: true });
    Object.defineProperty(child, 'send', { ...property, value: watched });
  }
}
