import { runToEnd } from '../cooperativeTask';
import { reconcileSteps, type Reconciliation } from '../reconcile/reconcile';

/** Runs `reconcileSteps` without pauses. */
export function reconcile(...tables: Parameters<typeof reconcileSteps>): Reconciliation {
  return runToEnd(reconcileSteps(...tables));
}
