import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Change } from '../../core/change';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { sameContent, type Entry } from '../../core/entry';
import type { DecidedChange } from '../../core/reconcile/decision';
import { canStage, fillFromLocal } from '../../io/apply/staging';
import { runYielding } from '../../io/threads/yielding';
import type { CommandContext } from '../replica/commandContext';
import { download, type WantedFile } from './download';

export interface StageRequest {
  /** The folder that is filled, see `withStaging`. */
  readonly staging: string;
  /** The revision that has the content. */
  readonly revision: number;
  readonly changes: readonly DecidedChange[];
}

/**
 * Stages the verified content of all files that the changes write: copies of equal files on this disk, and the rest from
 * the server. Returns the bytes that were downloaded. Content that the server has lost or damaged is not staged, nor is a
 * file whose path in the staging folder would be too long: the changes of these paths will be skipped.
 */
export async function stage(context: CommandContext, { staging, revision, changes }: StageRequest): Promise<number> {
  const { replica, reporter } = context;
  const wanted = await runYielding(wantedFilesSteps(changes));
  const entries = wanted.map(({ entry }) => entry);
  const { observations } = replica.local;
  const missing = new Set(await fillFromLocal(replica.root, staging, entries, observations, reporter.signal));
  await nextTurn();
  const isWanted = ({ entry, source }: WantedFile): boolean =>
    missing.has(entry) && canStage(staging, entry.path) && canStage(staging, source);
  return download(context, { staging, revision, wanted: wanted.filter(isWanted) });
}

/** The entry whose content a change writes; undefined if it writes none, as when only the permissions change. */
export function contentToStage({ from, to }: Change): Entry | undefined {
  if (to?.kind !== 'file') return undefined;
  return from !== undefined && sameContent(from, to) ? undefined : to;
}

function* wantedFilesSteps(changes: readonly DecidedChange[]): CooperativeTask<WantedFile[]> {
  const wanted: WantedFile[] = [];
  for (const [number, change] of changes.entries()) {
    if (number % stepSize === 0) yield;
    const entry = contentToStage(change);
    if (entry !== undefined) wanted.push({ entry, source: change.source ?? change.path });
  }
  return wanted;
}
