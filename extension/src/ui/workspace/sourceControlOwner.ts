import type { SyncedFolder } from './workspaceFolders';

const owners = new WeakMap<object, SyncedFolder>();

/** Remembers the folder of a source control or of a group in it. VS Code passes these to the commands in their menus. */
export function setSourceControlOwner(part: object, owner: SyncedFolder): void {
  owners.set(part, owner);
}

/** The folder of a command's argument, if that is a source control or a group in it. */
export function sourceControlOwner(argument: unknown): SyncedFolder | undefined {
  return typeof argument === 'object' && argument !== null ? owners.get(argument) : undefined;
}
