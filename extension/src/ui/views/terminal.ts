import * as vscode from 'vscode';
import type { TransferScreen, TransferTitle } from '../../sync/ports/serverBinding';
import { retryMessage, runSummary, runTitle } from '../shared/progressMessages';

const bold = (text: string): string => `\u001B[1m${text}\u001B[0m`;
const colors = { done: 32, partial: 32, failed: 31, cancelled: 33 } as const;
/** What a closed terminal missed is not kept for ever. */
const maxUnshownChars = 64_000;

/**
 * The "Palmtree" terminal: shows rsync itself, stays after a failure, and Ctrl-C in it cancels the run.
 * A Pseudoterminal around our own child process: the exit code is always known and the output readable, which
 * a terminal that VS Code starts itself does not give.
 */
export class SyncTerminal implements vscode.Disposable {
  readonly #writer = new vscode.EventEmitter<string>();
  #terminal: vscode.Terminal | undefined;
  #isOpen = false;
  #wasShown = false;
  #unshown = '';
  /** Several workspace folders may transfer at once; Ctrl-C means all. */
  readonly #running = new Set<AbortController>();

  /** Opens the terminal at its first run; later ones don't take the panel away from the user, quiet ones never. */
  open(run: TransferTitle, isQuiet: boolean): TransferScreen {
    this.#ensure();
    if (!isQuiet && !this.#wasShown) this.show();
    const running = new AbortController();
    this.#running.add(running);
    this.#write(`${bold(`Palmtree: ${runTitle(run)}`)}\n`);
    return {
      interrupted: running.signal,
      write: (text) => this.#write(text),
      retrying: (failure, pauseMs) => this.#write(`${retryMessage(failure, pauseMs)}\n`),
      end: (outcome) => {
        this.#running.delete(running);
        this.#write(`\u001B[${colors[outcome.kind]}m${runSummary(outcome)}\u001B[0m\n\n`);
        if (outcome.kind === 'failed' && !isQuiet) this.show();
      },
    };
  }

  show(): void {
    this.#ensure();
    this.#wasShown = true;
    this.#terminal?.show(true);
  }

  dispose(): void {
    this.#interrupt();
    this.#terminal?.dispose();
    this.#writer.dispose();
  }

  #ensure(): void {
    if (this.#terminal !== undefined) return;
    this.#terminal = vscode.window.createTerminal({
      name: 'Palmtree',
      iconPath: new vscode.ThemeIcon('sync'),
      isTransient: true,
      pty: {
        onDidWrite: this.#writer.event,
        open: () => {
          this.#isOpen = true;
          this.#writer.fire(this.#unshown);
          this.#unshown = '';
        },
        close: () => {
          this.#interrupt();
          this.#terminal = undefined;
          this.#isOpen = false;
          this.#wasShown = false;
        },
        handleInput: (data: string) => {
          if (data.includes('\u0003')) this.#interrupt();
        },
      },
    });
  }

  #interrupt(): void {
    for (const running of this.#running) running.abort();
  }

  #write(text: string): void {
    const shown = text.replace(/\r?\n/g, '\r\n');
    if (this.#isOpen) this.#writer.fire(shown);
    else this.#unshown = (this.#unshown + shown).slice(-maxUnshownChars);
  }
}
