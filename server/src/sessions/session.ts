import type { Change } from '../contract/schemas';
import type { Content } from '../objects/content';

export type SessionKind = 'push' | 'pull';

/** What stands in session.json: enough to go on after a kill. */
export interface Session {
  readonly id: string;
  readonly kind: SessionKind;
  readonly treeId: number;
  readonly tokenId: number;
  readonly createdAt: string;
}

export interface Upload extends Content {
  readonly path: string;
}

/** What stands in push.lines, beside session.json: it may be big, and only the commit reads it. */
export interface PendingPush {
  readonly base: number;
  readonly forced: boolean;
  /** Those that make a difference to the head. */
  readonly changes: readonly Change[];
  readonly folders: readonly string[];
  readonly uploads: readonly Upload[];
  readonly message?: string;
}
