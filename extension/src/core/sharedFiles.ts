export const ignoreFileName = '.palmtreeignore';
export const sharedSettingsName = '.palmtree.json';

/** The files of the shared rules, which are in the workspace folder itself. */
export const sharedFiles = [ignoreFileName, sharedSettingsName] as const;

export type SharedFile = (typeof sharedFiles)[number];

export function isSharedFile(path: string): path is SharedFile {
  return path === ignoreFileName || path === sharedSettingsName;
}

/** Whether some disk takes `path` for a file of the shared rules. */
export function mayBeSharedFile(path: string): boolean {
  return isSharedFile(path.toLowerCase());
}
