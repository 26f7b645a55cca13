/**
 * Who starts a worker thread or a child process. The pools of Piscina, Tinypool and workerpool know what their workers do;
 * plain ones are watched by the adapters of `worker_threads` and `child_process`, which must not count those of pools again.
 */

/** What an owner wants to know of a child process. Called while recording only; must not throw. */
export interface ChildWatch {
  /** The parent has sent a message to the child. */
  readonly sent: (message: unknown) => void;
  /** The parent has got a message from the child, and nobody has seen it yet. */
  readonly received: (message: unknown) => void;
  /** The child has ended. */
  readonly ended: () => void;
}

/** The owner of workers. */
export interface Owner {
  /** Watches a child process that was just started. Absent: the owner has no child processes. */
  readonly watchChild?: () => ChildWatch;
}

let current: Owner | undefined;

/** Worker threads and child processes that `create` starts belong to `owner`. */
export function owned<T>(owner: Owner, create: () => T): T {
  const outer = current;
  current = owner;
  try {
    return create();
  } finally {
    current = outer;
  }
}

/** Whose worker is being started right now; undefined: the program's own. */
export function currentOwner(): Owner | undefined {
  return current;
}
