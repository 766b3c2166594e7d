import type { Task } from './task';
import { treeListTask } from './treeList';

/** All tasks that a running server does for a command, by name. */
export const tasks: ReadonlyMap<string, Task<never, unknown>> = new Map(
  [treeListTask].map((task) => [task.name, task]),
);
