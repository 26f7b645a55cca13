/**
 * What a terminal driver does in cooked mode, as far as a program that reads lines needs it. A pseudoterminal of VS Code
 * sends single keys, and a child behind a pipe has nobody else to echo and collect them.
 */

/** What one piece of keyboard input leads to. */
export interface KeyEffects {
  /** To be shown. */
  readonly echo: string;
  /** Whole lines for the child, with their line ends. */
  readonly input: string;
  readonly interrupt: boolean;
  readonly endOfInput: boolean;
}

/** A line longer than this is cut: nobody types it, and what is pasted must not grow without bound. */
const MAX_LINE = 65_536;

/** Collects one line at a time. */
export class LineEditor {
  #line = '';

  /** `data` is what the terminal sent: a key, an escape sequence, or a pasted text. */
  accept(data: string): KeyEffects {
    // Cursor keys and their like mean nothing on a line that cannot be edited in the middle.
    if (data.startsWith('\u001b'))
      return { echo: '', input: '', interrupt: false, endOfInput: false };
    const effects = { echo: '', input: '', interrupt: false, endOfInput: false };
    for (const character of data.replaceAll('\r\n', '\r')) {
      switch (character) {
        case '\u0003':
          this.#line = '';
          effects.echo += '^C\r\n';
          effects.interrupt = true;
          break;
        case '\u0004':
          effects.endOfInput = this.#line === '';
          break;
        case '\r':
        case '\n':
          effects.input += `${this.#line}\n`;
          effects.echo += '\r\n';
          this.#line = '';
          break;
        case '\u007f':
        case '\b':
          effects.echo += this.#erase();
          break;
        default:
          effects.echo += this.#append(character);
      }
    }
    return effects;
  }

  #erase(): string {
    if (this.#line === '') return '';
    // A whole code point, so that half a surrogate pair never goes to the program.
    this.#line = Array.from(this.#line).slice(0, -1).join('');
    return '\b \b';
  }

  #append(character: string): string {
    if (this.#line.length >= MAX_LINE || (character < ' ' && character !== '\t')) return '';
    this.#line += character;
    return character;
  }
}
