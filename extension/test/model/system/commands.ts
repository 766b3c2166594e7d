import type { CommandContext } from '../../../src/sync/replica/commandContext';
import { resolve } from '../../../src/sync/conflicts/resolve';
import { restore } from '../../../src/sync/history/restore';
import { undoPull } from '../../../src/sync/history/undoPull';
import { undoPush } from '../../../src/sync/history/undoPush';
import { pull } from '../../../src/sync/pull/pull';
import { forcePush } from '../../../src/sync/push/forcePush';
import { push } from '../../../src/sync/push/push';
import type { Command } from './steps';

export interface CommandResult {
  /** For the log: the same in each run of a sequence. */
  readonly text: string;
  readonly merged?: readonly string[];
  readonly conflicts?: readonly string[];
  /** Whether either side was changed. */
  readonly hasChanged: boolean;
}

/** Runs a command of the client. `head` is the server's newest revision. */
export async function runCommand(
  context: CommandContext,
  { name, autoMerge, choice, age, path }: Command,
  { head, conflicts }: { readonly head: number; readonly conflicts: readonly string[] },
): Promise<CommandResult> {
  switch (name) {
    case 'push': {
      const { revision, put, deleted, skipped } = await push(context, { confirmed: true });
      return { text: `r${revision} ${put} ${deleted} ${skipped.length}`, hasChanged: put + deleted > 0 };
    }
    case 'forcePush': {
      const { revision, put, deleted } = await forcePush(context, () => Promise.resolve(true));
      return { text: `r${revision} ${put} ${deleted}`, hasChanged: put + deleted > 0 };
    }
    case 'pull': {
      const result = await pull(context, { confirmed: true, autoMerge });
      const { revision, written, deleted, merged, skipped } = result;
      const reasons = skipped.map((one) => `${one.path}:${one.reason}`).join();
      const text = `r${revision} ${written} ${deleted} ${merged.join()} ${result.conflicts.join()} ${reasons}`;
      const hasChanged = written + deleted + merged.length > 0;
      return { text, merged, conflicts: result.conflicts, hasChanged };
    }
    case 'resolve': {
      const { resolved, skipped } = await resolve(context, { paths: conflicts, choice });
      return { text: `${resolved.join()} ${skipped.length}`, hasChanged: resolved.length > 0 };
    }
    case 'undoPush': {
      const { revision, changedSince } = await undoPush(context, Math.max(1, head - age));
      return { text: `r${revision} ${changedSince.length}`, hasChanged: true };
    }
    case 'undoPull': {
      const { restored, removed } = await undoPull(context);
      return { text: `${restored.join()} ${removed.join()}`, hasChanged: true };
    }
    case 'restore': {
      const request = { paths: [path], revision: Math.max(1, head - age) };
      const { written } = await restore(context, request);
      return { text: written.join(), hasChanged: true };
    }
  }
}
