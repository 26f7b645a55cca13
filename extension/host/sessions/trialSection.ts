/** Trials as rows of a session: what was tried out on the running program, and what came of it. Pure. */
import type { SourcePosition } from '../../../agent/wire/manifest.js';
import type { SessionId } from '../../engine/protocol.js';
import type { Disposable } from '../disposables.js';
import type { Section, TreeNode } from './tree.js';

/** One trial, in words. */
export interface TrialRow {
  /** Unique in the session. */
  readonly id: string;
  /** `concurrency: 4 → 8` */
  readonly label: string;
  /** `kept, +31%` */
  readonly description: string;
  readonly tooltip: string;
  readonly state: 'running' | 'kept' | 'takenBack' | 'undecided';
  /** Where the value stands that was tried; null: not known. */
  readonly source: SourcePosition | null;
}

/** Who knows the trials of sessions. */
export interface TrialSource {
  /** The trials of a session in the order in which they began; empty: none were made. */
  trials(session: SessionId): readonly TrialRow[];
  /** Calls back when those of a session have changed. */
  onChange(listener: (session: SessionId) => void): Disposable;
}

/** Knows of none. */
export const noTrials: TrialSource = {
  trials: () => [],
  onChange: () => ({ dispose: () => undefined }),
};

const ICONS: Readonly<Record<TrialRow['state'], string>> = {
  running: 'loading~spin',
  kept: 'check',
  takenBack: 'discard',
  undecided: 'question',
};

/** The section of a source's trials; it is hidden while there are none. */
export function trialSection(source: TrialSource): Section {
  return (session) => {
    const trials = source.trials(session);
    if (trials.length === 0) return undefined;
    return {
      kind: 'branch',
      session,
      face: {
        id: `${session}/trials`,
        label: 'Trials',
        description: '',
        tooltip: 'What was tried out on the running program',
        icon: 'beaker',
        context: 'trials',
      },
      children: trials.map((trial) => trialNode(session, trial)),
    };
  };
}

function trialNode(session: SessionId, trial: TrialRow): TreeNode {
  const { id, label, description, tooltip, state, source } = trial;
  return {
    kind: 'leaf',
    session,
    source,
    face: {
      id: `${session}/trial/${id}`,
      label,
      description,
      tooltip,
      icon: ICONS[state],
      context: source === null ? 'trial' : 'trial.source',
    },
  };
}
