/** The commands on earlier captures. No `vscode` in here, so that tests can read it. */

/** Titles by id. */
export const EARLIER_COMMANDS = {
  'sluice.openEarlier': 'Open Earlier Capture…',
  'sluice.renameCapture': 'Rename Capture…',
  'sluice.pinCapture': 'Pin Capture',
  'sluice.unpinCapture': 'Unpin Capture',
  'sluice.deleteCapture': 'Delete Capture…',
  'sluice.sortEarlier': 'Sort Earlier Captures…',
} as const;
