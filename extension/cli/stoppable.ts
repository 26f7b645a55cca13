/** Work that ends when somebody presses Ctrl-C, between two runs of the command. */

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Does the work; from the first signal on `isStopped` says so. The command hears it as well, from who runs it. */
export async function stoppable<T>(work: (isStopped: () => boolean) => Promise<T>): Promise<T> {
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
  };
  for (const signal of signals) process.on(signal, stop);
  try {
    return await work(() => isStopped);
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}
