import { sameEntry, type Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import type { HeldAnswers, StoredState } from './storePort';

/** A `StoredState` whose maps need not record their changes. */
interface MergedState extends Omit<StoredState, 'rules' | 'ancestor' | 'unappliedRemote' | 'observations'> {
  readonly rules: Map<string, Rule>;
  readonly ancestor: Map<string, Entry>;
  readonly unappliedRemote: Map<string, Entry | null>;
  readonly observations: Map<string, Observation>;
}

/**
 * Merges two states of one folder, which windows kept separately, into `target`. Untracking wins over tracking. The
 * server's table is that of the newer revision. A path's ancestor is the last state that local and remote shared in
 * either window, so a change that one window made does not conflict in the other.
 */
export function mergeStates(target: MergedState, other: MergedState): void {
  if (isOfOtherTree(target, other)) return;
  const isOtherNewer = other.revision > target.revision;
  const [newer, older] = isOtherNewer ? [other, copyOf(target)] : [target, other];
  const isComparable = older.revision < newer.revision || older.revisionId === newer.revisionId;
  if (isOtherNewer) {
    target.binding = newer.binding;
    target.revision = newer.revision;
    target.revisionId = newer.revisionId;
    target.syncedAt = newer.syncedAt;
    target.mounts = newer.mounts;
    target.otherWriters = newer.otherWriters;
    replace(target.ancestor, newer.ancestor);
    replace(target.unappliedRemote, newer.unappliedRemote);
    replace(target.observations, newer.observations);
  } else {
    target.binding ??= older.binding;
  }
  target.merged = new Map([...older.merged, ...newer.merged]);
  target.heldAnswers = mergeAnswers(newer.heldAnswers, older.heldAnswers);
  target.isAutomationPaused = newer.isAutomationPaused || older.isAutomationPaused;
  mergeRules(target, isOtherNewer ? newer.rules : new Map());
  mergeRules(target, isOtherNewer ? new Map() : older.rules);
  if (isComparable) mergeAncestors(target, older);
  for (const [path, observation] of older.observations) {
    if (!target.observations.has(path)) target.observations.set(path, observation);
  }
}

/** `target` still has the observations of the newer state only. */
function mergeAncestors(target: MergedState, older: MergedState): void {
  for (const [path, entry] of older.ancestor) mergeAncestor(target, older, path, entry);
  for (const path of older.unappliedRemote.keys()) {
    // Observed without an ancestor: a conflict, which the other window's ancestor would turn into a download.
    const isConflict = older.observations.has(path) && !older.ancestor.has(path);
    if (isConflict && target.unappliedRemote.has(path)) target.ancestor.delete(path);
  }
}

/** Leaving files on the server wins over pulling them. */
function mergeAnswers(a: HeldAnswers, b: HeldAnswers): HeldAnswers {
  const left = [a, b].flatMap((answers) => Object.entries(answers).filter(([, answer]) => answer === 'leave'));
  return { ...a, ...b, ...(Object.fromEntries(left) as HeldAnswers) };
}

/** Takes over the rules of another folder: its other tables say nothing about this one. */
export function adoptRules(target: MergedState, other: MergedState): void {
  mergeRules(target, other.rules);
}

function isOfOtherTree({ binding: a }: MergedState, { binding: b }: MergedState): boolean {
  return a !== undefined && b !== undefined && (a.server !== b.server || a.tree !== b.tree);
}

function mergeRules(target: MergedState, rules: ReadonlyMap<string, Rule>): void {
  for (const [path, rule] of rules) {
    if (rule.effect === 'untrack' || !target.rules.has(path)) target.rules.set(path, rule);
  }
}

/** Decides whether `entry`, an ancestor in the older state, is the later one that both sides shared. */
function mergeAncestor(target: MergedState, older: MergedState, path: string, entry: Entry): void {
  const { ancestor, unappliedRemote } = target;
  const present = ancestor.get(path);
  const unapplied = unappliedRemote.get(path);
  const remote = unapplied === undefined ? present : (unapplied ?? undefined);
  if (present !== undefined && unapplied === undefined) return;
  // A conflict without an ancestor.
  if (present === undefined && target.observations.has(path) && older.unappliedRemote.has(path)) return;
  if (sameEntry(remote, entry)) {
    ancestor.set(path, entry);
    unappliedRemote.delete(path);
    return;
  }
  // The older state's ancestor is the later one only if its window had applied it, so that its disk had it.
  if (present !== undefined && !sameEntry(older.observations.get(path), entry)) return;
  ancestor.set(path, entry);
  if (!unappliedRemote.has(path)) unappliedRemote.set(path, remote ?? null);
}

function copyOf(state: MergedState): MergedState {
  return {
    ...state,
    rules: new Map(state.rules),
    ancestor: new Map(state.ancestor),
    unappliedRemote: new Map(state.unappliedRemote),
    observations: new Map(state.observations),
  };
}

function replace<T>(target: Map<string, T>, values: ReadonlyMap<string, T>): void {
  for (const path of target.keys()) if (!values.has(path)) target.delete(path);
  for (const [path, value] of values) target.set(path, value);
}
