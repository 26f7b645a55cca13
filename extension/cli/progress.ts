/**
 * A sign of life on a terminal that never touches what the program prints.
 *
 * The program writes to the terminal itself, so a status line of ours would stand in the middle of its output, and we
 * cannot know when to take it away. So there are two ways: when the program's output goes elsewhere (`> file`, `| less`)
 * the line is ours and is rewritten in place; when program and status share the screen, the status is the window's title,
 * which the terminal keeps apart from the text. Nothing at all when stderr is no terminal.
 */
import type { WriteStream } from 'node:tty';
import { widthOf } from './terminal.js';

const INTERVAL_MS = 250;

/** Shows the newest text at most four times a second, until it is disposed. */
export class Progress {
  readonly #stream: WriteStream;
  readonly #mode: 'line' | 'title' | 'off';
  readonly #timer: NodeJS.Timeout | null;
  #isShown = false;

  /** `text` is asked for when it is time to show it. `isShared`: others write to the same screen. */
  constructor(stream: WriteStream, text: () => string, isShared: boolean) {
    this.#stream = stream;
    this.#mode =
      !stream.isTTY || process.env['TERM'] === 'dumb' ? 'off' : isShared ? 'title' : 'line';
    this.#timer =
      this.#mode === 'off'
        ? null
        : setInterval(() => {
            this.#show(text());
          }, INTERVAL_MS).unref();
  }

  /** Takes the text away. */
  dispose(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#isShown) this.#stream.write(this.#mode === 'line' ? '\r\x1b[K' : '\x1b[23;2t');
    this.#isShown = false;
  }

  #show(text: string): void {
    const shown = text.slice(0, widthOf(this.#stream) - 1);
    if (this.#mode === 'line') {
      this.#stream.write(`\r\x1b[K${shown}`);
    } else {
      // The terminal puts its own title on a stack and takes it back at the end.
      this.#stream.write(`${this.#isShown ? '' : '\x1b[22;2t'}\x1b]2;${shown}\x07`);
    }
    this.#isShown = true;
  }
}
