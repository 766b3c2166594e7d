import { isPalmtreeError, type PalmtreeError } from '../../errors';
import { errorText } from '../../messages/errorTexts';
import { pathSection } from '../../messages/pathList';
import { agree, canAsk, confirm } from '../terminal/questions';
import { UsageError } from '../terminal/usageError';
import type { Invocation } from './invocation';
import type { OpenFolder } from './openFolder';

/** The user's agreements. */
export interface Agreed {
  /** Continue where the deletion guard would stop; a set: only if the plan removes no other paths. */
  readonly confirmed: boolean | ReadonlySet<string>;
  /** Compare all files anew with a server that no longer has the last synced revision. */
  readonly comparesAnew: boolean;
}

/**
 * Runs a push or pull, and runs it again once the user has agreed to what stopped it: in advance by `--yes`, or on the
 * terminal. Else it throws what stopped it.
 */
export async function withAgreements<T>(
  invocation: Invocation,
  { sync }: OpenFolder,
  run: (agreed: Agreed) => Promise<T>,
): Promise<T> {
  const { yes } = invocation;
  let agreed: Agreed = { confirmed: yes, comparesAnew: yes };
  for (;;) {
    try {
      return await run(agreed);
    } catch (error) {
      if (isPalmtreeError(error, 'deletion_guard')) {
        if (yes || !(await agreesToDeletions(invocation, error))) throw error;
        agreed = { ...agreed, confirmed: new Set(error.details.paths) };
      } else if (isPalmtreeError(error, 'revision_not_found') && !agreed.comparesAnew) {
        if (!(await agreesToComparison(invocation, error))) throw error;
        agreed = { ...agreed, comparesAnew: true };
      } else if (isPalmtreeError(error, 'tree_not_found')) {
        await agreeToNewTree(invocation, sync.state.binding?.tree ?? '');
        await sync.makeTree();
      } else throw error;
    }
  }
}

/** The guard's refusal has an exit code of its own, so it is no wrong usage. */
async function agreesToDeletions({ out, signal }: Invocation, error: PalmtreeError): Promise<boolean> {
  if (!canAsk()) return false;
  const { paths = [], deletions } = error.details;
  const place = deletions?.direction === 'pull' ? 'here' : 'on the server';
  const detail = `${errorText(error)}\n${pathSection(`Will be deleted or emptied ${place}`, paths)}`;
  out.idle();
  return confirm('Go on?', detail, signal);
}

async function agreesToComparison({ out, signal }: Invocation, error: PalmtreeError): Promise<boolean> {
  if (!canAsk()) return false;
  const detail =
    'The server was restored from an older copy, shows another history than before, or has removed old revisions. A comparison of all files replaces and deletes none: each file that differs becomes a conflict.';
  out.idle();
  return confirm('Compare all files?', `${errorText(error)}\n${detail}`, signal);
}

/** Throws UsageError unless the user wants the tree. */
export async function agreeToNewTree(invocation: Invocation, tree: string): Promise<void> {
  const isWanted = await agree(invocation, {
    question: `The tree "${tree}" doesn't exist on the server yet. Make it?`,
    refusal: `The tree "${tree}" doesn't exist on the server yet. --yes makes it; --tree names another one.`,
  });
  if (!isWanted) throw new UsageError('Nothing was changed. --tree names another tree.');
}
