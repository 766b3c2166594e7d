/** The name of the folders that VS Code gives this extension: its publisher and name. The command line uses it too. */
export const storageName = 'palmtree.palmtree-sync';

/** Whether `path` is a folder of that name or lies in one, below `workspaceStorage` or `globalStorage` of any VS Code. */
export function isInOwnStorage(path: string): boolean {
  return path.includes(storageName) && path.split(/[/\\]/).includes(storageName);
}
