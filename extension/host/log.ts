/** The extension's log, under "Sluice" among the output channels. */
import * as vscode from 'vscode';
import type { Disposable } from './disposables.js';

/** Silent after its end: what fails because everything is ending is no news, and VS Code throws at whoever still writes. */
export class Log implements Disposable {
  readonly #channel = vscode.window.createOutputChannel('Sluice', { log: true });
  #isDisposed = false;

  info(text: string): void {
    if (!this.#isDisposed) this.#channel.info(text);
  }

  warn(text: string): void {
    if (!this.#isDisposed) this.#channel.warn(text);
  }

  error(text: string): void {
    if (!this.#isDisposed) this.#channel.error(text);
  }

  /** Brings it on screen. */
  show(): void {
    this.#channel.show();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#channel.dispose();
  }
}
