/** Queues that are so deep that they only make items wait: less deep for the same throughput. */
import { formatDurationNs } from '../format.js';
import type { Lever } from '../prediction/levers.js';
import type { PipelineModel } from '../prediction/model.js';
import type { Suggestion } from '../report/report.js';
import { directSuggestion, type Planned } from './suggestions.js';

/** Throughput that may be lost, and latency that must be gained. */
const MAX_LOSS = 0.01;
const MIN_GAIN = 0.2;
/** A queue that is empty for less of the time always holds something. */
const STANDING = 0.01;
/** Only queues that could hold so many times less. */
const TIMES = 4;

/** Suggestions that lower the depth of queues that are never empty. */
export function* shallowerQueues(
  model: PipelineModel,
  { plan }: Planned,
): Generator<undefined, readonly Suggestion[]> {
  // First what brings throughput: what a queue then needs is another question.
  if (plan !== null || model.point.latencyNs === null) return [];
  const suggestions: Suggestion[] = [];
  for (const [i, lever] of model.levers.entries()) {
    if (lever.kind !== 'queue') continue;
    const queue = model.point.queues.find(({ name }) => name === lever.knob.queue);
    if (queue === undefined || queue.emptyShare > STANDING) continue;
    const to = yield* enough(model, i, lever);
    if (to * TIMES > lever.value) continue;
    const found = yield* shallower(model, i, { lever, to, p95Ns: model.point.latencyNs.p95 });
    if (found !== null) suggestions.push(found);
  }
  return suggestions;
}

/** The least of the depth, halved and halved again, that lets as much through. */
function* enough(model: PipelineModel, index: number, lever: Lever): Generator<undefined, number> {
  const now = yield* model.evaluate(model.present);
  const least = now.throughputPerSec * (1 - MAX_LOSS);
  let to = lever.value;
  for (let next = Math.floor(to / 2); next >= lever.min; next = Math.floor(next / 2)) {
    const then = yield* model.evaluate(model.present.with(index, next));
    if (then.throughputPerSec < least) break;
    to = next;
  }
  return to;
}

function* shallower(
  model: PipelineModel,
  index: number,
  { lever, to, p95Ns }: { readonly lever: Lever; readonly to: number; readonly p95Ns: number },
): Generator<undefined, Suggestion | null> {
  const predicted = yield* model.predict(model.present.with(index, to));
  const { latencyP95Ns } = predicted;
  if (latencyP95Ns === null || latencyP95Ns.high > (1 - MIN_GAIN) * p95Ns) return null;
  return directSuggestion(lever.knob, to, {
    aim: 'latency',
    predicted,
    reason: `${lever.knob.queue ?? ''} never runs empty: as much gets through with ${to}, and items wait less.`,
    evidence: [
      `95% of the items take ${formatDurationNs(p95Ns)} at most now, and ${formatDurationNs(latencyP95Ns.mid)} by simulation.`,
    ],
    costs: [],
  });
}
