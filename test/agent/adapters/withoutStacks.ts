/** What a program wrote, without what the agent may add to it. */
import type { Outcome } from './agentSession.js';

/** Below its top frame a stack may show frames of ours; and V8 names a method after the object that it is called on. */
export function withoutStacks(outcome: Outcome): Outcome {
  const stderr = outcome.stderr
    .replace(/^( {4}at .*\n)(?: {4}at .*\n)*/gm, '$1')
    .replace(/ \[as \w+\]/g, '');
  return { ...outcome, stderr };
}
