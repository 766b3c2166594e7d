import { join } from 'node:path';
import type { Change, Conflict } from '../../core/change';
import { nameTaken } from '../../core/filenames/uniqueName';
import {
  conflictGroups,
  keepBoth,
  keepMine,
  nameForTheirs,
  takeTheirs,
  type Decision,
} from '../../core/reconcile/decision';
import type { Skipped } from '../../io/apply/applyState';
import { statsAt } from '../../io/fs/stats';
import { advanceToHead } from '../pull/advanceToHead';
import { recordPull, type PulledChange } from '../pull/pullRecord';
import type { CommandContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';
import { applyStaged, type ApplyOptions } from '../transfer/applyStaged';
import { newBackup } from '../transfer/backups';
import { stage } from '../transfer/stage';
import { withDownloads } from '../transfer/staging';
import { requireNoMarkers } from '../content/markers';

/** The version of a file in conflict that is kept. `both` keeps mine, and creates a file with theirs under another name. */
export type Choice = 'mine' | 'theirs' | 'both';

export interface ResolveOptions extends ApplyOptions {
  /** Keeps mine even if it has the conflict markers of an unfinished merge. */
  readonly allowMarkers?: boolean;
}

export interface ResolveRequest extends ResolveOptions {
  readonly paths: readonly string[];
  readonly choice: Choice;
}

export interface ResolveResult {
  readonly resolved: readonly string[];
  /** The paths of the new files with theirs, by the path of mine. */
  readonly theirPaths: ReadonlyMap<string, string>;
  readonly skipped: readonly Skipped[];
  /** The backup folder; it does not exist if nothing was replaced. `undoPull` uses it to undo a decision for theirs. */
  readonly backup: string;
}

interface DecidedConflict {
  readonly path: string;
  readonly decision: Decision;
}

/**
 * Decides the conflicts at `paths`, and those that can only be decided together with them. Files are replaced as by a
 * pull, with a backup, and a decision for theirs can be undone like a pull. If mine is kept, it becomes an ordinary change
 * to be pushed. Throws conflict_markers if mine is kept, alone or with theirs, and has the markers of an unfinished merge.
 */
export async function resolve(context: CommandContext, request: ResolveRequest): Promise<ResolveResult> {
  const { replica, folders } = context;
  const { choice, hasUnsavedEdits } = request;
  await advanceToHead(context);
  const decisions = await decide(replica, request);
  if (choice !== 'theirs' && request.allowMarkers !== true) {
    const paths = decisions.map(({ path }) => path);
    await requireNoMarkers(replica.root, paths);
  }
  const changes = decisions.flatMap(({ decision }) => decision.localChanges);
  const { revision } = replica.ancestor;
  const backup = await newBackup(folders, 'resolved');
  return withDownloads(context, async (staging) => {
    await stage(context, { staging, revision, changes });
    const { skipped } = await applyStaged(context, {
      changes,
      staging,
      backup,
      hasUnsavedEdits,
      record: (write) => recordPull(recordFor(context, decisions, { choice, backup }), write),
      onApplied: (result) => {
        for (const { decision } of applied(decisions, result.skipped)) markDecided(replica, decision);
      },
    });
    const resolved = applied(decisions, skipped);
    const theirPaths = new Map(choice === 'both' ? resolved.flatMap(pathsOfTheirs) : []);
    return { resolved: resolved.map(({ path }) => path), theirPaths, skipped, backup };
  });
}

async function decide(replica: Replica, { paths, choice }: ResolveRequest): Promise<DecidedConflict[]> {
  const { conflicts } = (await replica.planner.reconcile('lastSynced')).plan;
  const groups = conflictGroups(conflicts);
  const chosen = new Set(paths.flatMap((path) => groups.get(path) ?? []));
  const { root, local, ancestor } = replica;
  const tables = [local.observations.keys(), ancestor.entries.keys(), ancestor.unappliedRemote.keys()];
  const isKnown = nameTaken(tables, local.nameRules);
  const added = new Set<string>();
  // An untracked file also takes its name.
  const isTaken = (path: string): boolean =>
    isKnown(path) || added.has(path) || statsAt(join(root, path)) !== undefined;
  const label = `server r${ancestor.revision}`;
  const decisionFor = (conflict: Conflict): Decision => {
    if (choice === 'mine') return keepMine(conflict);
    if (choice === 'theirs') return takeTheirs(conflict);
    const name = nameForTheirs(conflict, groups.get(conflict.path) ?? [], isTaken, label);
    added.add(name);
    return keepBoth(conflict, name);
  };
  return [...chosen].map((conflict) => ({ path: conflict.path, decision: decisionFor(conflict) }));
}

/** Records the decisions with their ancestors. A decision that changes no file has a change from mine to mine. */
function recordFor(
  { replica, server }: CommandContext,
  decisions: readonly DecidedConflict[],
  { choice, backup }: { readonly choice: Choice; readonly backup: string },
) {
  const { revision, entries } = replica.ancestor;
  const changes = decisions.flatMap(({ path, decision: { localChanges } }): PulledChange[] => {
    const own = localChanges.filter((change) => change.path === path);
    const mine = replica.local.observations.get(path);
    const unchanged = own.length > 0 || choice === 'theirs' ? [] : [{ path, from: mine, to: mine }];
    const decided = [...own, ...unchanged].map((change) => ({ ...change, base: entries.get(path) ?? null }));
    return [...localChanges.filter((change) => change.path !== path), ...decided];
  });
  return {
    kind: choice === 'theirs' ? ('pull' as const) : ('other' as const),
    server: server.client.address,
    tree: server.tree,
    revision,
    changes,
    backup,
    isMade: ({ path }: Change, skipped: readonly Skipped[]) =>
      applied(decisions, skipped).some(
        (one) => one.path === path || pathsOfTheirs(one).some(([, copy]) => copy === path),
      ),
  };
}

/** Returns the decisions without skipped changes. */
function applied(decisions: readonly DecidedConflict[], skipped: readonly Skipped[]): DecidedConflict[] {
  const paths = new Set(skipped.map(({ path }) => path));
  return decisions.filter(({ decision }) => !decision.localChanges.some(({ path }) => paths.has(path)));
}

function markDecided({ ancestor, rules }: Replica, { ancestorChanges, localChanges }: Decision): void {
  for (const { path, to } of ancestorChanges) ancestor.markSynced(path, to);
  for (const { path } of localChanges) rules.ensureTracked(path);
}

function pathsOfTheirs({ path, decision }: DecidedConflict): [mine: string, theirs: string][] {
  return decision.localChanges.flatMap((put) => (put.to === undefined || put.path === path ? [] : [[path, put.path]]));
}
