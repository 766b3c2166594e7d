import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../database/openDatabase';
import { tryLockPurges } from '../database/purgeLock';
import { OperatorError } from '../errors';
import { Pacer } from '../concurrency/pacer';
import type { Reserve } from '../space/reserve';
import { FreedBytes, partContents } from './freedBytes';
import { keptRevisions, type DatedRevision } from './keptRevisions';
import { PolicyRepository, type TreePolicy } from './policyRepository';
import { PageRows, removableVersions, type RemovableVersion, type Removals } from './removableVersions';
import { removeVersions } from './removeVersions';

export interface RetentionDeps {
  readonly dataFolder: string;
  readonly database: Database;
  readonly reserve: Reserve;
  readonly now: () => Date;
}

export interface Work {
  readonly signal: AbortSignal;
  readonly report: (progress: string) => void;
}

export interface PrunedTree {
  readonly name: string;
  /** Revisions that lose versions. */
  readonly revisions: number;
  readonly versions: number;
}

export interface PlannedTree extends PrunedTree {
  /** Bytes of the contents that no other version has, whatever they take on the disk. */
  readonly bytes: number;
}

/** Versions between two reports. */
const versionsPerReport = 1_000_000;

/**
 * Removes the versions that the policies of trees do not keep. gc then frees their contents. Each page of versions is one
 * transaction, so a kill or a cancellation at any point leaves only more versions for the next time.
 */
export class Retention {
  readonly #deps: RetentionDeps;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  /** Finds out what `prune` would remove. With no names, for all trees that have a policy. Throws OperatorError. */
  async plan(names: readonly string[], work: Work): Promise<PlannedTree[]> {
    const trees = await this.#chosen(names);
    const pruned: PrunedTree[] = [];
    for (const tree of trees) {
      const counter = new Counter(tree.name, work);
      for await (const { versions } of this.#removals(tree, work)) counter.add(versions);
      pruned.push(counter.pruned);
    }
    const bytes = await this.#freedBytes(trees, { count: total(pruned), work });
    return pruned.map((tree, index) => ({ ...tree, bytes: bytes.get(trees[index]?.treeId ?? 0) ?? 0 }));
  }

  /** `workShare` is the share of the time in which it works. Throws OperatorError, for example while a backup runs. */
  async prune(names: readonly string[], { workShare, ...work }: Work & { workShare: number }): Promise<PrunedTree[]> {
    const { dataFolder, database, reserve } = this.#deps;
    const trees = await this.#chosen(names);
    if (trees.length === 0) return [];
    const lock = tryLockPurges(dataFolder);
    if (lock === undefined) throw new OperatorError('A backup is running. Run the command again when it has ended.');
    try {
      const pacer = new Pacer(workShare);
      const pageRows = new PageRows();
      const pruned: PrunedTree[] = [];
      for (const tree of trees) {
        const counter = new Counter(tree.name, work);
        for await (const removals of this.#removals(tree, work, pageRows)) {
          pageRows.adapt(await reserve.withRoom(() => removeVersions(database, tree.treeId, removals)));
          counter.add(removals.versions);
          await pacer.pauseIfDue();
        }
        pruned.push(counter.pruned);
      }
      return pruned;
    } finally {
      lock.release();
    }
  }

  /** Throws OperatorError for a tree that does not exist, or keeps all. */
  async #chosen(names: readonly string[]): Promise<TreePolicy[]> {
    const policies = new PolicyRepository(this.#deps.database);
    const all = await policies.list();
    if (names.length === 0) return all;
    for (const name of names) {
      if ((await policies.of(name)) !== null) continue;
      throw new OperatorError(
        `${name} keeps all its revisions. Choose a policy with "palmtree-server tree keep ${name}".`,
      );
    }
    return all.filter(({ name }) => names.includes(name));
  }

  async *#removals(
    { treeId, head, policy }: TreePolicy,
    { signal }: Work,
    pageRows?: PageRows,
  ): AsyncGenerator<Removals> {
    const { database, now } = this.#deps;
    const revisions = keptRevisions(await datedRevisions(database, treeId, head), policy, now());
    for await (const removals of removableVersions(database, { treeId, head, revisions }, pageRows)) {
      signal.throwIfAborted();
      yield removals;
      await nextTurn();
    }
  }

  /** By tree. Its memory is limited: if `count` versions are many, it reads them once for each part of their contents. */
  async #freedBytes(
    trees: readonly TreePolicy[],
    { count, work }: { readonly count: number; readonly work: Work },
  ): Promise<ReadonlyMap<number, number>> {
    const { database } = this.#deps;
    const bytes = new Map<number, number>();
    const parts = Math.ceil(count / partContents);
    for (let part = 0; part < parts; part++) {
      const freed = new FreedBytes({ part, parts });
      for (const tree of trees) {
        for await (const { versions } of this.#removals(tree, work)) freed.add(tree.treeId, versions);
      }
      for (const [id, added] of await freed.byTree(database, work.signal)) bytes.set(id, (bytes.get(id) ?? 0) + added);
    }
    return bytes;
  }
}

/** The newest first. */
async function datedRevisions(database: Database, treeId: number, head: number): Promise<DatedRevision[]> {
  const rows = await database
    .selectFrom('revisions')
    .select(['number', 'created_at'])
    .where('tree_id', '=', treeId)
    .where('number', '<=', head)
    .orderBy('number', 'desc')
    .execute();
  return rows.map(({ number, created_at: at }) => ({ number, at: Date.parse(at) }));
}

function total(trees: readonly PrunedTree[]): number {
  return trees.reduce((sum, { versions }) => sum + versions, 0);
}

/** Counts what a tree loses, and reports it now and then. */
class Counter {
  readonly #name: string;
  readonly #work: Work;
  readonly #revisions = new Set<number>();
  #versions = 0;

  constructor(name: string, work: Work) {
    this.#name = name;
    this.#work = work;
  }

  get pruned(): PrunedTree {
    return { name: this.#name, revisions: this.#revisions.size, versions: this.#versions };
  }

  add(versions: readonly RemovableVersion[]): void {
    const before = this.#versions;
    this.#versions += versions.length;
    for (const { revision } of versions) this.#revisions.add(revision);
    const isDue = Math.floor(before / versionsPerReport) < Math.floor(this.#versions / versionsPerReport);
    if (isDue) this.#work.report(`${this.#name}: ${this.#versions} versions so far.`);
  }
}
