import type { Entry } from './entry';

/** One path that goes from one state to another; `undefined` is absence. */
export interface Change {
  readonly path: string;
  readonly from: Entry | undefined;
  readonly to: Entry | undefined;
}

/** One path on which the sides cannot be brought together without a decision. */
export interface Conflict {
  readonly path: string;
  readonly ancestor: Entry | undefined;
  readonly local: Entry | undefined;
  readonly remote: Entry | undefined;
}
