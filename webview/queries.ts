/** Questions to the host whose answers are not pictures. Of each kind the newest counts: an older answer is dropped. */
import type { FromWebview } from '../extension/core/panel/messages.js';
import type { QueryKind, QueryReply } from '../extension/core/panel/query.js';
import type { Bridge } from './bridge.js';
import { counter } from './singleFlight.js';

type Asked = Extract<FromWebview, { kind: 'query' }>['query'];

/** What is asked: a query without its number. */
export type Question = Asked extends infer Q ? (Q extends Asked ? Omit<Q, 'seq'> : never) : never;

/** The answer to a kind of question. */
export type ReplyTo<K extends QueryKind> = Extract<
  QueryReply,
  { kind: K extends 'itemAt' ? 'itemPath' : K }
>;

export interface Queries {
  /** Asks. `then` is called with the answer, and never when a newer question of the kind has been asked meanwhile. */
  readonly ask: <Q extends Question>(
    question: Q,
    then: (reply: ReplyTo<Q['kind']>) => void,
  ) => void;
  /** Answers of this kind are no longer wanted. */
  readonly drop: (kind: QueryKind) => void;
  readonly take: (reply: QueryReply) => void;
}

interface Waiting {
  readonly seq: number;
  readonly then: (reply: QueryReply) => void;
}

/** Both ways of asking for an item are answered alike, and the newer one counts. */
const slotOf = (kind: QueryKind): QueryReply['kind'] => (kind === 'itemAt' ? 'itemPath' : kind);

export function createQueries(bridge: Pick<Bridge, 'post'>): Queries {
  const nextSeq = counter();
  const waiting = new Map<QueryReply['kind'], Waiting>();
  return {
    ask(question, then) {
      const seq = nextSeq();
      // A reply is matched by its number, which only the question of this kind has.
      waiting.set(slotOf(question.kind), { seq, then: then as Waiting['then'] });
      bridge.post({ kind: 'query', query: { ...question, seq } });
    },
    drop(kind) {
      waiting.delete(slotOf(kind));
    },
    take(reply) {
      const asked = waiting.get(reply.kind);
      if (asked?.seq !== reply.seq) return;
      waiting.delete(reply.kind);
      asked.then(reply);
    },
  };
}
