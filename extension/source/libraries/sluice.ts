/** Sluice's own API. */
import { keyword, option, rowsOf, type KnobRow } from './row.js';

export const sluiceRows: readonly KnobRow[] = rowsOf('api', [
  {
    knob: '*',
    kind: 'parallelism',
    calls: ['sluice.pipeline().knob', 'sluice_agent.pipeline().knob'],
    slots: [option(1, 'value'), keyword('value')],
    isNamed: true,
  },
  {
    knob: 'parallelism',
    kind: 'parallelism',
    calls: ['sluice.pipeline().stage', 'sluice_agent.pipeline().stage'],
    slots: [option(1, 'parallelism'), keyword('parallelism')],
  },
  {
    knob: 'capacity',
    kind: 'queueDepth',
    calls: ['sluice.pipeline().queue', 'sluice_agent.pipeline().queue'],
    slots: [option(1, 'capacity'), keyword('capacity')],
  },
]);
