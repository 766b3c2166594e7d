import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Change } from '../../core/change';
import { sameEntry, type Entry } from '../../core/entry';
import { isInside } from '../../core/paths';
import type { Selection } from '../../core/tracking/selection';
import { entryOf } from '../../core/wire';
import { PalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/transition';
import { observe } from '../../io/scan/observe';
import { throwIfCancelled } from '../transfer/runTransfer';
import type { PullOptions } from '../pull/pull';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';
import { bringUpToDate } from '../conflicts/resolve';
import { backupFolder, putInPlace, stage, type PullFolders } from '../transfer/stage';

export interface RestoreRequest {
  /** Files and folders; `''` is the whole tree. */
  readonly paths: readonly string[];
  readonly revision: number;
}

export interface RestoreResult {
  readonly revision: number;
  /** Paths that differed from what stood in the revision, and are as they were then. */
  readonly written: readonly string[];
  /** Paths that could not be written, with the reason. */
  readonly skipped: readonly Skipped[];
  /** The folder that keeps what was replaced, if anything was. */
  readonly backup: string | undefined;
}

/**
 * Brings what stood at `paths` in a revision to the disk, with a backup of what stands there now. It is then a
 * change of this machine, to be looked at and pushed. What came to a folder later stays.
 * Throws not_in_revision when nothing stood at any of the paths.
 */
export async function restore(
  replica: Replica,
  remote: ServerBinding,
  folders: PullFolders,
  reporter: Reporter,
  { paths, revision }: RestoreRequest,
  options: Pick<PullOptions, 'isUnsaved'> = {},
): Promise<RestoreResult> {
  reporter.step({ kind: 'fetchingRevision', revision });
  const past = await pastEntries(remote, paths, revision, reporter);
  reporter.step({ kind: 'scanning' });
  await bringUpToDate(replica, remote, folders, reporter);
  const selection = replica.rules.selection();
  const wanted = past.filter(({ path }) => paths.some((named) => isMeant(selection, path, named)));
  const outside = wanted.filter(({ path }) => !selection.includes(path)).map(({ path }) => path);
  const before = await lookAt(replica, outside);
  try {
    const { observations } = replica.local;
    const changes = wanted.flatMap((to): Change[] => {
      const from = observations.get(to.path);
      return sameEntry(from, to) ? [] : [{ path: to.path, from, to }];
    });
    const staged = await stage(replica, remote, folders, revision, changes, reporter);
    try {
      throwIfCancelled(reporter);
      reporter.step({ kind: 'applying' });
      const backup = backupFolder(folders, `restored-r${revision}`);
      const applied = await putInPlace(replica, staged, changes, backup, options.isUnsaved);
      const held = new Set(applied.skipped.map(({ path }) => path));
      ensureTracked(replica, before, (path) => !held.has(path));
      standAgainstNews(replica, applied.written);
      await replica.save();
      const written = applied.written.map(({ path }) => path).sort();
      return { revision, written, skipped: applied.skipped, backup: existsSync(backup) ? backup : undefined };
    } finally {
      await rm(staged.folder, { recursive: true, force: true });
    }
  } finally {
    replica.local.removeUnscanned(before.keys());
  }
}

/** What stood at `paths`, and below them, in the revision. */
async function pastEntries(
  remote: ServerBinding,
  paths: readonly string[],
  revision: number,
  reporter: Reporter,
): Promise<Entry[]> {
  const { changes } = await remote.client.compare(remote.tree, 0, revision, reporter.signal);
  const entries = changes.flatMap(({ after }) => (after === null ? [] : [entryOf(after)]));
  const found = entries.filter(({ path }) => paths.some((named) => path === named || isInside(path, named)));
  if (found.length > 0) return found;
  throw new PalmtreeError('not_in_revision', `nothing stood at ${paths.join(', ')} in revision ${revision}`, {
    details: { subject: String(revision), ...(paths.includes('') ? {} : { paths }) },
  });
}

/**
 * Whether `named`, a path that the user restores, stands for `path` too. What he left out of a folder on this
 * machine, by hand or by a pattern, is brought only when he names it, or a folder in what he left out.
 */
export function isMeant(selection: Selection, path: string, named: string): boolean {
  if (path === named) return true;
  if (!isInside(path, named)) return false;
  if (selection.includes(path)) return true;
  const rule = selection.ruleFor(path);
  if (rule?.effect === 'untrack') return !isInside(rule.path, named);
  return !selection.excludes(path) || selection.excludes(named);
}

/**
 * Looks at what no scan does: paths that take no part yet. Invariant: what is not kept in step goes to the backup
 * like anything else, so it has to be observed before it is replaced.
 */
async function lookAt(replica: Replica, paths: readonly string[]): Promise<Map<string, Entry | undefined>> {
  const before = new Map<string, Entry | undefined>();
  for (const path of paths) {
    const seen = observe(replica.root, path);
    before.set(path, seen);
    if (seen === undefined) continue;
    replica.local.addUnscanned(seen);
    await setImmediate();
  }
  return before;
}

/**
 * What was agreed on last and is restored would look untouched, and give way to what the server has by now.
 * Invariant: what the user restored is in conflict with what was not taken over here, until he decides.
 */
function standAgainstNews({ ancestor }: Replica, restored: readonly Entry[]): void {
  for (const entry of restored) ancestor.conflictWithUnapplied(entry);
}

/** What was restored takes part again. Where both sides had the same before, that is what was agreed on. */
function ensureTracked(
  replica: Replica,
  before: Map<string, Entry | undefined>,
  isRestored: (path: string) => boolean,
): void {
  for (const [path, seen] of [...before]) {
    if (!isRestored(path)) continue;
    replica.rules.set(path, 'file');
    const onServer = replica.ancestor.unappliedRemote.get(path);
    if (seen !== undefined && onServer && sameEntry(seen, onServer)) replica.ancestor.markSynced(path, onServer);
    before.delete(path);
  }
}
