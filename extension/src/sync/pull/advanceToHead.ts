import type { CommandContext } from '../replica/commandContext';
import { pull } from './pull';

/**
 * Scans, and moves the ancestor to the server's head if a newer revision is known, so that a decision is made against it.
 * Invariant: it writes no file. Only a pull that the user asks for does.
 */
export async function advanceToHead(context: CommandContext): Promise<void> {
  const { ancestor } = context.replica;
  if (ancestor.remoteChanges !== undefined && ancestor.remoteChanges.revision !== ancestor.revision) {
    await pull(context, { only: new Set() });
  } else {
    await context.replica.scan({ signal: context.reporter.signal });
  }
}
