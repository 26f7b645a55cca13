/** The commands that bring programs into Sluice, besides the oldest ones. No `vscode` in here, so that tests can read it. */

/** Titles by id. */
export const ENTRY_COMMANDS = {
  'sluice.profilePythonFile': 'Profile Python File',
  'sluice.profileScript': 'Profile Script…',
  'sluice.openTerminal': 'Open Profiled Terminal',
  'sluice.goToSource': 'Go to Source',
  'sluice.openExample': 'Open Example Pipeline…',
  'sluice.profileExample': 'Profile Example Pipeline',
} as const;
