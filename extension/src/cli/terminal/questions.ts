import { createInterface } from 'node:readline/promises';
import { PalmtreeError } from '../../errors';
import { plainLines } from '../../messages/plainText';
import { UsageError } from './usageError';

/** Whether somebody can be asked: both ends are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks on the terminal, after the lines of `detail`. Anything but yes is no. */
export async function confirm(question: string, detail: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C ends the question as it ends a command.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    if (detail !== '') process.stderr.write(`${plainLines(detail)}\n`);
    const answer = await terminal.question(`${plainLines(question)} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    throw signal.aborted ? new PalmtreeError('cancelled', 'the question was cancelled', { cause: error }) : error;
  } finally {
    terminal.close();
  }
}

export interface Agreement {
  /** The user has agreed in advance. */
  readonly yes: boolean;
  readonly signal: AbortSignal;
}

/**
 * Agrees in advance, or asks. Returns false if the user does not agree. Throws UsageError with `refusal` if there is no
 * terminal to ask on; it says what to pass.
 */
export async function agree(
  { yes, signal }: Agreement,
  { question, detail = '', refusal }: { readonly question: string; readonly detail?: string; readonly refusal: string },
): Promise<boolean> {
  if (yes) return true;
  if (!canAsk()) throw new UsageError(refusal);
  return confirm(question, detail, signal);
}

const [enter, lineFeed, backspace, del, interrupt, endOfInput] = ['\r', '\n', '\b', '\u007F', '\u0003', '\u0004'];

/** Asks for a secret, which is not shown. Throws cancelled. */
export function askSecret(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  return new Promise<string>((resolve, reject) => {
    let typed = '';
    const end = (settle: () => void): void => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      settle();
    };
    const onData = (text: string): void => {
      for (const character of text) {
        if (character === enter || character === lineFeed || character === endOfInput) return end(() => resolve(typed));
        if (character === interrupt) return end(() => reject(new PalmtreeError('cancelled', 'no token was typed')));
        if (character === del || character === backspace) typed = typed.slice(0, -1);
        else typed += character;
      }
    };
    stdin.on('data', onData);
  });
}
