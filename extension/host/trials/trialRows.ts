/** Trials for the sessions view. Pure. */
import { changeOf } from '../../core/panel/live.js';
import { formatChange } from '../../core/trials/decision.js';
import type { TrialRecord } from '../../core/trials/record.js';
import type { TrialRow, TrialSource } from '../sessions/trialSection.js';
import type { SessionTrialList } from './trialRuns.js';

/** Serves the view from the list of trials. */
export function trialSource(list: SessionTrialList): TrialSource {
  return {
    trials: (session) => list.trials(session).map((record, i) => rowOf(record, i)),
    onChange: list.onDidChange,
  };
}

const STATES: Readonly<Record<TrialRecord['verdict'], TrialRow['state']>> = {
  kept: 'kept',
  rolledBack: 'takenBack',
  noDifference: 'undecided',
  aborted: 'undecided',
};

const WORDS: Readonly<Record<TrialRecord['verdict'], string>> = {
  kept: 'kept',
  rolledBack: 'taken back',
  noDifference: 'no difference',
  aborted: 'not finished',
};

function rowOf(record: TrialRecord, index: number): TrialRow {
  const { knobs, effect, verdict, reason, why } = record;
  const before = knobs.map((knob) => ({ id: knob.id, name: knob.name, value: knob.before }));
  const moves = knobs.map((knob) => ({ knob: knob.id, to: knob.candidate ?? 0 }));
  return {
    id: String(index),
    label: changeOf(before, moves),
    description: `${WORDS[verdict]}${effect === null ? '' : `, ${formatChange(effect.mid)}`}`,
    tooltip: `${why}\n${reason}`,
    state: STATES[verdict],
    source: knobs[0]?.source ?? null,
  };
}
