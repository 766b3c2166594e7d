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
  /** Explains a review that opened in place of a command. */
  readonly note?: string;
}
