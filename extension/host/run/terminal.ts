/** A program under profile, shown in a terminal of VS Code. */
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.js';
import type { Launch } from './launch.js';
import { LineEditor } from './lineEditor.js';
import { describeEnd, type ProgramEnd, type ProgramRun } from './programRun.js';

/** VS Code shows nothing of what is written before the terminal is open; that much of it is kept until then. */
const MAX_EARLY_CHARACTERS = 1 << 20;

/** A pipe delivers bare line feeds, a terminal needs the carriage to return as well. */
const toTerminal = (text: string): string => text.replace(/\r?\n/g, '\r\n');

/**
 * The pseudoterminal of one run. Closing the terminal ends the program, as it does in any terminal. When the program ends, the
 * terminal `stays` to be read, or it `closes`, which is how a task is over.
 */
export class ProgramTerminal implements vscode.Pseudoterminal {
  readonly #run: ProgramRun;
  readonly #line = new LineEditor();
  readonly #written = new vscode.EventEmitter<string>();
  readonly #subscriptions: Disposable[];
  /** Output from before `open`; undefined once the terminal is open. */
  #early: string[] | undefined = [];
  #earlyCharacters = 0;
  #exitCode: number | undefined;

  readonly #closed = new vscode.EventEmitter<number>();

  readonly onDidWrite = this.#written.event;
  readonly onDidClose = this.#closed.event;

  constructor(run: ProgramRun, commandLine: string, atEnd: 'stays' | 'closes' = 'stays') {
    this.#run = run;
    this.#show(`\u001b[2m> ${commandLine}\u001b[0m\n`);
    this.#subscriptions = [
      run.onOutput((text) => {
        this.#show(text);
      }),
      run.onEnd((end) => {
        this.#show(`\n\u001b[2m${describeEnd(end)}\u001b[0m\n`);
        if (atEnd === 'closes') this.#close(exitCodeOf(end));
      }),
    ];
  }

  open(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const text of early) this.#written.fire(text);
    if (this.#exitCode !== undefined) this.#closed.fire(this.#exitCode);
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#written.dispose();
    this.#closed.dispose();
    this.#run.terminate();
  }

  handleInput(data: string): void {
    if (!this.#run.isRunning) return;
    const { echo, input, interrupt, endOfInput } = this.#line.accept(data);
    if (echo !== '') this.#show(echo);
    if (input !== '') this.#run.write(input);
    if (interrupt) this.#run.interrupt();
    if (endOfInput) this.#run.endInput();
  }

  /** A terminal that is not open yet cannot be closed; `open` makes up for it. */
  #close(exitCode: number): void {
    if (this.#early === undefined) this.#closed.fire(exitCode);
    else this.#exitCode = exitCode;
  }

  #show(text: string): void {
    const shown = toTerminal(text);
    if (this.#early === undefined) {
      this.#written.fire(shown);
      return;
    }
    this.#early.push(shown);
    this.#earlyCharacters += shown.length;
    while (this.#earlyCharacters > MAX_EARLY_CHARACTERS && this.#early.length > 1) {
      this.#earlyCharacters -= this.#early.shift()?.length ?? 0;
    }
  }
}

/** As a shell would tell it; what it does not say is a failure. */
function exitCodeOf(end: ProgramEnd): number {
  if (end.kind === 'exited') return end.code;
  return end.kind === 'signalled' ? 130 : 127;
}

/** Opens a terminal on the run. Disposing it closes the terminal and ends the program. */
export function showInTerminal(run: ProgramRun, { title, command, args }: Launch): Disposable {
  const store = new DisposableStore();
  store.add(run);
  const pty = new ProgramTerminal(run, [command, ...args].join(' '));
  const terminal = vscode.window.createTerminal({
    name: `Sluice: ${title}`,
    pty,
    iconPath: new vscode.ThemeIcon('graph'),
    isTransient: true,
  });
  store.add(terminal);
  terminal.show(true);
  return store;
}
