import type { CommandContext } from '../replica/commandContext';
import { pull } from './pull';

/**
 * Moves the ancestor to the server's newest known revision, so that a decision is made against it.
 * Invariant: it writes no file. That is for a pull, which the user asks for.
 */
export async function advanceToHead(context: CommandContext): Promise<void> {
  const { ancestor } = context.replica;
  if (ancestor.remoteChanges !== undefined && ancestor.remoteChanges.revision !== ancestor.revision) {
    await pull(context, { only: new Set() });
  } else {
    await context.replica.scan({ signal: context.reporter.signal });
  }
}
