import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import type { CooperativeTask } from '../../core/cooperativeTask';
import { packObservations, wasSynced } from '../entries/packedEntries';
import type { StoredState } from './storePort';
import { StoredMap } from '../entries/storedMap';
import type { StoreContent } from './storeMessages';
import {
  ancestorTable,
  rowsOfBucketsSteps,
  unappliedRemoteTable,
  observationTable,
  packBuckets,
  ruleTable,
  type Item,
  type StoredBucket,
  type StoreTable,
} from './storeTables';
import { yielder } from '../threads/yielding';

type Meta = Pick<StoredState, 'binding' | 'revision' | 'revisionId'>;

export function emptyState(): StoredState {
  return {
    binding: undefined,
    revision: 0,
    revisionId: undefined,
    rules: new StoredMap(),
    ancestor: new StoredMap(),
    unappliedRemote: new StoredMap(),
    observations: new StoredMap(),
  };
}

/**
 * Takes what was read into `state`. Throws when it is damaged, and then the state is as it was. The maps stay the same
 * objects: others may hold them, and then never see a state that is half of this and half of that.
 */
export async function loadState({ meta, tables }: StoreContent, state: StoredState, isHeld: boolean): Promise<void> {
  const pause = yielder();
  const rules = await unpacked(ruleTable, tables.rule, pause);
  const observations = await unpacked(observationTable, tables.observation, pause);
  const ancestor = await unpacked(ancestorTable, tables.ancestor, pause);
  const unappliedRemote = await unpacked(unappliedRemoteTable, tables.held_back, pause);
  Object.assign(state, parseMeta(meta));
  const loading = [
    state.rules.loadSteps(rules),
    state.observations.loadSteps(observations),
    state.ancestor.loadSteps(ancestorItems(ancestor, state.observations)),
    state.unappliedRemote.loadSteps(unappliedRemote),
  ];
  for (const steps of loading) while (steps.next().done !== true) if (!isHeld) await pause();
}

async function unpacked<T>(
  table: StoreTable<T>,
  buckets: readonly Uint8Array[],
  pause: () => Promise<void>,
): Promise<Iterable<Item<T>>> {
  const parts: Iterable<Item<T>>[] = [];
  for (const bucket of buckets) {
    parts.push(table.unpack(bucket));
    await pause();
  }
  return joined(parts);
}

function* joined<T>(parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

/** What was agreed on is nearly always what is observed: then it is stored, and held, once. */
function* ancestorItems(
  others: Iterable<Item<Entry>>,
  observations: ReadonlyMap<string, Observation>,
): Generator<Item<Entry>> {
  yield* others;
  for (const item of observations) if (wasSynced(item[1])) yield item;
}

/** What a save has to write. What changes while it is gathered may be in it, and is in the next. */
export interface StoreChanges {
  readonly meta: string;
  readonly pack: () => Promise<StoredBucket[]>;
  /** They could not be written: the next save has to. */
  readonly markUnsaved: () => void;
}

/** Undefined when nothing has changed. `all`: whether it changed or not. */
export function* unsavedChangesSteps(
  state: StoredState,
  storedMeta: string,
  all: boolean,
): CooperativeTask<StoreChanges | undefined> {
  const meta = metaOf(state);
  const parts = [
    yield* mapChangesSteps(ruleTable, state.rules, all),
    yield* mapChangesSteps(unappliedRemoteTable, state.unappliedRemote, all),
    yield* observedChangesSteps(state, all),
  ].filter((part) => part !== undefined);
  if (!all && parts.length === 0 && meta === storedMeta) return undefined;
  return {
    meta,
    pack: async () => {
      const pause = yielder();
      const buckets: StoredBucket[] = [];
      for (const part of parts) {
        for (const bucket of part.pack()) {
          buckets.push(bucket);
          await pause();
        }
      }
      return buckets;
    },
    markUnsaved: () => parts.forEach((part) => part.markUnsaved()),
  };
}

interface MapChanges {
  readonly pack: () => Iterable<StoredBucket>;
  readonly markUnsaved: () => void;
}

function* mapChangesSteps<T>(
  table: StoreTable<T>,
  map: StoredMap<T>,
  all: boolean,
): CooperativeTask<MapChanges | undefined> {
  const changed = map.takeChangedBuckets();
  const rows = yield* rowsOfBucketsSteps(map, all ? yield* map.usedBucketsSteps() : changed);
  if (rows.size === 0) return undefined;
  return { pack: () => packBuckets(table, rows), markUnsaved: () => map.markChanged(changed) };
}

/** Of what is observed and agreed on: a bucket of the one is stored with that of the other. */
function* observedChangesSteps(
  { observations, ancestor }: StoredState,
  all: boolean,
): CooperativeTask<MapChanges | undefined> {
  const changed = [observations.takeChangedBuckets(), ancestor.takeChangedBuckets()] as const;
  const [here, there] = all ? [yield* observations.usedBucketsSteps(), yield* ancestor.usedBucketsSteps()] : changed;
  const buckets = new Set([...here, ...there]);
  const seen = yield* rowsOfBucketsSteps(observations, buckets);
  const agreed = yield* rowsOfBucketsSteps(ancestor, buckets);
  if (seen.size === 0) return undefined;
  return {
    *pack() {
      for (const [bucket, rows] of seen) yield* packObserved(bucket, rows, agreed.get(bucket) ?? []);
    },
    markUnsaved: () => {
      observations.markChanged(changed[0]);
      ancestor.markChanged(changed[1]);
    },
  };
}

function* packObserved(
  bucket: number,
  seen: readonly Item<Observation>[],
  agreed: readonly Item<Entry>[],
): Generator<StoredBucket> {
  const others = new Map(agreed);
  const isAgreed = (one: Observation): boolean => {
    // What is marked is not stored a second time.
    const entry = others.get(one.path);
    return entry !== undefined && (entry === one || isSameToTheDigit(entry, one)) && others.delete(one.path);
  };
  const all = seen.map(([, one]) => one);
  yield { table: 'observation', bucket, entries: all.length === 0 ? null : packObservations(all, isAgreed) };
  yield { table: 'ancestor', bucket, entries: others.size === 0 ? null : ancestorTable.pack([...others]) };
}

function isSameToTheDigit(a: Entry, b: Entry): boolean {
  return a.kind === b.kind && a.size === b.size && a.mode === b.mode && a.mtimeNs === b.mtimeNs && a.hash === b.hash;
}

function metaOf({ binding, revision, revisionId }: Meta): string {
  return JSON.stringify({ revision, revisionId, binding: binding && { server: binding.server, tree: binding.tree } });
}

function parseMeta(meta: string): Meta {
  const { revision, revisionId, binding } = JSON.parse(meta) as {
    revision?: unknown;
    revisionId?: string;
    binding?: Record<string, unknown>;
  };
  if (typeof revision !== 'number') throw new TypeError('the store has no revision');
  if (binding === undefined) return { revision, revisionId, binding };
  const { server, tree } = binding;
  if (typeof server !== 'string' || typeof tree !== 'string') throw new TypeError('the store has no whole binding');
  return { revision, revisionId, binding: { server, tree } };
}
