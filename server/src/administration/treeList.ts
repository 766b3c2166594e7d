import { TreeTotals, type TreeTotal } from '../trees/treeTotals';
import type { Task } from './task';

export const treeListTask: Task<object, TreeTotal[]> = {
  name: 'tree-list',
  run: ({ database, signal }) => new TreeTotals(database).list(signal),
};
