/**
 * The tools as language models in the editor see them. What they are told about each stands in package.json, because VS Code
 * reads that before any code of ours runs; a test compares it with `core/assistants/tools.ts`.
 */
import type { ReadingToolName } from '../../core/assistants/tools.js';

/** Names of a tool in the editor. */
export interface EditorToolName {
  /** In `contributes.languageModelTools`. */
  readonly name: string;
  /** What a person types behind `#`. */
  readonly reference: string;
  /** Shown while it works. */
  readonly doing: string;
}

/** By their names in `core/assistants`. */
export const EDITOR_TOOLS: Readonly<Record<ReadingToolName, EditorToolName>> = {
  list_sessions: {
    name: 'sluice_list_sessions',
    reference: 'sluiceSessions',
    doing: 'Listing Sluice sessions',
  },
  report: {
    name: 'sluice_report',
    reference: 'sluiceReport',
    doing: 'Reading the Sluice report',
  },
  explain_bottleneck: {
    name: 'sluice_explain_bottleneck',
    reference: 'sluiceBottleneck',
    doing: 'Looking for the bottleneck',
  },
  preview_knob_change: {
    name: 'sluice_preview_knob_change',
    reference: 'sluicePreview',
    doing: 'Predicting the change',
  },
};
