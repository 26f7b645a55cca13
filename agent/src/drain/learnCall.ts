/** The engine's wish to learn which stage feeds which, passed on to the threads. */
import type { FromAgent, ToAgent } from '../../wire/messages.js';
import { nowNs } from '../clock.js';
import type { Control } from '../control.js';
import { LEARN_VARIABLE, mayLearn, orderLearning } from '../learning/order.js';

/** Orders it, and returns the answer. Threads take it up as their event loops turn, within a quarter of a second. */
export function orderLearningFor(
  control: Control,
  { id, durationMs }: Extract<ToAgent, { kind: 'learnTopology' }>,
): FromAgent {
  if (!mayLearn(process.env)) {
    const message = `${LEARN_VARIABLE}=0 in its environment forbids to follow async context`;
    return { kind: 'error', id, message };
  }
  orderLearning(control.words, nowNs(), durationMs);
  return { kind: 'reply', id };
}
