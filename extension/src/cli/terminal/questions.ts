import { createInterface } from 'node:readline/promises';
import { PalmtreeError } from '../../errors';
import { plainLines } from '../../messages/plainText';
import type { Output } from './output';
import { UsageError } from './usageError';

/** Whether somebody can be asked: both ends are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

export interface Asker {
  readonly signal: AbortSignal;
  /** Paused meanwhile: its line at the bottom of the terminal would be drawn over the question. */
  readonly out: Pick<Output, 'pause'>;
}

export interface Question {
  readonly question: string;
  /** Paragraphs that are shown before the question. */
  readonly detail?: readonly string[];
}

/** Asks on the terminal. Anything but yes is no. Throws cancelled for Ctrl-C and Ctrl-D. */
export async function ask({ out, signal }: Asker, { question, detail = [] }: Question): Promise<boolean> {
  const resume = out.pause();
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C ends the question as it ends a command. On Windows, `process.kill` would end the process at once.
  terminal.on('SIGINT', () => process.emit('SIGINT', 'SIGINT'));
  const ended = Promise.withResolvers<never>();
  const onClose = (): void => {
    process.stderr.write('\n');
    ended.reject(notAnswered());
  };
  terminal.once('close', onClose);
  try {
    for (const paragraph of detail) process.stderr.write(`${plainLines(paragraph)}\n`);
    const answer = await Promise.race([terminal.question(`${plainLines(question)} [y/N] `, { signal }), ended.promise]);
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    throw signal.aborted ? notAnswered() : error;
  } finally {
    // Only this listener: those of Node end the echo of what is typed after the question, such as a token.
    terminal.off('close', onClose).close();
    resume();
  }
}

function notAnswered(): PalmtreeError {
  return new PalmtreeError('cancelled', 'the question was not answered');
}

/** Asks on the terminal. Throws cancelled unless the user says yes. */
export async function confirm(asker: Asker, question: Question): Promise<void> {
  if (!(await ask(asker, question))) throw new PalmtreeError('cancelled', 'the user did not agree');
}

export interface Agreement extends Asker {
  /** The user has agreed in advance. */
  readonly yes: boolean;
}

/**
 * Asks, unless the user has agreed in advance. Throws cancelled if the user does not agree. Without a terminal to ask on, throws
 * UsageError with `refusal`, which says what to pass.
 */
export async function agree(
  agreement: Agreement,
  { refusal, ...question }: Question & { readonly refusal: string },
): Promise<void> {
  if (agreement.yes) return;
  if (!canAsk()) throw new UsageError(refusal);
  await confirm(agreement, question);
}

const [enter, lineFeed, backspace, del, interrupt, endOfInput] = ['\r', '\n', '\b', '\u007F', '\u0003', '\u0004'];

/** Asks for a secret, which is not shown. Throws cancelled for Ctrl-C and Ctrl-D, and when the signal is aborted. */
export function askSecret({ out, signal }: Asker, prompt: string): Promise<string> {
  const resume = out.pause();
  const { stdin, stderr } = process;
  // Before the prompt: the terminal would show what is typed.
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  stderr.write(prompt);
  return new Promise<string>((resolve, reject) => {
    let typed = '';
    const end = (settle: () => void): void => {
      stdin.off('data', onData);
      signal.removeEventListener('abort', onCancel);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      resume();
      settle();
    };
    const onCancel = (): void => end(() => reject(notAnswered()));
    const onData = (text: string): void => {
      for (const character of text) {
        if (character === enter || character === lineFeed) return end(() => resolve(typed));
        if (character === interrupt || character === endOfInput) return onCancel();
        if (character === del || character === backspace) typed = typed.slice(0, -1);
        else typed += character;
      }
    };
    stdin.on('data', onData);
    signal.addEventListener('abort', onCancel);
    if (signal.aborted) onCancel();
  });
}
