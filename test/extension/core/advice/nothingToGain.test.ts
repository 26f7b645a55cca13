/** A against A: what is promised of pipelines that no knob can make faster. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { claimsOf } from '../../../bench/advisor/aa.js';
import { adviceOf } from '../../../support/madeSession.js';
import { nothingToGain } from '../../../support/nothingToGain.js';

const SESSIONS = 100;
/** The shares of false positives that are accepted: 5 %. */
const ACCEPTED = 5;

it(`promises a gain in ${ACCEPTED} of ${SESSIONS} sessions at most that have none`, () => {
  const claims: string[] = [];
  let predicted = 0;
  for (let seed = 1; seed <= SESSIONS; seed++) {
    const report = adviceOf(nothingToGain(seed));
    if (report.unpredicted === null) predicted++;
    const own = claimsOf(report);
    if (own.length > 0) claims.push(`${seed}: ${own.join(', ')}`);
  }
  assert.ok(claims.length <= ACCEPTED, claims.join('\n'));
  assert.ok(predicted >= 0.9 * SESSIONS, `${predicted} sessions were predicted`);
});
