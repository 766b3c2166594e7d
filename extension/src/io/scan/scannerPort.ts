import type { Observation } from '../../core/observation';
import type { Problem } from '../../core/problem';
import type { Rule } from '../../core/tracking/rule';

/** What a scan takes in: a change of it needs a full pass. */
export interface ScanScope {
  readonly rules: readonly Rule[];
  /** gitignore-style patterns. */
  readonly exclude: readonly string[];
  readonly respectGitignore: boolean;
}

export interface ScanRequest {
  readonly scope: ScanScope;
  /** Only these paths and what is below them; without it, a full pass. */
  readonly only?: readonly string[];
  /** Hash everything, trust no stored hash. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ScanProgress) => void;
}

export interface ScanProgress {
  readonly files: number;
  readonly hashedBytes: number;
}

/** The difference to what the scanner knew before. */
export interface ScanResult {
  readonly changed: readonly Observation[];
  readonly removed: readonly string[];
  /** Of a full pass: all problems; of a partial one: those below `only`. */
  readonly problems: readonly Problem[];
  /**
   * The contents of the .gitignore files that were honoured, by folder. Of a full pass: all there are; of a
   * partial one: of the folders it came by, with null where there is none.
   * What they leave out is not observed: a selection without them would take it for deleted.
   */
  readonly gitignores: ReadonlyMap<string, string | null>;
}

export interface Scanner {
  /** Tells what is known already, from the store or from a pull that has just written files. */
  update(seen: Iterable<Observation>, gone: Iterable<string>): void;
  /** Tells all that is known, in the place of what was: when another window's store took the place of ours. */
  reset(all: Iterable<Observation>): void;
  scan(request: ScanRequest): Promise<ScanResult>;
  dispose(): Promise<void>;
}
