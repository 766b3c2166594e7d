import type { PlannedTree, PrunedTree } from '../retention/retention';
import type { Task } from './task';

export interface PruneOptions {
  /** None: all trees that have a policy. */
  readonly names: readonly string[];
}

export interface PruneResult {
  readonly trees: readonly PrunedTree[];
  /** Bytes on the disk that gc has freed afterwards. */
  readonly freed: number;
}

/** Finds out what `pruneTask` would remove. */
export const prunePlanTask: Task<PruneOptions, PlannedTree[]> = {
  name: 'prune-plan',
  run: ({ services: { retention, objectWork }, signal, report }, { names }) =>
    objectWork.run({ name: 'prune', signal, report }, () => retention.plan(names, { signal, report })),
};

/** Removes the versions that the policies do not keep, and their contents. Deleted trees are left to gc. */
export const pruneTask: Task<PruneOptions, PruneResult> = {
  name: 'prune',
  run: ({ services: { retention, garbage, objectWork }, signal, report }, { names }) =>
    objectWork.run({ name: 'prune', signal, report }, async () => {
      const trees = await retention.prune(names, { workShare: 1, signal, report });
      report('Frees the contents.');
      const purgeBefore = new Date(0);
      const { contents, rewritten } = await garbage.collect({
        dryRun: false,
        purgeBefore,
        workShare: 1,
        signal,
        report,
      });
      return { trees, freed: contents.bytes + rewritten.bytes };
    }),
};
