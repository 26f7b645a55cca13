/** A against A: what is promised of pipelines that no knob can make faster. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { simulatedClaims } from '../../../bench/advisor/aa.js';

const SESSIONS = 100;
/** The shares of false positives that are accepted: 5 %. */
const ACCEPTED = 5;

it(`promises a gain in ${ACCEPTED} of ${SESSIONS} sessions at most that have none`, async () => {
  const claims: string[] = [];
  for (let seed = 1; seed <= SESSIONS; seed++) {
    const own = await simulatedClaims(seed);
    if (own.length > 0) claims.push(`${seed}: ${own.join(', ')}`);
  }
  assert.ok(claims.length <= ACCEPTED, claims.join('\n'));
});
