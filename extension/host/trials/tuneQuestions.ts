/** Asks in quick picks what a search shall be for; the panel has a form for the same. */
import * as vscode from 'vscode';
import { defaultWish, type TuneWish } from '../../core/trials/wish.js';
import { parsePositive, TUNE_TIMES, timeLabel } from './tuneAnswers.js';

type Objective = TuneWish['objective'];

const objectives: readonly (vscode.QuickPickItem & { readonly objective: Objective })[] = [
  {
    label: 'Throughput',
    description: 'as many items per second as possible',
    objective: 'throughput',
  },
  { label: 'Latency p95', description: 'as short as possible', objective: 'p95' },
  { label: 'Latency p99', description: 'as short as possible', objective: 'p99' },
  {
    label: 'Cost for a target rate',
    description: 'as little as does for so many items per second',
    objective: 'cost',
  },
];

type LimitName = 'maxP95Ms' | 'maxP99Ms' | 'maxRssMiB';

const limits: readonly (vscode.QuickPickItem & { readonly limit: LimitName })[] = [
  { label: 'p95 latency', description: 'at most so many milliseconds', limit: 'maxP95Ms' },
  { label: 'p99 latency', description: 'at most so many milliseconds', limit: 'maxP99Ms' },
  { label: 'Memory', description: 'at most so many MiB', limit: 'maxRssMiB' },
];

/** The wish; undefined when the user would rather not. */
export async function askWish(): Promise<TuneWish | undefined> {
  const aim = await vscode.window.showQuickPick(objectives, {
    title: 'Tune (1/3)',
    placeHolder: 'What for?',
  });
  if (aim === undefined) return undefined;
  let wish: TuneWish = { ...defaultWish, objective: aim.objective };
  if (aim.objective === 'cost') {
    const rate = await askNumber('Items per second that are enough');
    if (rate === undefined) return undefined;
    wish = { ...wish, targetRatePerSec: rate };
  }
  const chosen = await vscode.window.showQuickPick(limits, {
    title: 'Tune (2/3)',
    placeHolder: 'Limits that must hold; none: what is usual must not get much worse',
    canPickMany: true,
  });
  if (chosen === undefined) return undefined;
  for (const { limit, label, description } of chosen) {
    const value = await askNumber(`${label}, ${description ?? ''}`);
    if (value === undefined) return undefined;
    wish = { ...wish, [limit]: value };
  }
  const time = await vscode.window.showQuickPick(
    TUNE_TIMES.map((timeSec) => ({ label: timeLabel(timeSec), timeSec })),
    { title: 'Tune (3/3)', placeHolder: 'How long may it take?' },
  );
  return time === undefined ? undefined : { ...wish, timeSec: time.timeSec };
}

async function askNumber(prompt: string): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    title: 'Tune',
    prompt,
    ignoreFocusOut: true,
    validateInput: (typed) => (parsePositive(typed) === null ? 'A number above 0.' : undefined),
  });
  return text === undefined ? undefined : (parsePositive(text) ?? undefined);
}
