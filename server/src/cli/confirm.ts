import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../errors';

/** Asks on the terminal. Throws OperatorError if the administrator does not agree, or if there is no terminal. */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new OperatorError(`${question} Without a terminal to ask on, --yes agrees.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new OperatorError('Nothing was changed.');
}
