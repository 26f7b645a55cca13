/**
 * The threads that had a lane. Programs start threads all day, and rows for all of them would be neither bounded nor readable:
 * when a thread has ended, its lane goes to the next one that runs the same stage. The stream has an order (everything of the
 * one, the declaration of the other, everything of the other), so it is always known whose an execution was.
 */

/** Threads remembered by name; of those before it is known only that they were there. */
const MAX_TENANTS = 10_000;
const EARLIER = 'an earlier thread';

/** A thread that had the lane. */
export interface Tenant {
  readonly thread: string;
  /** What begins at this time or later is this thread's. */
  readonly fromNs: number;
}

/** Names of threads over time. */
export class Tenants {
  private list: Tenant[] = [];
  private first: string | undefined;

  /** From now on the lane is that thread's; `fromNs`: the end of the last thing that another one did on it. */
  enter(thread: string, fromNs: number): void {
    if (this.list.at(-1)?.thread === thread) return;
    this.first ??= thread;
    this.list.push({ thread, fromNs: this.list.length === 0 ? -Infinity : fromNs });
    if (this.list.length <= MAX_TENANTS) return;
    this.list.splice(0, MAX_TENANTS / 2, { thread: EARLIER, fromNs: -Infinity });
  }

  /** Whose the lane was at a time; undefined: nobody has said. */
  at(atNs: number): string | undefined {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle]?.fromNs ?? Infinity) <= atNs) low = middle + 1;
      else high = middle;
    }
    return this.list[low - 1]?.thread;
  }

  /** The threads that are remembered, in order, with the times from which on the lane was theirs. */
  get all(): readonly Tenant[] {
    return this.list;
  }

  /** All threads that are remembered. */
  get names(): readonly string[] {
    return this.list.map(({ thread }) => thread);
  }

  has(thread: string): boolean {
    return this.list.some((tenant) => tenant.thread === thread);
  }

  /** `worker 3`, or `worker 3 ... worker 9` when it was several; undefined: nobody has said. */
  get label(): string | undefined {
    const last = this.list.at(-1)?.thread;
    return last === this.first ? last : `${this.first ?? ''} ... ${last ?? ''}`;
  }

  /** By the first thread, so that rows keep their places. */
  get sortKey(): string | undefined {
    return this.first;
  }
}
