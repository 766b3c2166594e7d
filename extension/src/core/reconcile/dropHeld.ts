import type { Change } from '../change';
import type { Entry } from '../entry';
import type { LinkedPaths } from '../filenames/linkedPaths';
import { obeyedBy, type ObeyingProgram } from '../filenames/obeyedFiles';
import type { Reconciliation } from './reconcile';

/**
 * The reason why a pull leaves a path on the server until the user decides.
 * - `outside`: this machine does not track it.
 * - `program`: a program runs or obeys it without being told.
 */
export type HeldKind = 'outside' | 'program';

/** A path that a pull leaves on the server until the user decides. */
export interface HeldPath {
  readonly path: string;
  readonly kinds: readonly HeldKind[];
  /** The kind of program that obeys the file; `execute` for an executable file. */
  readonly by?: ObeyingProgram | 'execute' | undefined;
  /** The path at which the program finds the file, if a link of this disk leads to it. */
  readonly through?: string | undefined;
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
  /** Another path at which a program obeys what is at this one, because links lead there. */
  readonly obeyedThrough: LinkedPaths['obeyedThrough'];
  /** Executable files outside the tracked folders are held as such. */
  readonly holdsScripts: boolean;
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
  for (const { path, to } of changes) {
    if (to === undefined || approved?.has(path) === true) continue;
    const program = holds.has('program') ? programOf(path, to, policy) : undefined;
    const isOutside = holds.has('outside') && !policy.isTracked(path);
    const kinds: HeldKind[] = [...(isOutside ? ['outside' as const] : []), ...(program ? ['program' as const] : [])];
    if (kinds.length > 0) held.set(path, { path, kinds, ...program });
  }
  return held;
}

function programOf(path: string, to: Entry, policy: HoldPolicy): Pick<HeldPath, 'by' | 'through'> | undefined {
  if (policy.isSynced(path) || policy.isNamed(path)) return undefined;
  const by = obeyedBy(path);
  if (by !== undefined) return { by };
  const linked = policy.obeyedThrough(path);
  if (linked !== undefined) return { by: linked.by, through: linked.path };
  // The scripts in a folder that this machine tracks are what the user shares.
  return policy.holdsScripts && isExecutable(to) && !policy.isTracked(path) ? { by: 'execute' } : undefined;
}

export function isExecutable({ kind, mode }: Entry): boolean {
  return kind === 'file' && (mode & 0o111) !== 0;
}
