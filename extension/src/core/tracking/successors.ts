import type { Entry } from '../entry';
import { isSameFile, type FileIdentity } from './fileIdentity';
import type { RuleRename } from './moveRules';
import type { Rule } from './rule';

/** A rule whose path does not exist any more. */
export interface VanishedRule {
  readonly rule: Rule;
  /** The last synced entries at the path and below it. */
  readonly entries: readonly Entry[];
}

/** A file or folder that may be a successor. */
export interface FoundItem {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly identity: FileIdentity;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** The SHA-256 of a file; absent if it was not hashed. */
  readonly hash?: string;
}

/** Programs that copy a file with its times keep at least the milliseconds. */
const mtimeToleranceNs = 1_000_000n;

/** Whether the item may be the file that `entry` describes: a rename to another disk keeps the size and the mtime. */
export function mayHaveContent({ size, mtimeNs }: Pick<FoundItem, 'size' | 'mtimeNs'>, entry: Entry): boolean {
  const difference = mtimeNs - entry.mtimeNs;
  return entry.size > 0 && size === entry.size && difference <= mtimeToleranceNs && difference >= -mtimeToleranceNs;
}

/**
 * Finds the new path of each vanished rule. A rule has a successor if exactly one item has its identity. Where that proves
 * nothing (`mayHaveMoved`), it has one if exactly one file has its content and mtime, or exactly one folder has all its
 * files at the same relative paths. Empty files, and rules with several candidates, get none: a rule must not follow a
 * guess.
 */
export function findSuccessors(vanished: readonly VanishedRule[], found: readonly FoundItem[]): RuleRename[] {
  const byHash = Map.groupBy(found, ({ hash }) => hash);
  const renames = vanished.flatMap(({ rule, entries }): RuleRename[] => {
    const successor = successorByIdentity(rule, found) ?? successorByContent(rule, entries, byHash);
    return successor === undefined ? [] : [{ from: rule.path, ...successor }];
  });
  const targets = Map.groupBy(renames, ({ to }) => to);
  return renames.filter(({ to }) => targets.get(to)?.length === 1);
}

type Successor = Omit<RuleRename, 'from'>;
type ItemsByHash = ReadonlyMap<string | undefined, readonly FoundItem[]>;

function successorByIdentity({ identity }: Rule, found: readonly FoundItem[]): Successor | undefined {
  if (identity === undefined) return undefined;
  const [only, ...others] = found.filter((item) => isSameFile(item.identity, identity));
  return only === undefined || others.length > 0 ? undefined : { to: only.path, kind: only.kind };
}

function successorByContent(rule: Rule, entries: readonly Entry[], found: ItemsByHash): Successor | undefined {
  if (rule.effect === 'untrack') return undefined;
  const candidates = entries.filter(({ size }) => size > 0).map((entry) => newPathsOf(rule, entry, found));
  const [first, ...others] = candidates;
  if (first === undefined) return undefined;
  const [only, ...more] = [...first].filter((to) => others.every((paths) => paths.has(to)));
  return only === undefined || more.length > 0 ? undefined : { to: only, kind: rule.kind };
}

/** The paths that the file or folder of `rule` may have now, if `entry` is at its relative path in it. */
function newPathsOf(rule: Rule, entry: Entry, found: ItemsByHash): ReadonlySet<string> {
  const ending = entry.path.slice(rule.path.length);
  return new Set(
    (found.get(entry.hash) ?? []).flatMap((item) => {
      const isMatch = item.path.endsWith(ending) && mayHaveContent(item, entry) && mayHaveMoved(rule, item);
      return isMatch ? [item.path.slice(0, item.path.length - ending.length)] : [];
    }),
  );
}

/**
 * Whether a file with the right content may be a renamed one, although it lacks the identity that a rename keeps. A copy
 * that was made long ago looks the same, so only if the identity is unknown, incomplete, or of another disk.
 */
function mayHaveMoved({ kind, identity }: Rule, item: FoundItem): boolean {
  if (identity === undefined || identity.dev !== item.identity.dev) return true;
  return identity.birth === '0' && (kind === 'folder' || identity.ino === item.identity.ino);
}
