/** "Change parallelism / queue depth / batch size…": another value for a knob, with what the model makes of it while one types. */
import * as vscode from 'vscode';
import { formatCount, formatPercent } from '../../core/format.js';
import type { KnobReport, PipelineReport } from '../../core/report/report.js';
import { predictedGain } from './curve.js';
import { kindText, valueText } from './marks.js';

/** Asks for a value; undefined: the user would rather not. */
export async function askForValue(
  pipeline: PipelineReport,
  knob: KnobReport,
): Promise<number | undefined> {
  const range = knob.max === null ? `at least ${knob.min}` : `${knob.min} to ${knob.max}`;
  const suggestion = pipeline.suggestions.find((s) => s.knob === knob.id);
  const text = await vscode.window.showInputBox({
    title: `Change ${kindText(knob.kind)}: ${knob.name}`,
    prompt: `A whole number, ${range}; now ${valueText(knob.value)}. ${knob.remark ?? ''}`,
    value: String(suggestion?.to ?? knob.value ?? ''),
    ignoreFocusOut: true,
    validateInput: (typed) => messageFor(typed, pipeline, knob),
  });
  return text === undefined ? undefined : Number(text);
}

function messageFor(
  typed: string,
  pipeline: PipelineReport,
  knob: KnobReport,
): vscode.InputBoxValidationMessage | string {
  const value = typed.trim() === '' ? Number.NaN : Number(typed);
  if (!Number.isInteger(value) || value < knob.min || value > (knob.max ?? Infinity)) {
    return `A whole number from ${knob.min}${knob.max === null ? '' : ` to ${formatCount(knob.max)}`}.`;
  }
  const gain = predictedGain(pipeline, knob.id, value);
  const message =
    value === knob.value
      ? 'The present value.'
      : gain === null
        ? 'No prediction for this value: it is beyond what was measured. Try it live to see.'
        : `Predicted throughput: about ${formatPercent(gain)} of the present.`;
  return { message, severity: vscode.InputBoxValidationSeverity.Info };
}
