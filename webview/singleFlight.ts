/**
 * Questions to the host, one at a time: while one is under way only the newest of the others is kept, so a fast wheel or
 * a slow host never builds up a queue. An answer to anything but the question under way is old and ignored.
 */
export interface SingleFlight<Q> {
  /** Asks now, or when the present question is answered; replaces what still waits. */
  ask(question: Q): void;
  /** Takes an answer's `seq`. Returns its question, or null when the answer is old and must be ignored. */
  settle(seq: number): Q | null;
  /** Whether the question of that number is the one that an answer is waited for. */
  isUnderWay(seq: number): boolean;
  readonly busy: boolean;
}

/** Where a flight gets its numbers and its clock (milliseconds) from, and how long it waits for an answer. */
export interface FlightSetup {
  /** A new number each time; flights whose answers come back the same way share one counter. */
  readonly nextSeq: () => number;
  readonly nowMs: () => number;
  /** After this long a question counts as lost: the same one may be asked again. */
  readonly lostAfterMs: number;
  /** After this long another question need not wait for the answer to this one, which is then ignored. */
  readonly supersededAfterMs?: number;
}

/** A counter for `FlightSetup.nextSeq`: 1, 2, 3, ... */
export function counter(): () => number {
  let value = 0;
  return () => {
    value += 1;
    return value;
  };
}

/** `send` gets the question and the `seq` that its answer will carry. */
export function singleFlight<Q>(
  send: (question: Q, seq: number) => void,
  setup: FlightSetup,
): SingleFlight<Q> {
  let flying: { question: Q; seq: number; sentMs: number } | null = null;
  let waiting: { question: Q } | null = null;

  const start = (question: Q): void => {
    const seq = setup.nextSeq();
    flying = { question, seq, sentMs: setup.nowMs() };
    waiting = null;
    send(question, seq);
  };
  const isLost = (sentMs: number): boolean => setup.nowMs() - sentMs > setup.lostAfterMs;
  const isSuperseded = (sentMs: number): boolean =>
    setup.nowMs() - sentMs > (setup.supersededAfterMs ?? setup.lostAfterMs);

  return {
    ask(question) {
      if (flying === null || isSuperseded(flying.sentMs)) start(question);
      else waiting = { question };
    },
    settle(answered) {
      if (flying?.seq !== answered) return null;
      const { question } = flying;
      flying = null;
      if (waiting !== null) start(waiting.question);
      return question;
    },
    isUnderWay: (seq) => flying?.seq === seq,
    get busy() {
      return flying !== null && !isLost(flying.sentMs);
    },
  };
}
