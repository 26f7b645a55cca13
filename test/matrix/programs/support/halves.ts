/** The programs' side of the protocol with the matrix. Works in both module formats. */

/** The first half is done: prints `ready` and waits until the matrix has turned the knob and says so on stdin. */
export async function firstHalfDone(): Promise<void> {
  console.log('ready');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  // An open stdin would keep the program alive.
  process.stdin.destroy();
}

/** The last thing that a program prints: what it did, for `check` to compare. */
export function finish(result: object): void {
  console.log(JSON.stringify(result));
}

/** Time for others, in milliseconds. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
