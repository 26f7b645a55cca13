/** "Change parallelism / queue depth / batch size…": another value for a knob, with what the model makes of it while one types. */
import * as vscode from 'vscode';
import type { KnobPreview } from '../../core/advice/previewKnob.js';
import { formatCount } from '../../core/format.js';
import type { KnobReport, PipelineReport } from '../../core/report/report.js';
import { gainText } from './facts.js';
import { kindText, valueText } from './marks.js';

/** What the model makes of a value. */
export type PreviewValue = (value: number, signal: AbortSignal) => Promise<KnobPreview>;

/** Asks for a value; undefined: the user would rather not. */
export async function askForValue(
  pipeline: PipelineReport,
  knob: KnobReport,
  preview: PreviewValue,
): Promise<number | undefined> {
  const suggestion = pipeline.suggestions.find((s) => s.knob === knob.id);
  const range = knob.max === null ? `at least ${knob.min}` : `${knob.min} to ${knob.max}`;
  let asked = new AbortController();
  const text = await vscode.window.showInputBox({
    title: `Change ${kindText(knob.kind)}: ${knob.name}`,
    prompt: `A whole number, ${range}; now ${valueText(knob.value)}. ${knob.remark ?? ''}`,
    value: String(suggestion?.to ?? knob.value ?? ''),
    ignoreFocusOut: true,
    validateInput: async (typed) => {
      asked.abort();
      asked = new AbortController();
      const wrong = problemOf(typed, knob);
      if (wrong !== null) return wrong;
      const message = await messageFor(Number(typed), knob, async (value) =>
        preview(value, asked.signal),
      );
      return { message, severity: vscode.InputBoxValidationSeverity.Info };
    },
  });
  asked.abort();
  return text === undefined ? undefined : Number(text);
}

/** What is wrong with what was typed; null: nothing. */
export function problemOf(
  typed: string,
  { min, max }: Pick<KnobReport, 'min' | 'max'>,
): string | null {
  const value = typed.trim() === '' ? Number.NaN : Number(typed);
  if (Number.isInteger(value) && value >= min && value <= (max ?? Infinity)) return null;
  return `A whole number from ${min}${max === null ? '' : ` to ${formatCount(max)}`}.`;
}

async function messageFor(
  value: number,
  knob: KnobReport,
  preview: (value: number) => Promise<KnobPreview>,
): Promise<string> {
  if (value === knob.value) return 'The present value.';
  try {
    return previewText(await preview(value));
  } catch (error) {
    // A newer question, or a session that has gone: the value can be written all the same.
    return `No prediction: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A preview in a line. */
export function previewText(found: KnobPreview): string {
  if (found.kind === 'unpredicted') return `No prediction. ${found.reason}`;
  return `Predicted throughput: ${gainText(found.gain)}.`;
}
