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

/** Gives an element a name and keeps it: the toolkit calls its fields "Text field" when they come onto the page. */
function keepName(element: HTMLElement, label: string): void {
  const name = (): void => {
    setAttribute(element, 'aria-label', label);
  };
  name();
  new MutationObserver(name).observe(element, { attributeFilter: ['aria-label'] });
}

export interface Button {
  readonly element: HTMLElement;
  setLabel(label: string, title: string): void;
  setShown(shown: boolean): void;
  setEnabled(enabled: boolean): void;
  /** For buttons that switch something: null means that this one does not. */
  setPressed(pressed: boolean | null): void;
}

export type ButtonLook = 'primary' | 'secondary' | 'icon';

/** A button; `title` explains it on hover and to screen readers where the label alone would not. */
export function button(label: string, look: ButtonLook, clicked: () => void): Button {
  const element = document.createElement('vscode-button');
  // Without a name the toolkit calls it "Icon Button".
  if (look === 'icon') element.setAttribute('aria-label', label);
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
    setEnabled(enabled) {
      setAttribute(element, 'disabled', enabled ? null : '');
    },
    setPressed(pressed) {
      setAttribute(element, 'aria-pressed', pressed === null ? null : String(pressed));
      if (pressed !== null) {
        setAttribute(element, 'appearance', pressed ? 'primary' : 'secondary');
      }
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
  keepName(element, label);
  return element;
}

export interface SearchField {
  readonly element: HTMLElement;
  setValue(text: string): void;
  setInvalid(invalid: boolean): void;
  focus(): void;
}

/** What a text field tells. */
export interface SearchEvents {
  readonly typed: (text: string) => void;
  /** A key that may mean something to the field's owner, who then prevents what it does otherwise. */
  readonly pressed?: (event: KeyboardEvent) => void;
}

/** A field for what to search for. */
export function searchField(
  setup: { readonly label: string; readonly hint: string; readonly maxLength: number },
  events: SearchEvents,
): SearchField {
  const element = document.createElement('vscode-text-field');
  keepName(element, setup.label);
  setAttribute(element, 'placeholder', setup.hint);
  setAttribute(element, 'maxlength', String(setup.maxLength));
  element.addEventListener('input', () => {
    if (element instanceof TextField) events.typed(element.value);
  });
  if (events.pressed !== undefined) element.addEventListener('keydown', events.pressed);
  return {
    element,
    setValue(text) {
      if (!(element instanceof TextField) || element.value === text) return;
      element.value = text;
      // The toolkit hands it on with the next frame; what is typed before that would be added to the old text.
      element.control.value = text;
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

export interface NumberField {
  readonly element: HTMLElement;
  /** What the user typed; NaN when it is no number or empty. */
  value(): number;
  isEmpty(): boolean;
  /** Shown while the field is empty. */
  setPlaceholder(text: string): void;
  setInvalid(invalid: boolean): void;
}

/** A field for a number; `entered` is called on Enter. */
export function numberField(label: string, entered: () => void): NumberField {
  const element = document.createElement('vscode-text-field');
  keepName(element, label);
  element.setAttribute('size', '6');
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') entered();
  });
  const typed = (): string => (element instanceof TextField ? element.value.trim() : '');
  return {
    element,
    value: () => (typed() === '' ? NaN : Number(typed())),
    isEmpty: () => typed() === '',
    setPlaceholder(text) {
      setAttribute(element, 'placeholder', text);
    },
    setInvalid(invalid) {
      setAttribute(element, 'aria-invalid', invalid ? 'true' : null);
    },
  };
}

export interface ChoiceOption {
  readonly value: string;
  readonly label: string;
}

export interface Choice {
  readonly element: HTMLElement;
  /** Options in their order, and the one that is chosen. */
  update(options: readonly ChoiceOption[], chosen: string): void;
}

/** A list of which one thing is chosen; `chosen` is called when the user chooses another one. */
export function choice(label: string, chosen: (value: string) => void): Choice {
  const element = document.createElement('vscode-dropdown');
  element.setAttribute('aria-label', label);
  const valueOf = (): string => (element instanceof Dropdown ? element.value : '');
  element.addEventListener('change', () => {
    chosen(valueOf());
  });
  let shown = '';
  return {
    element,
    update(options, value) {
      const text = JSON.stringify(options);
      if (text !== shown) {
        const made = options.map((option) => {
          const entry = document.createElement('vscode-option');
          entry.setAttribute('value', option.value);
          entry.append(option.label);
          return entry;
        });
        element.replaceChildren(...made);
        shown = text;
      }
      // Its options register themselves a moment later, and only then can one be chosen.
      queueMicrotask(() => {
        if (element instanceof Dropdown && element.value !== value) element.value = value;
      });
    },
  };
}
