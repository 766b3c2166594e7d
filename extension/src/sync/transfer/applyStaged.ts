import type { DecidedChange } from '../../core/reconcile/decision';
import { applyChanges } from '../../io/apply/applyChanges';
import type { ApplyResult } from '../../io/apply/applyState';
import { exists } from '../../io/fs/files';
import { throwIfCancelled, type LocalContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';

export interface ApplyOptions {
  /** Paths with unsaved edits are skipped. */
  readonly hasUnsavedEdits?: ((path: string) => boolean) | undefined;
}

export interface ApplyRequest extends ApplyOptions {
  readonly changes: readonly DecidedChange[];
  /** The folder with the verified content of the changes. */
  readonly staging: string;
  /** The folder for replaced and deleted files, see `newBackup`. It is created with the first of them. */
  readonly backup: string;
  readonly step?: 'applying' | 'undoing';
  /** Calls `write`, which changes the workspace folder, and records what it does. */
  readonly record?: ((write: () => Promise<ApplyResult>) => Promise<ApplyResult>) | undefined;
  /** Updates the rules and the ancestor to the result, before both are saved. */
  readonly onApplied?: (result: ApplyResult) => Promise<void> | void;
}

export interface Applied extends ApplyResult {
  /** The backup; undefined if no file was replaced or deleted. */
  readonly backup: string | undefined;
}

/**
 * Puts staged changes into the workspace folder, with a backup of what they replace or delete, and saves the new state.
 * Throws cancelled before the first change. After it, it cannot be cancelled: it ends soon, and half a revision helps
 * nobody.
 */
export async function applyStaged(context: LocalContext, request: ApplyRequest): Promise<Applied> {
  const { replica, reporter } = context;
  const { local } = replica;
  const { changes, staging, backup, hasUnsavedEdits, record = (write) => write() } = request;
  throwIfCancelled(context);
  reporter.step({ kind: request.step ?? 'applying' });
  const isOnMissingDisk = local.missingDiskTest();
  const result = await record(async () => {
    await replica.local.requireSameDisks();
    const applied = await applyChanges({
      root: replica.root,
      staging,
      backup,
      changes: changes.filter(({ path }) => !isOnMissingDisk(path)),
      observations: replica.local.observations,
      ...(hasUnsavedEdits === undefined ? {} : { hasUnsavedEdits }),
      nameRules: replica.local.nameRules,
      isOnServer: (path) => isOnServer(replica, path),
      keepsModes: (path) => replica.local.keepsModes(path),
      keepsEmptyFolder: (path) => isTrackedFolder(replica, path),
    });
    await local.update(applied.written, applied.removed);
    for (const { path } of changes) if (isOnMissingDisk(path)) applied.skipped.push({ path, reason: 'diskMissing' });
    return applied;
  });
  await request.onApplied?.(result);
  await replica.save();
  return { ...result, backup: exists(backup) ? backup : undefined };
}

function isTrackedFolder({ rules }: Replica, path: string): boolean {
  const rule = rules.all.get(path);
  return rule?.kind === 'folder' && rule.effect === 'track';
}

/** Whether the server has the content that was observed at `path`. */
function isOnServer({ local, ancestor }: Replica, path: string): boolean {
  const hash = local.observations.get(path)?.hash;
  return (
    hash !== undefined && [ancestor.entries, ancestor.unappliedRemote].some((table) => table.get(path)?.hash === hash)
  );
}
