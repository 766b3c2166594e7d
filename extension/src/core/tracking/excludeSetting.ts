/**
 * The default of the setting that excludes paths: gitignore-style patterns, each of which the user can set to false.
 * github.com/github/gitignore lists the same files in its global templates.
 */
export const defaultExclude: Readonly<Record<string, boolean>> = {
  '.git': true,
  node_modules: true,
  // It binds the folder on this machine to a server and a tree.
  '**/.vscode/settings.json': true,
  // macOS and Windows.
  '.DS_Store': true,
  '[Tt]humbs.db': true,
  '[Dd]esktop.ini': true,
  // Systems keep these on each disk: resource forks, indexes, deleted files, files found by a repair.
  '._*': true,
  '.Spotlight-V100': true,
  '.fseventsd': true,
  '.TemporaryItems': true,
  '.Trashes': true,
  '.Trash-*': true,
  '$RECYCLE.BIN': true,
  'System Volume Information': true,
  'lost+found': true,
  // Deleted files that a program still has open, on NFS and FUSE.
  '.nfs0*': true,
  '.fuse_hidden*': true,
  // Swap files of Vim and Kate; backups of Vim, Emacs and many others.
  '.*.sw?': true,
  '.*.kate-swp': true,
  '*~': true,
  // Emacs: locks, which are dangling links, and auto-saved files.
  '.#*': true,
  '\\#*#': true,
  // Locks of LibreOffice and Microsoft Office.
  '.~lock.*#': true,
  '~$*': true,
  // Unfinished saves: GLib, JetBrains, and Office, Sublime Text and others.
  '.goutputstream-*': true,
  '*___jb_tmp___': true,
  '*___jb_old___': true,
  '*.tmp': true,
};

/**
 * The patterns that a value of the setting excludes. VS Code merges the objects of all scopes, with the default first. A
 * value of another type replaces that object; it is read as the default and the texts in it, so that it never excludes
 * less than the user meant.
 */
export function excludedPatterns(value: unknown): readonly string[] {
  if (isObject(value)) return Object.keys(value).filter((pattern) => value[pattern] !== false);
  const meant = (Array.isArray(value) ? value : [value]).filter((pattern) => typeof pattern === 'string');
  return [...Object.keys(defaultExclude), ...meant];
}

/** Whether a value of the setting is an object of patterns with `true` or `false`. */
export function isExcludeSetting(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((isExcluded) => typeof isExcluded === 'boolean');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
