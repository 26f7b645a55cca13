/**
 * Keeps an answer up to date without asking all the time. Another question goes out at once and overtakes the one under way;
 * the same question about newer data waits for the answer to the last, and a while longer: in a live session there is newer
 * data several times a second, and an answer that is always overtaken would never come.
 */

/** A question: what it is about, and which data. */
export interface Fetch {
  readonly key: string;
  readonly stamp: string;
  /** Asks; `done` is to be called when the answer is here. */
  readonly send: (done: () => void) => void;
}

export interface Fetcher {
  /** What is to be known now; null: nothing. Call as often as you like. */
  want(fetch: Fetch | null): void;
}

/** Clock and timer in milliseconds, and how long to wait. */
export interface FetchSetup {
  readonly nowMs: () => number;
  readonly later: (act: () => void, ms: number) => void;
  /** Between an answer and the next question about newer data. */
  readonly restMs: number;
  /** After so long an answer will not come any more. */
  readonly lostAfterMs: number;
}

interface Sent {
  readonly key: string;
  readonly stamp: string;
  readonly atMs: number;
}

const pageSetup: FetchSetup = {
  nowMs: () => performance.now(),
  later: (act, ms) => {
    setTimeout(act, ms);
  },
  restMs: 1000,
  lostAfterMs: 5000,
};

const isSame = (a: Sent | null, b: Fetch): boolean => a?.key === b.key && a.stamp === b.stamp;

/** Makes a fetcher. */
export function createFetcher(setup: FetchSetup = pageSetup): Fetcher {
  const { nowMs, later, restMs, lostAfterMs } = setup;
  let wanted: Fetch | null = null;
  let flying: Sent | null = null;
  let answered: Sent | null = null;
  let wakeMs = Infinity;

  const wake = (ms: number): void => {
    const atMs = nowMs() + ms;
    if (atMs >= wakeMs) return;
    wakeMs = atMs;
    later(() => {
      // A timer that was overtaken by an earlier one wakes for nothing.
      if (wakeMs === atMs) wakeMs = Infinity;
      step();
    }, ms);
  };
  /** How long the wanted question has to wait; 0: it may go. */
  const restLeft = (fetch: Fetch): number => {
    const now = nowMs();
    if (flying?.key === fetch.key) return flying.atMs + lostAfterMs - now;
    return answered?.key === fetch.key ? answered.atMs + restMs - now : 0;
  };
  function step(): void {
    if (wanted === null || (flying === null && isSame(answered, wanted))) return;
    const rest = restLeft(wanted);
    if (rest > 0) {
      wake(rest);
      return;
    }
    const { key, stamp, send } = wanted;
    const sent = { key, stamp, atMs: nowMs() };
    flying = sent;
    wake(lostAfterMs);
    send(() => {
      if (flying !== sent) return;
      flying = null;
      answered = { key, stamp, atMs: nowMs() };
      step();
    });
  }
  return {
    want(fetch) {
      wanted = fetch;
      step();
    },
  };
}
