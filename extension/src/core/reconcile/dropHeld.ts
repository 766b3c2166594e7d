import type { Change } from '../change';
import type { Entry } from '../entry';
import { obeyedBy, type ObeyingProgram } from '../filenames/obeyedFiles';
import type { Reconciliation } from './reconcile';

/**
 * Why a pull leaves a path on the server until the user decides.
 * - `outside`: this machine does not track it.
 * - `program`: a program runs or obeys it without being told.
 */
export type HeldKind = 'outside' | 'program';

/** A path that a pull leaves on the server until the user decides. */
export interface HeldPath {
  readonly path: string;
  readonly kinds: readonly HeldKind[];
  /** The kind of program that obeys the file; `execute` if the file gets an execute bit. */
  readonly by?: ObeyingProgram | 'execute' | undefined;
}

export interface HoldPolicy {
  /** The kinds that are held back. */
  readonly holds: ReadonlySet<HeldKind>;
  /** The user has just agreed to these paths. */
  readonly approved?: ReadonlySet<string> | undefined;
  readonly isTracked: (path: string) => boolean;
  /** Whether the user has tracked the path by name, or a folder that programs obey. */
  readonly isNamed: (path: string) => boolean;
  /** Whether both sides have had the path. */
  readonly isSynced: (path: string) => boolean;
  /** Execute bits are set on this disk. */
  readonly honoursModes: boolean;
}

/** Drops the puts of `plan` that are held back. */
export function dropHeld(
  plan: Reconciliation,
  policy: HoldPolicy,
): { readonly plan: Reconciliation; readonly held: ReadonlyMap<string, HeldPath> } {
  const held = heldPaths(plan.downloads, policy);
  if (held.size === 0) return { plan, held };
  return { plan: { ...plan, downloads: plan.downloads.filter(({ path }) => !held.has(path)) }, held };
}

/** The paths, among those that `changes` put on this disk, that are held back. */
export function heldPaths(changes: readonly Change[], policy: HoldPolicy): Map<string, HeldPath> {
  const held = new Map<string, HeldPath>();
  const { holds, approved } = policy;
  if (holds.size === 0) return held;
  const executed = executedContents(changes);
  for (const change of changes) {
    const { path, from, to } = change;
    if (to === undefined || approved?.has(path) === true) continue;
    const by = holds.has('program') ? programOf(path, { from, to, executed }, policy) : undefined;
    const isOutside = holds.has('outside') && !policy.isTracked(path);
    const kinds: HeldKind[] = [...(isOutside ? ['outside' as const] : []), ...(by ? ['program' as const] : [])];
    if (kinds.length > 0) held.set(path, { path, kinds, ...(by && { by }) });
  }
  return held;
}

interface PutContext {
  readonly from: Entry | undefined;
  readonly to: Entry;
  readonly executed: ReadonlySet<string>;
}

function programOf(path: string, put: PutContext, policy: HoldPolicy): HeldPath['by'] {
  const isNew = !policy.isSynced(path);
  if (isNew && policy.isNamed(path)) return undefined;
  const by = isNew ? obeyedBy(path) : undefined;
  if (by !== undefined) return by;
  return policy.honoursModes && getsExecuteBit(put) ? 'execute' : undefined;
}

/** A file that was executable here under another name has no new execute bit. */
function getsExecuteBit({ from, to, executed }: PutContext): boolean {
  return isExecutable(to) && !isExecutable(from) && !executed.has(to.hash);
}

function executedContents(changes: readonly Change[]): ReadonlySet<string> {
  return new Set(
    changes.flatMap(({ from, to }) => (from && to === undefined && isExecutable(from) ? [from.hash] : [])),
  );
}

function isExecutable(entry: Entry | undefined): boolean {
  return entry?.kind === 'file' && (entry.mode & 0o111) !== 0;
}
