import { join } from 'node:path';
import type { CooperativeTask } from '../../core/cooperativeTask';
import type { Entry } from '../../core/entry';
import { isFolding } from '../../core/filenames/nameRules';
import { isInside } from '../../core/paths';
import { isSameFile, type FileIdentity } from '../../core/tracking/fileIdentity';
import type { RuleRename } from '../../core/tracking/moveRules';
import { ruleFor, type Rule } from '../../core/tracking/rule';
import { findSuccessors, mayHaveContent, type FoundItem, type VanishedRule } from '../../core/tracking/successors';
import { containsFile } from '../../io/fs/containsFile';
import { fileIdentityOf } from '../../io/fs/fileIdentity';
import { RealFolders } from '../../io/fs/realFolders';
import { spellingOf } from '../../io/fs/spelling';
import { readableStatsAt, statsAt } from '../../io/fs/stats';
import { findItems } from '../../io/scan/findItems';
import type { AncestorState } from './ancestorState';
import type { LocalIndex } from './localIndex';
import type { TrackingRules } from './trackingRules';

const identitiesPerStep = 100;

/** The parts of a `Replica` that renames concern. */
interface Replica {
  readonly root: string;
  readonly rules: TrackingRules;
  readonly local: LocalIndex;
  readonly ancestor: AncestorState;
}

/** A path that has a rule of its own, and that this disk does not have any more. */
interface Missing {
  readonly rule: Rule;
  /** The spelling on a disk that folds names, if only that changed. */
  readonly respelled: string | undefined;
}

/**
 * Lets the rules follow files and folders that were renamed outside the editor. Returns the renames.
 * Invariant: a rule follows only what is the same file or folder beyond doubt. Nothing else that vanished is deleted on
 * the server without a question (`vanishedIn`).
 */
export async function followRenames(replica: Replica, signal: AbortSignal | undefined): Promise<RuleRename[]> {
  const missing = missingRules(replica);
  if (missing.length === 0) return [];
  const respelled = missing.flatMap(({ rule, respelled }): RuleRename[] =>
    respelled === undefined ? [] : [{ from: rule.path, to: respelled, kind: rule.kind }],
  );
  const vanished = vanishedRules(
    replica,
    missing.filter((one) => one.respelled === undefined).map(({ rule }) => rule),
  );
  const renames = [...respelled, ...(await findRenames(replica, vanished, signal))].filter(isOutermost);
  // A path that left a renamed folder has gone its own way.
  for (const rename of renames.sort((a, b) => b.from.length - a.from.length)) replica.rules.follow(rename);
  for (const { rule, entries } of vanished) {
    // Nothing was synced at its path, so there is nothing to ask about: search for it only once.
    const isUnresolved = replica.rules.all.get(rule.path) === rule;
    if (isUnresolved && entries.length === 0) replica.rules.setIdentity(rule, undefined);
  }
  return renames;
}

/** Whether one of the removed paths may have been renamed with the file or folder that has a rule of its own. */
export function mayHaveRenames({ root, rules }: Replica, removed: readonly string[]): boolean {
  const checked = new Set<string>();
  const folders = new RealFolders(root);
  return removed.some((path) => {
    const rule = ruleFor(rules.all, path);
    if (rule === undefined || rule.path === '' || checked.has(rule.path)) return false;
    checked.add(rule.path);
    return rule.renamedTo === undefined && isMissing(root, rule.path, folders);
  });
}

/**
 * Whether nothing exists at `path`. A path that cannot be read counts as present, and so does one below a symlink: this thread
 * must not wait for the disk to which the link may lead.
 */
export function isMissing(root: string, path: string, folders: RealFolders): boolean {
  try {
    return !folders.isBelowLink(path) && statsAt(join(root, path)) === undefined;
  } catch {
    return false;
  }
}

/**
 * Remembers the identities of the files and folders that have rules of their own: those at the `changed` paths, and if
 * `isFull` all that may have another one than before.
 */
export function* rememberIdentitiesSteps(
  { root, rules, local }: Replica,
  changed: readonly string[],
  isFull: boolean,
): CooperativeTask<void> {
  const due = new Set(changed.flatMap((path) => rules.all.get(path) ?? []));
  if (isFull) for (const rule of rules.all.values()) if (!isRemembered(rule, local.observations)) due.add(rule);
  const folders = new RealFolders(root);
  let read = 0;
  for (const rule of due) {
    if (rule.path === '' || rule.renamedTo !== undefined || folders.isBelowLink(rule.path)) continue;
    if (++read % identitiesPerStep === 0) yield;
    const stats = readableStatsAt(join(root, rule.path));
    if (stats !== undefined && !hasIdentity(rule, fileIdentityOf(stats)))
      rules.setIdentity(rule, fileIdentityOf(stats));
  }
}

/** Whether a tracked file needs no stat: it does not exist, or has the remembered inode. */
function isRemembered({ path, kind, effect, identity }: Rule, observations: Replica['local']['observations']): boolean {
  if (kind !== 'file' || effect !== 'track') return false;
  const observed = observations.get(path);
  if (observed === undefined) return true;
  return `${observed.ino}` === identity?.ino && `${observed.dev}` === identity.dev;
}

function hasIdentity({ identity }: Rule, { dev, ino, birth, links }: FileIdentity): boolean {
  return identity?.dev === dev && identity.ino === ino && identity.birth === birth && identity.links === links;
}

/** The rules whose file or folder is known or was synced, and does not exist any more. */
function missingRules(replica: Replica): Missing[] {
  const { root, rules, local, ancestor } = replica;
  const folders = new RealFolders(root);
  const missing: Missing[] = [];
  for (const rule of rules.all.values()) {
    const { path, kind, effect, identity, renamedTo } = rule;
    if (path === '' || renamedTo !== undefined || local.isBlockedByProblem(path)) continue;
    const isFile = kind === 'file' && effect === 'track';
    if (isFile && (local.observations.has(path) || (identity === undefined && !ancestor.entries.has(path)))) continue;
    if (effect === 'untrack' && identity === undefined) continue;
    const spelling = spelledPath(replica, path, folders);
    if (spelling !== path) missing.push({ rule, respelled: spelling });
  }
  return missing;
}

/** The path as this disk spells it; undefined if nothing is there. A path that cannot be read counts as present. */
function spelledPath({ root, local }: Replica, path: string, folders: RealFolders): string | undefined {
  if (folders.isBelowLink(path)) return path;
  try {
    const rules = local.nameRules;
    const mayBeSpelledDifferently = isFolding(rules) || rules.mounts?.some(isFolding) === true;
    if (mayBeSpelledDifferently) return spellingOf(root, path, rules);
  } catch {
    return path;
  }
  return isMissing(root, path, folders) ? undefined : path;
}

function vanishedRules({ ancestor }: Replica, rules: readonly Rule[]): VanishedRule[] {
  if (rules.length === 0) return [];
  const entries = new Map<Rule, Entry[]>(rules.map((rule) => [rule, []]));
  const folders = rules.filter(({ kind, effect }) => kind === 'folder' && effect === 'track');
  for (const rule of rules) {
    const own = ancestor.entries.get(rule.path);
    if (own !== undefined) entries.get(rule)?.push(own);
  }
  if (folders.length > 0) {
    for (const [path, entry] of ancestor.entries) {
      for (const rule of folders) if (isInside(path, rule.path)) entries.get(rule)?.push(entry);
    }
  }
  return [...entries]
    .map(([rule, entries]) => ({ rule, entries }))
    .filter(({ rule, entries }) => rule.identity !== undefined || entries.length > 0);
}

async function findRenames(
  replica: Replica,
  vanished: readonly VanishedRule[],
  signal: AbortSignal | undefined,
): Promise<RuleRename[]> {
  if (vanished.length === 0) return [];
  const { root, rules, ancestor } = replica;
  const selection = rules.selection();
  const bySize = Map.groupBy(
    vanished.flatMap(({ entries }) => entries),
    ({ size }) => size,
  );
  const byInode = new Map(vanished.flatMap(({ rule: { identity } }) => (identity ? [[identity.ino, identity]] : [])));
  const hasIdentity = ({ identity }: FoundItem): boolean => {
    const known = byInode.get(identity.ino);
    return known !== undefined && isSameFile(identity, known);
  };
  // A file that was synced at its own path is no copy of another.
  const mayBeMoved = (item: FoundItem): boolean =>
    item.kind === 'file' &&
    !ancestor.entries.has(item.path) &&
    bySize.get(item.size)?.some((entry) => mayHaveContent(item, entry)) === true;
  const found = await findItems({
    root,
    isExcluded: (path) => selection.excludes(path),
    isWanted: (item) => hasIdentity(item) || mayBeMoved(item),
    isHashed: mayBeMoved,
    signal,
  });
  const renames: RuleRename[] = [];
  for (const rename of findSuccessors(vanished, found)) {
    const isSame = found.some((item) => item.path === rename.to && item.kind === 'folder' && hasIdentity(item));
    if (rename.kind === 'file' || isSame || !(await containsOthers(replica, rename, found))) renames.push(rename);
  }
  return renames;
}

/** Whether a folder that got all files of another contains other untracked files, which nobody asked to push. */
async function containsOthers(
  { root, rules }: Replica,
  { to }: RuleRename,
  found: readonly FoundItem[],
): Promise<boolean> {
  const selection = rules.selection();
  const moved = new Set(found.map(({ path }) => path));
  const isOther = (path: string): boolean => !moved.has(path) && !selection.includes(path);
  return containsFile(root, to, isOther, (path) => selection.excludes(path));
}

/** A rule in a renamed folder follows with the folder. */
function isOutermost({ from, to }: RuleRename, _: number, all: readonly RuleRename[]): boolean {
  return !all.some((other) => isInside(from, other.from) && to === other.to + from.slice(other.from.length));
}
