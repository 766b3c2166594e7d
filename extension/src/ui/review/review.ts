import type { Plan } from '../../sync/review/plan';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import type { PlanChoice } from './planChoice';

/** A plan under review. */
export interface Review {
  readonly owner: SyncedFolder;
  readonly plan: Plan;
  readonly choice: PlanChoice;
  /** The message of the revision that a push creates. */
  readonly message?: string;
  /** Why the review opened, if the user asked for another command. */
  readonly note?: string;
}
