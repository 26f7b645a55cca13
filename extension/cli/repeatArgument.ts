/** `sluice run --repeat`: how many runs a set has. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { MAX_SET } from './captureSet.js';

/** Runs to make, 1 without the option. */
export function repeatFrom(values: Readonly<Record<string, unknown>>): Result<number> {
  const text = values['repeat'];
  if (typeof text !== 'string') return ok(1);
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_SET) {
    return fail(`not a number of runs: ${text} (run --repeat): choose from 1 to ${MAX_SET}`);
  }
  if (typeof values['out'] !== 'string') {
    return fail('a set needs a place (run --repeat): add --out FOLDER/ or --out name.fxt');
  }
  return values['json'] === true
    ? fail('--json is the report of one run (run --repeat): use sluice compare --format json')
    : ok(count);
}
