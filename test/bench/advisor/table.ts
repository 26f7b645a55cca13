/** The verdicts as Markdown. */
import { settingText, type Setting, type Shape } from './shape.js';
import { isCovered, medianOf, predictionError, shareOfBest, type Outcome } from './score.js';
import type { Verdict } from './advisor.js';
import type { Sweep } from './sweep.js';

const HEAD =
  '| shape | knobs: start → end (best) | items/s: start → end (best) | of best | changes | error | in interval | false | holds back |';

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)}%`;
}

function rate(perSec: number): string {
  return perSec.toFixed(0);
}

function valuesText(setting: Setting): string {
  return Object.values(setting).join(' · ');
}

function bestText({ best, shape }: Verdict): string {
  const values = shape.knobs.map(({ key }) => {
    const part = best.split(', ').find((each) => each.startsWith(`${key} `));
    return part?.slice(key.length + 1) ?? '?';
  });
  return values.join(' · ');
}

function row(verdict: Verdict): string {
  const { shape, start, end, outcomes, bottleneck } = verdict;
  const errors = outcomes.map((outcome) => percent(predictionError(outcome))).join(', ');
  const covered = outcomes.map((outcome) => (isCovered(outcome) ? 'yes' : 'no')).join(', ');
  const named = `${bottleneck.kind} ${bottleneck.stage ?? ''}`.trim();
  const cells = [
    `${shape.number} ${shape.name}`,
    `${shape.knobs.map(({ key }) => key).join(' · ')}: ${valuesText(start)} → ${valuesText(end)} (${bestText(verdict)})`,
    `${rate(verdict.startPerSec)} → ${rate(verdict.endPerSec)} (${rate(verdict.bestPerSec)})`,
    percent(shareOfBest(verdict.endPerSec, verdict.bestPerSec)),
    String(outcomes.length + verdict.probes),
    errors,
    covered,
    String(verdict.falseClaims.length),
    verdict.isNamedRight ? named : `**${named}**`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function predictionTexts(outcomes: readonly Outcome[]): readonly string[] {
  const error = medianOf(outcomes.map(predictionError));
  const covered = outcomes.filter(isCovered).length;
  return [
    `median error of a prediction ${percent(error)}`,
    `${covered} of ${outcomes.length} within the stated interval`,
  ];
}

/** What the shapes are. */
export function shapeTable(shapes: readonly Shape[]): string {
  const rows = shapes.map(({ number, name, what }) => `| ${number} | ${name} | ${what} |`);
  return ['| | pipeline | what it is, and what is right to say |', '|---|---|---|', ...rows].join(
    '\n',
  );
}

/** The table, and a line that sums it up. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const outcomes = verdicts.flatMap((verdict) => verdict.outcomes);
  const shares = verdicts.map((v) => shareOfBest(v.endPerSec, v.bestPerSec));
  const changes = medianOf(verdicts.map((v) => v.outcomes.length + v.probes));
  const falseCount = verdicts.reduce((sum, v) => sum + v.falseClaims.length, 0);
  const summary = [
    `${shares.filter((share) => share >= 0.95).length} of ${verdicts.length} shapes reach 95% of their best or more`,
    `the lowest ${percent(Math.min(...shares))}`,
    `median of ${changes} changes`,
    ...(outcomes.length === 0 ? [] : predictionTexts(outcomes)),
    `${falseCount} false suggestions`,
    `${verdicts.filter((v) => v.isNamedRight).length} of ${verdicts.length} name what holds them back`,
  ];
  const line = HEAD.replace(/[^|]+/g, '---');
  return `${[HEAD, line, ...verdicts.map(row)].join('\n')}\n\n${summary.join(', ')}.`;
}

/** What was measured at each setting, one line each, for whoever looks whether a shape is what it promises. */
export function curveText(sweep: Sweep): string {
  const { best, truths } = sweep;
  return truths
    .map(({ setting, itemsPerSec, spread, latencyP95Ms }) => {
      const mark = setting === best.setting ? '*' : ' ';
      const p95 = latencyP95Ms === null ? '' : `  p95 ${latencyP95Ms.toFixed(0)} ms`;
      return `  ${mark} ${setting.padEnd(44)} ${itemsPerSec.toFixed(1).padStart(8)}/s ±${percent(spread / 2)}${p95}`;
    })
    .join('\n');
}

/** A verdict in words, as far as the table does not say it. */
export function remarks({ shape, falseClaims, unknownKnobs, end, start }: Verdict): string {
  const lines = [
    ...falseClaims.map((claim) => `false: ${claim}`),
    ...unknownKnobs.map((knob) => `planned for a knob that the program does not take: ${knob}`),
    ...(settingText(end) === settingText(start) ? [] : [`ends with ${settingText(end)}`]),
  ];
  return lines.map((line) => `  ${shape.name}: ${line}\n`).join('');
}
