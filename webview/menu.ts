/**
 * A button that opens a menu of actions, as WAI-ARIA describes it: arrows move, Home and End jump, Escape and Tab close. An
 * entry that cannot be used now can be reached all the same: it says why.
 */
import { button } from './controls.js';
import { el, setAttribute } from './dom.js';
import { menuStep } from './menuStep.js';

export interface MenuEntry {
  readonly label: string;
  /** Explains the entry while it can be used. */
  readonly title: string;
  /** Called also when it is switched off, to say why. */
  readonly chosen: () => void;
}

export interface Menu {
  readonly element: HTMLElement;
  /** Switches an entry off and says why, or (null) on. */
  setFault(index: number, fault: string | null): void;
}

interface Item {
  readonly element: HTMLButtonElement;
  setFault(fault: string | null): void;
}

function menuItem({ label, title, chosen }: MenuEntry): Item {
  const element = el('button', 'menu-item', label);
  element.type = 'button';
  element.tabIndex = -1;
  element.setAttribute('role', 'menuitem');
  const setFault = (fault: string | null): void => {
    setAttribute(element, 'aria-disabled', fault === null ? null : 'true');
    setAttribute(element, 'title', fault ?? title);
    setAttribute(element, 'aria-label', `${label}: ${fault ?? title}`);
  };
  setFault(null);
  element.addEventListener('click', chosen);
  return { element, setFault };
}

/** Ties the button, the list and its keys together. */
class MenuButton {
  readonly element: HTMLElement;
  private readonly trigger: HTMLElement;
  private readonly list: HTMLElement;
  private readonly items: readonly HTMLElement[];

  constructor(label: string, title: string, items: readonly HTMLElement[]) {
    const trigger = button(label, 'secondary', () => {
      if (this.list.hidden) this.open(0);
      else this.close(true);
    });
    trigger.setLabel(`${label} ▾`, title);
    this.items = items;
    this.trigger = trigger.element;
    this.trigger.setAttribute('aria-label', `${label}: ${title}`);
    this.trigger.setAttribute('aria-haspopup', 'menu');
    this.trigger.setAttribute('aria-expanded', 'false');
    this.list = el('div', 'menu-list', ...items);
    this.list.setAttribute('role', 'menu');
    this.list.setAttribute('aria-label', label);
    this.list.hidden = true;
    this.element = el('div', 'menu', this.trigger, this.list);
    this.listen();
  }

  private listen(): void {
    this.element.addEventListener('keydown', (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey) this.pressed(event);
    });
    this.list.addEventListener('click', () => {
      this.close(true);
    });
    this.element.addEventListener('focusout', (event) => {
      const to = event.relatedTarget;
      if (!(to instanceof Node && this.element.contains(to))) this.close(false);
    });
  }

  private pressed(event: KeyboardEvent): void {
    if (this.list.hidden) {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
      event.preventDefault();
      event.stopPropagation();
      this.open(event.key === 'ArrowDown' ? 0 : this.items.length - 1);
      return;
    }
    // The panel has a meaning for letters and arrows, too.
    event.stopPropagation();
    const at = this.items.findIndex((item) => item === document.activeElement);
    const to = menuStep(event.key, at, this.items.length);
    if (to !== null) {
      event.preventDefault();
      this.items[to]?.focus();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      this.close(true);
    } else if (event.key === 'Tab') this.close(false);
  }

  private open(at: number): void {
    this.list.hidden = false;
    this.trigger.setAttribute('aria-expanded', 'true');
    this.items[at]?.focus();
  }

  private close(doFocus: boolean): void {
    if (this.list.hidden) return;
    this.list.hidden = true;
    this.trigger.setAttribute('aria-expanded', 'false');
    if (doFocus) this.trigger.focus();
  }
}

/** Makes the button with its menu. */
export function createMenu(label: string, title: string, entries: readonly MenuEntry[]): Menu {
  const items = entries.map(menuItem);
  const { element } = new MenuButton(
    label,
    title,
    items.map((item) => item.element),
  );
  return {
    element,
    setFault(index, fault) {
      items[index]?.setFault(fault);
    },
  };
}
