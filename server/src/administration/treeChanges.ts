import { treeName } from '../contract/schemas';
import { OperatorError } from '../errors';
import { removeSessionsOfTree } from '../sessions/removeSessions';
import type { Task } from './task';

export interface NameOption {
  readonly name: string;
}

export interface RenameOptions extends NameOption {
  readonly newName: string;
}

/** The sessions of the tree go on; their next request learns of the new name. */
export const treeRenameTask: Task<RenameOptions, null> = {
  name: 'tree-rename',
  run: async ({ services: { treeAdministration, streams, reserve } }, { name, newName }) => {
    requireTreeName(newName);
    streams.endOf(await reserve.withRoom(() => treeAdministration.rename(name, newName)));
    return null;
  },
};

export const treeDeleteTask: Task<NameOption, null> = {
  name: 'tree-delete',
  run: async ({ services }, { name }) => {
    const treeId = await services.reserve.withRoom(() => services.treeAdministration.delete(name));
    services.streams.endOf(treeId);
    await removeSessionsOfTree(services, treeId, services.log);
    return null;
  },
};

export const treeUndeleteTask: Task<NameOption, null> = {
  name: 'tree-undelete',
  run: async ({ services: { treeAdministration, reserve } }, { name }) => {
    await reserve.withRoom(() => treeAdministration.undelete(name));
    return null;
  },
};

function requireTreeName(name: string): void {
  if (treeName.safeParse(name).success) return;
  const fix = 'Use 1 to 64 letters, digits, ".", "_" or "-", with a letter or digit first.';
  throw new OperatorError(`${JSON.stringify(name)} is not a valid tree name. ${fix}`);
}
