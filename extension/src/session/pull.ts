import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { incomingChanges, overlay, remoteTable, type ServerSide } from '../engine/wire';
import type { FileTable } from '../../../server/src/contract/schemas';
import { holdsFile } from '../io/holdsFile';
import type { HeldBack } from '../io/transition';
import { throwIfCancelled } from './carry';
import { applyBrake, type PushOptions } from './push';
import type { Remote, Reporter } from './remote';
import { fetchIncoming } from './fetchIncoming';
import type { Agreed, Replica } from './replica';
import { backupFolder, putInPlace, stage, type PullFolders } from './stage';

export interface PullOptions extends PushOptions {
  /** Paths with unsaved edits: never written. */
  readonly isUnsaved?: (path: string) => boolean;
}

export interface PullResult {
  readonly revision: number;
  readonly written: number;
  readonly deleted: number;
  /** Bytes that came from the server through the connection. */
  readonly downloadedBytes: number;
  /** Paths that both sides changed: neither was touched. */
  readonly conflicts: readonly string[];
  /** Paths that could not be written, with the reason; the next pull tries again. */
  readonly heldBack: readonly HeldBack[];
  /** The folder that keeps what was replaced or deleted, if anything was. */
  readonly backup: string | undefined;
}

/** Brings what changed on the server. Invariant: only what was scanned and is unchanged since is replaced. */
export async function pull(
  replica: Replica,
  remote: Remote,
  folders: PullFolders,
  reporter: Reporter,
  options: PullOptions = {},
): Promise<PullResult> {
  reporter.step('Asking the server what is new');
  const table = await fetchIncoming(replica, remote, reporter);
  const changes = incomingChanges(table);
  replica.recallUnanswered();
  await takeInRules(replica, table, changes);
  reporter.step('Looking for changes');
  await replica.scan({ signal: reporter.signal });
  const plan = replica.reconcile('known');
  applyBrake(plan.localChanges, replica, options);
  const staged = await stage(replica, remote, folders, table.revision, plan.localChanges, reporter);
  try {
    throwIfCancelled(reporter);
    // From here on it goes to its end, which is near: half of a revision helps nobody.
    reporter.step('Putting files in place');
    const backup = backupFolder(folders, `r${table.revision}`);
    const applied = await putInPlace(replica, staged, plan.localChanges, backup, options.isUnsaved);
    settle(replica, table, changes, plan, applied.heldBack);
    await replica.save();
    return {
      revision: table.revision,
      written: applied.written.length,
      deleted: applied.removed.length,
      downloadedBytes: staged.downloadedBytes,
      conflicts: plan.conflicts.map(({ path }) => path),
      heldBack: applied.heldBack,
      backup: existsSync(backup) ? backup : undefined,
    };
  } finally {
    await rm(staged.folder, { recursive: true, force: true });
  }
}

/**
 * The tree's folders and files are tracked here too, except what the user left out on this machine. A folder
 * in which other files stand is not taken whole: nobody asked for these to be sent.
 */
async function takeInRules(
  replica: Replica,
  table: FileTable,
  changes: ReadonlyMap<string, ServerSide>,
): Promise<void> {
  const { ancestor, heldBack, rules } = replica.state;
  const onServer = overlay(remoteTable(ancestor, heldBack), changes);
  const selection = replica.selection();
  for (const path of table.folders) {
    if (selection.ruleFor(path) !== undefined) continue;
    const isOther = (file: string): boolean => !onServer.has(file);
    const holdsOthers = await holdsFile(replica.root, path, isOther, (other) => selection.excludes(other));
    if (!holdsOthers) rules.set(path, { path, kind: 'folder', effect: 'track' });
  }
  const widened = replica.selection();
  for (const path of onServer.keys()) {
    if (widened.ruleFor(path) === undefined && !widened.excludes(path)) {
      rules.set(path, { path, kind: 'file', effect: 'track' });
    }
  }
}

function settle(
  replica: Replica,
  table: Agreed,
  incoming: ReadonlyMap<string, ServerSide>,
  plan: ReturnType<Replica['reconcile']>,
  heldBack: readonly HeldBack[],
): void {
  const notApplied = new Set(heldBack.map(({ path }) => path));
  const agreed = new Set<string>();
  for (const { path, to } of [...plan.ancestorChanges, ...plan.localChanges]) {
    if (notApplied.has(path)) continue;
    replica.agree(path, to);
    agreed.add(path);
  }
  replica.advance(table, incoming, agreed);
}
