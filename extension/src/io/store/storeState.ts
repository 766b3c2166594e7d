import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import type { CooperativeTask } from '../../core/cooperativeTask';
import { packObservations, wasAgreed } from '../entries/packedEntries';
import type { StoredState } from './storePort';
import { StoredMap } from '../entries/storedMap';
import type { StoreContent } from './storeMessages';
import {
  ancestorTable,
  changedBuckets,
  heldBackTable,
  observationTable,
  packedBuckets,
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
export async function takeIn({ meta, tables }: StoreContent, state: StoredState, isHeld: boolean): Promise<void> {
  const pause = yielder();
  const rules = await unpacked(ruleTable, tables.rule, pause);
  const observations = await unpacked(observationTable, tables.observation, pause);
  const ancestor = await unpacked(ancestorTable, tables.ancestor, pause);
  const unappliedRemote = await unpacked(heldBackTable, tables.held_back, pause);
  Object.assign(state, parseMeta(meta));
  const loading = [
    state.rules.load(rules),
    state.observations.load(observations),
    state.ancestor.load(agreedOn(ancestor, state.observations)),
    state.unappliedRemote.load(unappliedRemote),
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
function* agreedOn(
  others: Iterable<Item<Entry>>,
  observations: ReadonlyMap<string, Observation>,
): Generator<Item<Entry>> {
  yield* others;
  for (const item of observations) if (wasAgreed(item[1])) yield item;
}

/** What a save has to write. What changes while it is gathered may be in it, and is in the next. */
export interface StoreChanges {
  readonly meta: string;
  readonly pack: () => Promise<StoredBucket[]>;
  /** They could not be written: the next save has to. */
  readonly giveBack: () => void;
}

/** Undefined when nothing has changed. `all`: whether it changed or not. */
export function* gatheringChanges(
  state: StoredState,
  storedMeta: string,
  all: boolean,
): CooperativeTask<StoreChanges | undefined> {
  const meta = metaOf(state);
  const parts = [
    yield* changesOfMap(ruleTable, state.rules, all),
    yield* changesOfMap(heldBackTable, state.unappliedRemote, all),
    yield* changesOfPlaces(state, all),
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
    giveBack: () => parts.forEach((part) => part.giveBack()),
  };
}

interface MapChanges {
  readonly pack: () => Iterable<StoredBucket>;
  readonly giveBack: () => void;
}

function* changesOfMap<T>(
  table: StoreTable<T>,
  map: StoredMap<T>,
  all: boolean,
): CooperativeTask<MapChanges | undefined> {
  const changed = map.takeChanges();
  const rows = yield* changedBuckets(map, all ? yield* map.filled() : changed);
  if (rows.size === 0) return undefined;
  return { pack: () => packedBuckets(table, rows), giveBack: () => map.giveBack(changed) };
}

/** Of what is observed and agreed on: a bucket of the one is stored with that of the other. */
function* changesOfPlaces(
  { observations, ancestor }: StoredState,
  all: boolean,
): CooperativeTask<MapChanges | undefined> {
  const changed = [observations.takeChanges(), ancestor.takeChanges()] as const;
  const [here, there] = all ? [yield* observations.filled(), yield* ancestor.filled()] : changed;
  const buckets = new Set([...here, ...there]);
  const seen = yield* changedBuckets(observations, buckets);
  const agreed = yield* changedBuckets(ancestor, buckets);
  if (seen.size === 0) return undefined;
  return {
    *pack() {
      for (const [bucket, rows] of seen) yield* packedPlaces(bucket, rows, agreed.get(bucket) ?? []);
    },
    giveBack: () => {
      observations.giveBack(changed[0]);
      ancestor.giveBack(changed[1]);
    },
  };
}

function* packedPlaces(
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
