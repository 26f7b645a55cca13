/** What a search shall be for: a short form. */
import { defaultWish, type TuneWish } from '../../extension/core/trials/wish.js';
import { button, choice, numberField, type Choice, type NumberField } from '../controls.js';
import { el, setText } from '../dom.js';

export interface TuneFormEvents {
  readonly start: (wish: TuneWish) => void;
  readonly cancel: () => void;
}

export interface TuneForm {
  readonly element: HTMLElement;
  readonly focus: () => void;
}

type Objective = TuneWish['objective'];

const objectives: readonly { readonly value: Objective; readonly label: string }[] = [
  { value: 'throughput', label: 'Throughput' },
  { value: 'p95', label: 'Latency p95' },
  { value: 'p99', label: 'Latency p99' },
  { value: 'cost', label: 'Cost for a target rate' },
];

const times: readonly { readonly value: string; readonly label: string }[] = [
  { value: '60', label: '1 minute' },
  { value: '120', label: '2 minutes' },
  { value: '300', label: '5 minutes' },
  { value: '900', label: '15 minutes' },
];

const isObjective = (value: string): value is Objective =>
  objectives.some((objective) => objective.value === value);

/** A number of a field: null where it is empty, undefined where it is no number above 0. */
function limitOf(field: NumberField): number | null | undefined {
  const value = field.value();
  const isWrong = !field.isEmpty() && !(value > 0 && value <= 1e9);
  field.setInvalid(isWrong);
  if (field.isEmpty()) return null;
  return isWrong ? undefined : value;
}

function row(label: string, part: Choice | NumberField, unit = ''): HTMLElement {
  const name = el('span', 'tune-label', label);
  // The part has the same name for screen readers.
  name.setAttribute('aria-hidden', 'true');
  return el('div', 'tune-row', name, part.element, el('span', 'dim tune-unit', unit));
}

interface Fields {
  readonly target: NumberField;
  readonly p95: NumberField;
  readonly p99: NumberField;
  readonly rss: NumberField;
}

function createFields(entered: () => void): Fields {
  const field = (label: string): NumberField => {
    const made = numberField(label, entered);
    made.setPlaceholder('no limit');
    return made;
  };
  const target = numberField('Target rate in items per second', entered);
  target.setPlaceholder('rate');
  return {
    target,
    p95: field('Limit of p95 latency in milliseconds'),
    p99: field('Limit of p99 latency in milliseconds'),
    rss: field('Limit of memory in MiB'),
  };
}

/** The wish; a text: what is wrong with it. */
function wishOf(fields: Fields, objective: Objective, timeSec: number): TuneWish | string {
  const [target, p95, p99, rss] = [fields.target, fields.p95, fields.p99, fields.rss].map(limitOf);
  if (p95 === undefined || p99 === undefined || rss === undefined) {
    return 'A limit is a number above 0, or empty.';
  }
  if (objective === 'cost' && (target === undefined || target === null)) {
    fields.target.setInvalid(true);
    return 'Say how many items per second are enough.';
  }
  return {
    objective,
    targetRatePerSec: objective === 'cost' ? (target ?? null) : null,
    maxP95Ms: p95,
    maxP99Ms: p99,
    maxRssMiB: rss,
    timeSec,
  };
}

/** Makes the form. */
export function tuneForm(events: TuneFormEvents): TuneForm {
  let objective: Objective = defaultWish.objective;
  let timeSec = defaultWish.timeSec;
  const fault = el('div', 'fault');
  fault.setAttribute('role', 'alert');
  const start = (): void => {
    const wish = wishOf(fields, objective, timeSec);
    setText(fault, typeof wish === 'string' ? wish : '');
    if (typeof wish !== 'string') events.start(wish);
  };
  const fields = createFields(start);
  const targetRow = row('Target', fields.target, 'items/s');
  const aim = choice('Objective', (value) => {
    if (isObjective(value)) objective = value;
    targetRow.hidden = objective !== 'cost';
  });
  aim.update(objectives, objective);
  targetRow.hidden = true;
  const time = choice('Time budget', (value) => {
    timeSec = Number(value);
  });
  time.update(times, String(timeSec));
  const startButton = button('Start tuning', 'primary', start);
  const cancel = button('Cancel', 'secondary', events.cancel);
  const element = el(
    'div',
    'card tune-form',
    el('div', 'card-title', el('strong', '', 'Tune the running program')),
    el(
      'div',
      'dim',
      'Turns live knobs one by one, compares with and without each change, and keeps only what is better.',
    ),
    row('For', aim),
    targetRow,
    row('p95 at most', fields.p95, 'ms'),
    row('p99 at most', fields.p99, 'ms'),
    row('Memory at most', fields.rss, 'MiB'),
    row('Time', time),
    fault,
    el('div', 'card-buttons', startButton.element, cancel.element),
  );
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', 'Tune the running program');
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    events.cancel();
  });
  return {
    element,
    focus: () => {
      aim.element.focus();
    },
  };
}
