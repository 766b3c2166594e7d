import { isPalmtreeError } from '../../errors';
import {
  comparisonConfirmation,
  deletionsConfirmation,
  newTreeMessage,
  type Confirmation,
} from '../../messages/confirmations';
import { agree, canAsk, confirm } from '../terminal/questions';
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
        // The guard's refusal has an exit code of its own, so it is no wrong usage.
        if (yes || !canAsk()) throw error;
        await confirmed(invocation, 'Go on?', deletionsConfirmation(error));
        agreed = { ...agreed, confirmed: new Set(error.details.paths) };
      } else if (isPalmtreeError(error, 'revision_not_found') && !agreed.comparesAnew) {
        if (!canAsk()) throw error;
        await confirmed(invocation, 'Compare all files?', comparisonConfirmation(sync.state));
        agreed = { ...agreed, comparesAnew: true };
      } else if (isPalmtreeError(error, 'tree_not_found')) {
        const { tree = '', server = '' } = sync.state.binding ?? {};
        await agreeToNewTree(invocation, tree, server);
        await sync.makeTree();
      } else throw error;
    }
  }
}

/** Shows a confirmation whose message is a statement, and then asks `question`, as the buttons of a dialog ask. */
function confirmed(invocation: Invocation, question: string, { question: message, detail }: Confirmation) {
  return confirm(invocation, { question, detail: [message, ...detail] });
}

/** Throws UsageError or cancelled unless the user wants the tree. */
export async function agreeToNewTree(invocation: Invocation, tree: string, server: string): Promise<void> {
  const message = newTreeMessage(tree, server);
  await agree(invocation, {
    question: `${message} Create it?`,
    refusal: `${message} Pass --yes to create it, or --tree to name another one.`,
  });
}
