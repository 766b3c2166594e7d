import type { Change } from '../contract/schemas';
import type { Content } from '../objects/content';

export type SessionKind = 'push' | 'pull';

/** The content of session.json, from which a restarted server continues the session. */
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

/** The content of push.lines. It is separate from session.json because it may be big and only the commit reads it. */
export interface PushRecord {
  readonly base: number;
  readonly forced: boolean;
  /** The changes that the client declared, without those that the head already has. */
  readonly changes: readonly Change[];
  readonly folders: readonly string[];
  /** Absent from the records of older servers. */
  readonly untrackedFolders?: readonly string[];
  /**
   * The contents that this push has to bring: first those of files that travel alone, then those of each pack in their order,
   * then those that an earlier push, which this one resumed, has brought.
   */
  readonly uploads: readonly Upload[];
  /** The numbers of contents in each pack. */
  readonly packs?: readonly number[];
  /** The number of contents that the earlier push has brought. */
  readonly brought?: number;
  readonly message?: string;
}
