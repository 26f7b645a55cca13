/**
 * Holds: an execution keeps its lane until its item has come out of a later stage. Items point at their innermost hold, holds
 * at the one around them. A hold is over when neither an item nor an inner hold points at it.
 */
interface Hold {
  readonly execution: number;
  /** Index of the stage behind which it ends. */
  readonly until: number;
  readonly outer: number;
  users: number;
}

export class Holds {
  private readonly list: (Hold | undefined)[] = [];
  private readonly free: number[] = [];
  /** Called with an execution of which one hold is over. */
  private readonly over: (execution: number) => void;

  constructor(over: (execution: number) => void) {
    this.over = over;
  }

  /** A new hold with one user. It takes over one use of `outer`. */
  add(execution: number, until: number, outer: number): number {
    const id = this.free.pop() ?? this.list.length;
    this.list[id] = { execution, until, outer, users: 1 };
    return id;
  }

  /** One user more. */
  use(id: number): void {
    const hold = this.list[id];
    if (hold !== undefined) hold.users++;
  }

  /** The innermost hold that does not end behind a stage. */
  beyond(id: number, stage: number): number {
    let at = id;
    for (let hold = this.list[at]; hold?.until === stage; hold = this.list[at]) at = hold.outer;
    return at;
  }

  /** One user less. */
  release(id: number): void {
    for (let at = id; at !== -1;) {
      const hold = this.list[at];
      if (hold === undefined || --hold.users > 0) return;
      this.list[at] = undefined;
      this.free.push(at);
      this.over(hold.execution);
      at = hold.outer;
    }
  }
}
