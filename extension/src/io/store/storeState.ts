import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import type { CooperativeTask } from '../../core/cooperativeTask';
import { packObservations, wasSynced } from '../entries/packedEntries';
import type { FolderIdentity } from './folderIdentity';
import type { HeldAnswers, StoredState } from './storePort';
import { StoredMap } from '../entries/storedMap';
import type { StoreContent } from './storeMessages';
import {
  ancestorTable,
  rowsOfBucketsSteps,
  unappliedRemoteTable,
  observationTable,
  packBuckets,
  ruleTable,
  type TableItem,
  type StoredBucket,
  type StoreTable,
} from './storeTables';
import { yielder } from '../threads/yielding';

type Meta = Pick<
  StoredState,
  | 'binding'
  | 'revision'
  | 'revisionId'
  | 'syncedAt'
  | 'mounts'
  | 'otherWriters'
  | 'heldAnswers'
  | 'isAutomationPaused'
  | 'merged'
>;

/** The state of a folder that has never been connected. */
export function emptyState(): StoredState {
  return {
    binding: undefined,
    revision: 0,
    revisionId: undefined,
    syncedAt: undefined,
    mounts: new Map(),
    otherWriters: undefined,
    heldAnswers: {},
    isAutomationPaused: false,
    merged: new Map(),
    rules: new StoredMap(),
    ancestor: new StoredMap(),
    unappliedRemote: new StoredMap(),
    observations: new StoredMap(),
  };
}

/**
 * Replaces `state` with the content of the file. Throws if the content is damaged, and the state is then unchanged. The
 * maps stay the same objects, which other code may refer to. If it does (`isShared`), they are filled without pauses, so
 * that nothing ever sees a mixture of two states.
 */
export async function loadState({ meta, tables }: StoreContent, state: StoredState, isShared: boolean): Promise<void> {
  const pause = yielder();
  const rules = await unpack(ruleTable, tables.rule, pause);
  const observations = await unpack(observationTable, tables.observation, pause);
  const ancestor = await unpack(ancestorTable, tables.ancestor, pause);
  const unappliedRemote = await unpack(unappliedRemoteTable, tables.held_back, pause);
  Object.assign(state, parseMeta(meta));
  const loading = [
    state.rules.loadSteps(rules),
    state.observations.loadSteps(observations),
    state.ancestor.loadSteps(ancestorItems(ancestor, state.observations)),
    state.unappliedRemote.loadSteps(unappliedRemote),
  ];
  for (const task of loading) while (task.next().done !== true) if (!isShared) await pause();
}

async function unpack<T>(
  table: StoreTable<T>,
  buckets: readonly Uint8Array[],
  pause: () => Promise<void>,
): Promise<Iterable<TableItem<T>>> {
  const parts: Iterable<TableItem<T>>[] = [];
  for (const bucket of buckets) {
    parts.push(table.unpack(bucket));
    await pause();
  }
  return concat(parts);
}

function* concat<T>(parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

/** Adds the observations that equal their ancestor: nearly all do, and are stored and kept in memory only once. */
function* ancestorItems(
  others: Iterable<TableItem<Entry>>,
  observations: ReadonlyMap<string, Observation>,
): Generator<TableItem<Entry>> {
  yield* others;
  for (const item of observations) if (wasSynced(item[1])) yield item;
}

/** The part of the state that a save has to write. Changes made meanwhile are in the next one in any case. */
export interface StoreChanges {
  readonly meta: string;
  readonly pack: () => Promise<StoredBucket[]>;
  /** Must be called if the changes could not be written. */
  readonly markUnsaved: () => void;
}

/** Collects the changes since the last save, or the whole state if `isWhole`. Undefined if nothing changed. */
export function* unsavedChangesSteps(
  state: StoredState,
  storedMeta: string,
  isWhole: boolean,
): CooperativeTask<StoreChanges | undefined> {
  const meta = metaOf(state);
  const changes = [
    yield* mapChangesSteps(ruleTable, state.rules, isWhole),
    yield* mapChangesSteps(unappliedRemoteTable, state.unappliedRemote, isWhole),
    yield* observedChangesSteps(state, isWhole),
  ].filter((change) => change !== undefined);
  if (!isWhole && changes.length === 0 && meta === storedMeta) return undefined;
  return {
    meta,
    pack: async () => {
      const pause = yielder();
      const buckets: StoredBucket[] = [];
      for (const change of changes) {
        for (const bucket of change.pack()) {
          buckets.push(bucket);
          await pause();
        }
      }
      return buckets;
    },
    markUnsaved: () => changes.forEach((change) => change.markUnsaved()),
  };
}

interface MapChanges {
  readonly pack: () => Iterable<StoredBucket>;
  readonly markUnsaved: () => void;
}

function* mapChangesSteps<T>(
  table: StoreTable<T>,
  map: StoredMap<T>,
  isWhole: boolean,
): CooperativeTask<MapChanges | undefined> {
  const changed = map.takeChangedBuckets();
  const rows = yield* rowsOfBucketsSteps(map, isWhole ? yield* map.usedBucketsSteps() : changed);
  if (rows.size === 0) return undefined;
  return { pack: () => packBuckets(table, rows), markUnsaved: () => map.markChanged(changed) };
}

/** Collects observations with the ancestor: a bucket of one is always stored with the same bucket of the other. */
function* observedChangesSteps(
  { observations, ancestor }: StoredState,
  isWhole: boolean,
): CooperativeTask<MapChanges | undefined> {
  const changedObservations = observations.takeChangedBuckets();
  const changedAncestor = ancestor.takeChangedBuckets();
  const buckets = new Set([
    ...(isWhole ? yield* observations.usedBucketsSteps() : changedObservations),
    ...(isWhole ? yield* ancestor.usedBucketsSteps() : changedAncestor),
  ]);
  const observationRows = yield* rowsOfBucketsSteps(observations, buckets);
  const ancestorRows = yield* rowsOfBucketsSteps(ancestor, buckets);
  if (observationRows.size === 0) return undefined;
  return {
    *pack() {
      for (const [bucket, rows] of observationRows) yield* packObserved(bucket, rows, ancestorRows.get(bucket) ?? []);
    },
    markUnsaved: () => {
      observations.markChanged(changedObservations);
      ancestor.markChanged(changedAncestor);
    },
  };
}

function* packObserved(
  bucket: number,
  observationRows: readonly TableItem<Observation>[],
  ancestorRows: readonly TableItem<Entry>[],
): Generator<StoredBucket> {
  const ancestors = new Map(ancestorRows);
  // A marked observation is also the ancestor, so the ancestor leaves the map and is not stored again.
  const isSynced = (observation: Observation): boolean => {
    const entry = ancestors.get(observation.path);
    return entry !== undefined && hasSameFields(entry, observation) && ancestors.delete(observation.path);
  };
  const all = observationRows.map(([, observation]) => observation);
  yield { table: 'observation', bucket, entries: all.length === 0 ? null : packObservations(all, isSynced) };
  yield { table: 'ancestor', bucket, entries: ancestors.size === 0 ? null : ancestorTable.pack([...ancestors]) };
}

/** Stricter than `sameEntry`: the mtime and a symlink's mode count as well. */
function hasSameFields(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  return a.kind === b.kind && a.size === b.size && a.mode === b.mode && a.mtimeNs === b.mtimeNs && a.hash === b.hash;
}

function metaOf(meta: Meta): string {
  const { binding, revision, revisionId, syncedAt, mounts, otherWriters, heldAnswers, isAutomationPaused, merged } =
    meta;
  const bound = binding && { server: binding.server, tree: binding.tree };
  const maps = { mounts: [...mounts], merged: [...merged] };
  return JSON.stringify({
    revision,
    revisionId,
    syncedAt,
    binding: bound,
    ...maps,
    otherWriters,
    heldAnswers,
    isAutomationPaused,
  });
}

function parseMeta(meta: string): Meta {
  const {
    revision,
    revisionId,
    syncedAt,
    binding,
    mounts = [],
    otherWriters,
    heldAnswers = {},
    isAutomationPaused = false,
    merged = [],
  } = JSON.parse(meta) as {
    revision?: unknown;
    revisionId?: string;
    syncedAt?: number;
    binding?: Record<string, unknown>;
    mounts?: [path: string, identity: FolderIdentity][];
    otherWriters?: readonly string[];
    heldAnswers?: HeldAnswers;
    isAutomationPaused?: boolean;
    merged?: [path: string, hash: string][];
  };
  if (typeof revision !== 'number') throw new TypeError('the store has no revision');
  const maps = { mounts: new Map(mounts), merged: new Map(merged) };
  const others = { revision, revisionId, syncedAt, ...maps, otherWriters, heldAnswers, isAutomationPaused };
  if (binding === undefined) return { ...others, binding };
  const { server, tree } = binding;
  if (typeof server !== 'string' || typeof tree !== 'string')
    throw new TypeError('the binding in the store is incomplete');
  return { ...others, binding: { server, tree } };
}
