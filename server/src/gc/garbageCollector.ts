import { Freezer, type FreezeResult } from '../cold/freezer';
import { leftOut } from '../cold/freezeRequest';
import { sweepChunks } from '../cold/sweepChunks';
import { thaw } from '../cold/thaw';
import type { FileLock } from '../database/fileLock';
import type { Database } from '../database/openDatabase';
import { tryLockPurges } from '../database/purgeLock';
import { tellFault } from '../objects/diskFault';
import { folderUsage } from '../objects/folderUsage';
import type { ContentPins } from '../objects/contentPins';
import type { ContentStore } from '../objects/contentStore';
import { noUsage, sumOf, type Usage } from '../objects/usage';
import { removeFolder } from '../sessions/removeFolder';
import type { SessionStore } from '../sessions/sessionStore';
import type { DiskSpace } from '../space/diskSpace';
import type { Reserve } from '../space/reserve';
import { purgeTree } from '../trees/purgeTree';
import { TreeAdministration, type DeletedTree } from '../trees/treeAdministration';
import type { UnusedContents } from '../trees/unusedContents';
import type { GcRequest } from './gcRequest';
import { Pacer } from '../concurrency/pacer';
import { PackRewriter, type RewriteResult } from './packRewriter';

export interface GarbageCollectorDeps {
  readonly dataFolder: string;
  readonly database: Database;
  readonly sessions: SessionStore;
  readonly contents: ContentStore;
  readonly unused: UnusedContents;
  readonly pins: ContentPins;
  readonly reserve: Reserve;
  readonly space: DiskSpace;
  readonly now: () => Date;
}

export interface GcResult {
  readonly trees: readonly Omit<DeletedTree, 'id'>[];
  /** Contents that no revision has and no session uses. */
  readonly contents: Usage;
  /** Contents of the history that are composed of chunks from now on. */
  readonly frozen: FreezeResult;
  /** The number of chunks that no content had. */
  readonly chunks: number;
  /** Packs of which only the living contents were kept. */
  readonly rewritten: RewriteResult;
  /** Remains of work that was killed or failed. */
  readonly leftovers: Usage;
}

interface Removal {
  readonly freed: Usage;
  /** In a dry run the hashes of what would be removed. */
  readonly removable: readonly string[];
}

/** Files that have not changed for this long are left over from work that was killed or has failed. */
const leftoverAgeMs = 60 * 60 * 1000;
/** The beginnings of hashes that divide the contents into parts. */
const shards = Array.from({ length: 256 }, (_, shard) => shard.toString(16).padStart(2, '0'));
/** Hashes of one query: some milliseconds of work. */
const hashesAtOnce = 1_000;

/**
 * Frees what nothing uses. Each removal is safe by itself beside pushes and pulls (see `UnusedContents`), so a kill or a
 * cancellation at any point leaves only less garbage.
 */
export class GarbageCollector {
  readonly #deps: GarbageCollectorDeps;

  constructor(deps: GarbageCollectorDeps) {
    this.#deps = deps;
  }

  async collect(request: GcRequest): Promise<GcResult> {
    const administration = new TreeAdministration(this.#deps.database, this.#deps.now);
    const trees = await administration.deletedBefore(request.purgeBefore);
    if (trees.length === 0 || request.dryRun) return this.#collect(trees, request);
    const lock = tryLockPurges(this.#deps.dataFolder);
    if (lock === undefined) {
      request.report('A backup is running, so deleted trees are left to the next gc.');
      return this.#collect([], request);
    }
    return this.#collect(trees, request, lock);
  }

  async #collect(trees: readonly DeletedTree[], request: GcRequest, lock?: FileLock): Promise<GcResult> {
    const pacer = new Pacer(request.workShare);
    const { freed, removable } = await this.#purgeAll(trees, request, pacer).finally(() => lock?.release());
    const removed = new Set(removable);
    const frozen = await this.#freeze(request, pacer);
    const { dataFolder, contents } = this.#deps;
    const chunks = { dataFolder, repository: contents.chunks.repository };
    return {
      trees: trees.map(({ name, deletedAt, revisions }) => ({ name, deletedAt, revisions })),
      contents: freed,
      frozen,
      chunks: await sweepChunks(chunks, request, pacer, removed),
      rewritten: await this.#rewritePacks(request, pacer, removed),
      leftovers: await this.#removeLeftovers(request),
    };
  }

  async #purgeAll(trees: readonly DeletedTree[], request: GcRequest, pacer: Pacer): Promise<Removal> {
    for (const tree of trees) await this.#purge(tree, request);
    const purged = trees.map(({ id }) => id);
    return this.#removeContents(request, purged, pacer);
  }

  async #freeze(request: GcRequest, pacer: Pacer): Promise<FreezeResult> {
    await thaw(this.#deps, request, pacer);
    return new Freezer(this.#deps).freeze(request, pacer);
  }

  async #purge({ id, name, deletedAt }: DeletedTree, { dryRun, signal, report }: GcRequest): Promise<void> {
    const { database, reserve } = this.#deps;
    const title = name === null ? 'the rest of a tree' : `the tree ${name}`;
    report(`${dryRun ? 'Would purge' : 'Purges'} ${title}, which was deleted at ${deletedAt}.`);
    if (!dryRun) await reserve.withRoom(() => purgeTree(database, id, signal));
  }

  async #removeContents(request: GcRequest, purged: readonly number[], pacer: Pacer): Promise<Removal> {
    const { contents, unused } = this.#deps;
    let freed = noUsage;
    /** In a dry run. A pack is freed with the last of its slices, which may be in any shard. */
    const removable: string[] = [];
    const onFault = leftOut(request);
    for (const shard of shards) {
      const page = await contents.hashes(shard);
      for (let start = 0; start < page.length; start += hashesAtOnce) {
        request.signal.throwIfAborted();
        const found = await unused.find(page.slice(start, start + hashesAtOnce), request.dryRun ? purged : []);
        if (request.dryRun) removable.push(...found);
        else if (found.length > 0) freed = sumOf(freed, await unused.remove(found, undefined, onFault));
        await pacer.pauseIfDue();
      }
    }
    return { freed: request.dryRun ? await contents.freeable(removable) : freed, removable };
  }

  async #rewritePacks(request: GcRequest, pacer: Pacer, removed: ReadonlySet<string>): Promise<RewriteResult> {
    const { dataFolder, contents, pins, reserve } = this.#deps;
    const rewriter = new PackRewriter({ dataFolder, packs: contents.packs, pins, reserve });
    return rewriter.rewrite(request, pacer, removed);
  }

  async #removeLeftovers(request: GcRequest): Promise<Usage> {
    const { dryRun, signal } = request;
    const { contents, sessions, now } = this.#deps;
    const before = new Date(now().getTime() - leftoverAgeMs);
    const { objects, packs } = contents;
    const options = { dryRun, onFault: leftOut(request) };
    let freed = sumOf(await objects.removeLeftovers(before, options), await packs.removeLeftovers(before, options));
    for (const folder of await sessions.leftovers(before)) {
      signal.throwIfAborted();
      try {
        freed = sumOf(freed, await folderUsage(folder));
        if (!dryRun) await removeFolder(folder);
      } catch (error) {
        tellFault(error, options.onFault);
      }
    }
    return freed;
  }
}
