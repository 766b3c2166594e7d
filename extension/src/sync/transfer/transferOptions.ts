import type { PathArea } from '../../core/pathArea';
import type { DeletionGuardOptions } from '../replica/deletionGuard';

export interface TransferOptions extends DeletionGuardOptions {
  /** Transfers these paths only. All others stay as they are, even those that changed since the plan was shown. */
  readonly only?: PathArea | undefined;
}
