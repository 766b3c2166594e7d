import * as vscode from 'vscode';
import type { TransferScreen, TransferTitle } from '../../sync/ports/serverBinding';
import { plainLine, plainOutput } from '../../messages/plainText';
import { packMessage, retryMessage, transferSummary, transferTitle } from '../../messages/progressMessages';

const bold = (text: string): string => `\u001B[1m${text}\u001B[0m`;
const colors = { done: 32, partial: 32, failed: 31, cancelled: 33 } as const;
/** Older output of a terminal that is not open is dropped. */
const maxPendingChars = 64_000;

/**
 * The "Palmtree" terminal. It shows rsync's output, stays open after a failure, and Ctrl-C in it cancels the transfer.
 * It is a Pseudoterminal, and rsync is our own child process: in a terminal that VS Code starts, the exit code is not
 * always known and the output cannot be read.
 */
export class SyncTerminal implements vscode.Disposable {
  readonly #writer = new vscode.EventEmitter<string>();
  #terminal: vscode.Terminal | undefined;
  #isOpen = false;
  #wasShown = false;
  #pending = '';
  /** Several workspace folders may transfer at once. Ctrl-C cancels all. */
  readonly #running = new Set<AbortController>();

  /** Starts the output of a transfer. The first one that is not quiet shows the terminal; later ones leave the panel alone. */
  open(title: TransferTitle, isQuiet: boolean): TransferScreen {
    this.#ensureTerminal();
    if (!isQuiet && !this.#wasShown) this.show();
    const interrupt = new AbortController();
    this.#running.add(interrupt);
    this.#write(`${bold(`Palmtree: ${transferTitle(title)}`)}\n`);
    return {
      interrupted: interrupt.signal,
      write: (text) => this.#write(plainOutput(text)),
      pack: (pack) => this.#write(`${plainLine(packMessage(pack))}\n`),
      retrying: (failure, pauseMs) => this.#write(`${plainLine(retryMessage(failure, pauseMs))}\n`),
      end: (outcome) => {
        this.#running.delete(interrupt);
        this.#write(`\u001B[${colors[outcome.kind]}m${plainLine(transferSummary(outcome))}\u001B[0m\n\n`);
        if (outcome.kind === 'failed' && !isQuiet) this.show();
      },
    };
  }

  show(): void {
    this.#ensureTerminal();
    this.#wasShown = true;
    this.#terminal?.show(true);
  }

  dispose(): void {
    this.#interrupt();
    this.#terminal?.dispose();
    this.#writer.dispose();
  }

  #ensureTerminal(): void {
    if (this.#terminal !== undefined) return;
    this.#terminal = vscode.window.createTerminal({
      name: 'Palmtree',
      iconPath: new vscode.ThemeIcon('sync'),
      isTransient: true,
      pty: {
        onDidWrite: this.#writer.event,
        open: () => {
          this.#isOpen = true;
          this.#writer.fire(this.#pending);
          this.#pending = '';
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
    for (const interrupt of this.#running) interrupt.abort();
  }

  #write(text: string): void {
    const lines = text.replace(/\r?\n/g, '\r\n');
    if (this.#isOpen) this.#writer.fire(lines);
    else this.#pending = (this.#pending + lines).slice(-maxPendingChars);
  }
}
