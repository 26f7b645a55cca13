/**
 * The commands, complete by construction: `extension.ts` must give a handler for each key, and a test compares the table
 * with package.json, which VS Code reads before any code of ours runs.
 */
import { EARLIER_COMMANDS } from './earlier/earlierTable.js';
import { ENTRY_COMMANDS } from './run/entryTable.js';

/** Command id to title, without the category. */
export const COMMANDS = {
  ...ENTRY_COMMANDS,
  ...EARLIER_COMMANDS,
  'sluice.profileActiveFile': 'Profile Active File',
  'sluice.profileCommand': 'Profile Command…',
  'sluice.attach': 'Attach to Process…',
  'sluice.openCapture': 'Open Capture…',
  'sluice.showPanel': 'Show Panel',
  'sluice.stopSession': 'Stop Session',
  'sluice.recordCpuProfile': 'Record CPU Profile…',
  'sluice.stopCpuProfile': 'Stop CPU Profile',
  'sluice.learnTopology': 'Learn Topology',
  'sluice.setKnob': 'Set Knob…',
  'sluice.writeToSource': 'Write to Source…',
  'sluice.previewSource': 'Preview Change in Source…',
  'sluice.changeKnob': 'Change Knob in Source…',
  'sluice.explain': 'Explain Suggestion…',
  'sluice.ignoreSuggestion': 'Ignore Suggestion…',
  'sluice.showIgnored': 'Show Ignored Suggestions Again',
  'sluice.tryLive': 'Try Live…',
  'sluice.tune': 'Tune…',
  'sluice.stopTrials': 'Stop Trials',
  'sluice.revertKnobs': 'Revert Knobs',
  'sluice.revealCapture': 'Reveal Capture',
  'sluice.saveCapture': 'Save Capture As…',
  'sluice.export': 'Export…',
  'sluice.copyReportJson': 'Copy Report as JSON',
  'sluice.copyReportMarkdown': 'Copy Report as Markdown',
  'sluice.removeSession': 'Remove Session',
  'sluice.showLog': 'Show Log',
} as const;

/** Id of a command of ours. */
export type CommandId = keyof typeof COMMANDS;

/** One handler for every command; `argument` is what VS Code or a caller passed, unchecked. */
export type CommandHandlers = Readonly<Record<CommandId, (argument: unknown) => Promise<void>>>;
