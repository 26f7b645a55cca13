/**
 * Buttons, fields and the like. The only file that knows @vscode/webview-ui-toolkit: the toolkit is archived, and a
 * successor has to be fitted in here and nowhere else.
 */
import {
  Dropdown,
  provideVSCodeDesignSystem,
  TextField,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { el, setAttribute, setText } from './dom.js';

/** Defines the toolkit's elements. Call once, before anything else of this file. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeProgressRing(),
    vsCodeTextField(),
  );
}

export interface Button {
  readonly element: HTMLElement;
  setLabel(label: string, title: string): void;
  setShown(shown: boolean): void;
  /** For buttons that switch something: null means that this one does not. */
  setPressed(pressed: boolean | null): void;
  setEnabled(enabled: boolean): void;
}

export type ButtonLook = 'primary' | 'secondary' | 'icon';

/** A button; `title` explains it on hover and to screen readers where the label alone would not. */
export function button(label: string, look: ButtonLook, clicked: () => void): Button {
  const element = document.createElement('vscode-button');
  element.setAttribute('appearance', look);
  element.append(label);
  element.addEventListener('click', clicked);
  return {
    element,
    setLabel(text, title) {
      setText(element, text);
      setAttribute(element, 'title', title);
      setAttribute(element, 'aria-label', `${text}: ${title}`);
    },
    setShown(shown) {
      element.hidden = !shown;
    },
    setPressed(pressed) {
      setAttribute(element, 'aria-pressed', pressed === null ? null : String(pressed));
      if (pressed !== null) {
        setAttribute(element, 'appearance', pressed ? 'primary' : 'secondary');
      }
    },
    setEnabled(enabled) {
      setAttribute(element, 'disabled', enabled ? null : '');
    },
  };
}

/** A small mark. Not the toolkit's badge: its template has a style attribute, which the panel's CSP refuses. */
export function badge(text: string): HTMLElement {
  return el('span', 'badge', text);
}

/** Turns as long as it is on the page. */
export function progressRing(label: string): HTMLElement {
  const element = document.createElement('vscode-progress-ring');
  element.setAttribute('aria-label', label);
  return element;
}

export interface NumberField {
  readonly element: HTMLElement;
  /** What the user typed; NaN when it is no number or empty. */
  value(): number;
  /** Shown while the field is empty. */
  setPlaceholder(text: string): void;
  setInvalid(invalid: boolean): void;
}

/** A field for a number; `entered` is called on Enter. */
export function numberField(label: string, entered: () => void): NumberField {
  const element = document.createElement('vscode-text-field');
  element.setAttribute('aria-label', label);
  element.setAttribute('size', '6');
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') entered();
  });
  const typed = (): string => (element instanceof TextField ? element.value.trim() : '');
  return {
    element,
    value: () => (typed() === '' ? NaN : Number(typed())),
    setPlaceholder(text) {
      setAttribute(element, 'placeholder', text);
    },
    setInvalid(invalid) {
      setAttribute(element, 'aria-invalid', invalid ? 'true' : null);
    },
  };
}

export interface Choice {
  readonly value: string;
  readonly text: string;
}

export interface DropdownField {
  readonly element: HTMLElement;
  /** Shows these choices, and `value` as the one that is taken. */
  update(choices: readonly Choice[], value: string): void;
}

/** A choice of one of several; `chosen` is called with the value that the user takes. */
export function dropdown(label: string, chosen: (value: string) => void): DropdownField {
  const element = document.createElement('vscode-dropdown');
  element.setAttribute('aria-label', label);
  element.addEventListener('change', () => {
    if (element instanceof Dropdown) chosen(element.value);
  });
  let shown = '';
  return {
    element,
    update(choices, value) {
      const key = JSON.stringify(choices);
      if (key !== shown) {
        const options = choices.map((choice) => {
          const option = document.createElement('vscode-option');
          option.setAttribute('value', choice.value);
          option.append(choice.text);
          return option;
        });
        element.replaceChildren(...options);
      }
      shown = key;
      if (element instanceof Dropdown && element.value !== value) element.value = value;
    },
  };
}

export interface TextInput {
  readonly element: HTMLElement;
  setValue(text: string): void;
  setInvalid(invalid: boolean): void;
  focus(): void;
}

/** What a text field tells. */
export interface TextEvents {
  readonly typed: (text: string) => void;
  /** A key that may mean something to the field's owner, who then prevents what it does otherwise. */
  readonly pressed: (event: KeyboardEvent) => void;
}

/** A field for a text. */
export function textField(
  setup: { readonly label: string; readonly hint: string; readonly maxLength: number },
  events: TextEvents,
): TextInput {
  const element = document.createElement('vscode-text-field');
  setAttribute(element, 'aria-label', setup.label);
  setAttribute(element, 'placeholder', setup.hint);
  setAttribute(element, 'maxlength', String(setup.maxLength));
  element.addEventListener('input', () => {
    if (element instanceof TextField) events.typed(element.value);
  });
  element.addEventListener('keydown', events.pressed);
  return {
    element,
    setValue(text) {
      if (element instanceof TextField && element.value !== text) element.value = text;
    },
    setInvalid(invalid) {
      setAttribute(element, 'aria-invalid', invalid ? 'true' : null);
    },
    focus() {
      if (element instanceof TextField) element.control.select();
      element.focus();
    },
  };
}
