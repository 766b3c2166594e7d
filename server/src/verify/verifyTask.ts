import type { Database } from '../database/openDatabase';
import type { ContentStore } from '../objects/contentStore';
import type { Damage } from './damage';

export interface VerifyServices {
  /** The stored contents, as far as `database` tells where they are. */
  readonly contentsOf: (database: Database) => ContentStore;
  /** Opens the database for a moment: a server does not start while another process has it open. */
  readonly withDatabase: <T>(use: (database: Database) => Promise<T>) => Promise<T>;
}

export interface VerifyRequest {
  /** By default all trees, and the objects that no tree has. */
  readonly treeNames: readonly string[] | undefined;
  /** Compares the sizes of contents instead of reading them. */
  readonly quick: boolean;
  /** Moves nothing to the quarantine. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onDamage: (damage: Damage) => void;
  /** Called with the bytes of all contents, before the first is read. */
  readonly onTotal: (bytes: number) => void;
  /** Called after each content, with its bytes. */
  readonly onContent: (bytes: number) => void;
}

export interface VerifyTask extends VerifyRequest {
  readonly treeIds: readonly number[] | undefined;
}
