import type { Plan } from '../../sync/review/plan';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import type { PlanChoice } from './planChoice';
import type { PlanFilter } from './planFilter';

/** A plan under review. */
export interface Review {
  readonly owner: SyncedFolder;
  readonly plan: Plan;
  readonly filter: PlanFilter;
  /** The part of the plan that the filter shows. Invariant: commands act on no other changes. */
  readonly shown: Plan;
  readonly choice: PlanChoice;
  /** The message of the revision that a push creates. */
  readonly message?: string;
  /** Explains a review that opened in place of a command. */
  readonly note?: string;
}
