/** One frame per change at most: `invalidate` asks for a frame, however often it is called before the frame comes. */
export function frameLoop(draw: () => void): { readonly invalidate: () => void } {
  let asked = false;
  return {
    invalidate() {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        draw();
      });
    },
  };
}

/** Calls `act` at most once per `intervalMs`, with the newest value, the first time at once. */
export function paced<T>(intervalMs: number, act: (value: T) => void): (value: T) => void {
  let latest: { value: T } | null = null;
  let resting = false;
  const run = (): void => {
    if (latest === null) {
      resting = false;
      return;
    }
    const { value } = latest;
    latest = null;
    resting = true;
    act(value);
    setTimeout(run, intervalMs);
  };
  return (value) => {
    latest = { value };
    if (!resting) run();
  };
}
