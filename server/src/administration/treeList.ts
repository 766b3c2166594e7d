import { PolicyRepository } from '../retention/policyRepository';
import type { Policy } from '../retention/policy';
import { TreeTotals, type TreeTotal } from '../trees/treeTotals';
import type { Task } from './task';

export interface TreeListOptions {
  /** Limits the list to the tree of this name. */
  readonly only?: string;
}

export interface ListedTree extends TreeTotal {
  /** Null: all revisions. */
  readonly keeps: Policy | null;
}

export const treeListTask: Task<TreeListOptions, ListedTree[]> = {
  name: 'tree-list',
  run: async ({ database, signal }, { only }) => {
    const policies = new Map((await new PolicyRepository(database).list()).map(({ name, policy }) => [name, policy]));
    const trees = await new TreeTotals(database).list(signal, only);
    return trees.map((tree) => ({ ...tree, keeps: policies.get(tree.name) ?? null }));
  },
};
