import { duTask } from './du';
import { gcTask } from './gc';
import { prunePlanTask, pruneTask } from './prune';
import type { Task } from './task';
import { treeDeleteTask, treeRenameTask, treeUndeleteTask } from './treeChanges';
import { treeKeepTask } from './treeKeep';
import { treeListTask } from './treeList';

const all: readonly Task<never, unknown>[] = [
  gcTask,
  duTask,
  treeListTask,
  treeRenameTask,
  treeDeleteTask,
  treeUndeleteTask,
  treeKeepTask,
  prunePlanTask,
  pruneTask,
];

/** All tasks that a running server does for a command, by name. */
export const tasks: ReadonlyMap<string, Task<never, unknown>> = new Map(all.map((task) => [task.name, task]));
