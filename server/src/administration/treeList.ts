import { TreeTotals, type TreeTotal } from '../trees/treeTotals';
import type { Task } from './task';

export interface TreeListOptions {
  /** Limits the list to the tree of this name. */
  readonly only?: string;
}

export const treeListTask: Task<TreeListOptions, TreeTotal[]> = {
  name: 'tree-list',
  run: ({ database, signal }, { only }) => new TreeTotals(database).list(signal, only),
};
